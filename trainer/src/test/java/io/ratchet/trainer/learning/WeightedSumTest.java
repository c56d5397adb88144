package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.trainer.data.BitRows;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class WeightedSumTest {

  @Property(tries = 100)
  void equalsTheSumOverUnits_andStartsAgainAtZero(
      @ForAll @IntRange(min = 1, max = 150) int visible, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    WeightedSum sum = new WeightedSum(visible);
    for (int round = 0; round < 2; round++) {
      BitRows rows = new BitRows(visible);
      double[] expected = new double[visible];
      for (int n = 0; n < 20; n++) {
        long[] words = new long[BitRows.words(visible)];
        double weight = random.nextDouble() - 0.5;
        for (int i = 0; i < visible; i++) {
          int x = random.nextInt(2);
          words[i / 64] |= (long) x << i;
          expected[i] += x * weight;
        }
        rows.append(words, 0);
        sum.add(rows, n, weight);
      }
      double[] out = new double[visible + 3];

      sum.take(out, 2);

      for (int i = 0; i < visible; i++) {
        assertThat(out[2 + i]).isCloseTo(expected[i], offset(1e-14));
      }
      assertThat(out[1]).isZero();
      assertThat(out[visible + 2]).isZero();
    }
  }
}
