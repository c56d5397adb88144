package io.ratchet.trainer.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;

final class BernoulliPlanesTest {

  private static final int VISIBLE = 100;
  private static final int STATES = 3;
  private static final int DRAWS = 100_000;

  @Test
  void frequencies_areTheProbabilities_andUnitsAreIndependent() {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(3L);
    double[] means = new double[VISIBLE * STATES];
    for (int j = 0; j < means.length; j++) {
      means[j] = j % 5 == 0 ? 1e-3 * random.nextDouble() : random.nextDouble();
    }
    BernoulliPlanes planes = new BernoulliPlanes(VISIBLE, STATES);
    planes.load(means);
    long[] words = new long[2];
    for (int z = 0; z < STATES; z++) {
      int[] ones = new int[VISIBLE];
      int[] pairs = new int[VISIBLE];
      for (int n = 0; n < DRAWS; n++) {
        planes.draw(z, random, words);
        for (int i = 0; i < VISIBLE; i++) {
          ones[i] += bit(words, i);
          pairs[i] += bit(words, i) & bit(words, (i + 1) % VISIBLE);
        }
      }
      for (int i = 0; i < VISIBLE; i++) {
        double p = means[i * STATES + z];
        double q = p * means[(i + 1) % VISIBLE * STATES + z];
        // 6 standard deviations over 600 figures: a false alarm in a million.
        assertThat(Math.abs(ones[i] - DRAWS * p))
            .isLessThan(6 * Math.sqrt(DRAWS * p * (1 - p)) + 1);
        assertThat(Math.abs(pairs[i] - DRAWS * q))
            .isLessThan(6 * Math.sqrt(DRAWS * q * (1 - q)) + 1);
      }
    }
  }

  @Test
  void ties_areDecidedByTheRestOfTheProbability() {
    // All 8 digits are 0: a 1 can only come from the rest, 2^-9 of the ties.
    BernoulliPlanes planes = new BernoulliPlanes(64, 1);
    double[] means = new double[64];
    Arrays.fill(means, 0x1p-17);
    planes.load(means);
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(5L);
    long[] words = new long[1];
    long ones = 0;
    int draws = 400_000;
    for (int n = 0; n < draws; n++) {
      planes.draw(0, random, words);
      ones += Long.bitCount(words[0]);
    }
    double expected = 64.0 * draws * 0x1p-17; // 195
    assertThat(Math.abs(ones - expected)).isLessThan(6 * Math.sqrt(expected));
  }

  @Test
  void certainUnits_areCertain_andUnitsBeyondTheRowStay0() {
    BernoulliPlanes planes = new BernoulliPlanes(70, 1);
    double[] means = new double[70];
    Arrays.fill(means, 0, 35, 1);
    planes.load(means);
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(1L);
    long[] words = new long[2];
    for (int n = 0; n < 1_000; n++) {
      planes.draw(0, random, words);
      assertThat(words).containsExactly((1L << 35) - 1, 0);
    }
  }

  private static int bit(long[] words, int i) {
    return (int) (words[i >> 6] >>> i & 1);
  }
}
