package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.evaluate.LatentKernel;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;

final class MixtureEmTest {

  private static final int VISIBLE = 6;

  @Test
  void steps_equalTheirDefinitionWrittenOut() {
    BitRows data = rows(random(1), 40);
    MixtureEm em = new MixtureEm(data, 3, random(2));
    for (int step = 0; step < 5; step++) {
      double[] weights = new double[3];
      double[][] means = new double[3][VISIBLE];
      parameters(em, weights, means);
      double[] nextWeights = new double[3];
      double[][] nextMeans = new double[3][VISIBLE];
      double likelihood = naiveStep(data, weights, means, nextWeights, nextMeans);

      assertThat(em.step()).isCloseTo(likelihood, within(1e-12));

      parameters(em, weights, means);
      assertThat(weights).containsExactly(nextWeights, within(1e-12));
      for (int z = 0; z < 3; z++) {
        assertThat(means[z]).containsExactly(nextMeans[z], within(1e-12));
      }
    }
  }

  @Test
  void likelihood_neverFalls_andExceedsThatOfOneComponent() {
    BitRows data = rows(random(3), 200);
    double one = new MixtureEm(data, 1, random(4)).step();
    MixtureEm em = new MixtureEm(data, 4, random(4));
    double last = Double.NEGATIVE_INFINITY;
    for (int step = 0; step < 60; step++) {
      double now = em.step();
      assertThat(now).isGreaterThanOrEqualTo(last - 1e-9);
      last = now;
    }
    assertThat(last).isGreaterThan(one + 0.1);
  }

  @Test
  void asManyComponentsAsDifferentExamples_explainEachWhole() {
    BitRows data = new BitRows(VISIBLE);
    data.append(new long[] {0b000000}, 0);
    data.append(new long[] {0b111111}, 0);
    data.append(new long[] {0b000111}, 0);
    data.append(new long[] {0b111000}, 0);
    MixtureEm em = new MixtureEm(data, 4, random(5));
    double likelihood = 0;
    for (int step = 0; step < 200; step++) {
      likelihood = em.step();
    }
    // ln(1/4) but for six units that are each off by the clipping of their means, 1e-6.
    assertThat(likelihood).isCloseTo(-Math.log(4), within(1e-5));
  }

  @Test
  void moreComponentsThanExamples_shareThem() {
    MixtureEm em = new MixtureEm(rows(random(6), 2), 5, random(7));
    em.step();
    assertThat(em.step()).isFinite();
  }

  @Test
  void theMixture_isAModelWithoutEntropyProduction() {
    MixtureEm em = new MixtureEm(rows(random(8), 50), 3, random(9));
    em.step();
    LatentKernel kernel = LatentKernel.enumerated(em.model());

    assertThat(kernel.entropyProduction()).isCloseTo(0, within(1e-12));
    double[] weights = new double[3];
    parameters(em, weights, new double[3][VISIBLE]);
    assertThat(kernel.stationaryLaw()).containsExactly(weights, within(1e-12));
  }

  private static double naiveStep(
      BitRows data,
      double[] weights,
      double[][] means,
      double[] nextWeights,
      double[][] nextMeans) {
    double sum = 0;
    byte[] packed = new byte[1];
    for (int n = 0; n < data.size(); n++) {
      data.pack(n, packed, 0);
      double[] joint = weights.clone();
      double total = 0;
      for (int z = 0; z < joint.length; z++) {
        for (int i = 0; i < VISIBLE; i++) {
          joint[z] *= (packed[0] >> i & 1) == 1 ? means[z][i] : 1 - means[z][i];
        }
        total += joint[z];
      }
      sum += Math.log(total);
      for (int z = 0; z < joint.length; z++) {
        nextWeights[z] += joint[z] / total;
        for (int i = 0; i < VISIBLE; i++) {
          nextMeans[z][i] += (packed[0] >> i & 1) * joint[z] / total;
        }
      }
    }
    for (int z = 0; z < nextWeights.length; z++) {
      for (int i = 0; i < VISIBLE; i++) {
        nextMeans[z][i] = Math.max(1e-6, Math.min(1 - 1e-6, nextMeans[z][i] / nextWeights[z]));
      }
      nextWeights[z] /= data.size();
    }
    return sum / data.size();
  }

  private static void parameters(MixtureEm em, double[] weights, double[][] means) {
    for (int z = 0; z < weights.length; z++) {
      weights[z] = Math.exp(em.model().encoderBias().data[z]);
      for (int i = 0; i < VISIBLE; i++) {
        means[z][i] = 1 / (1 + Math.exp(-em.model().decoderWeights().get(i, z)));
      }
    }
  }

  /** Rows around two prototypes, a unit differing from its own one time in five. */
  private static BitRows rows(UniformRandomProvider random, int count) {
    BitRows rows = new BitRows(VISIBLE);
    for (int n = 0; n < count; n++) {
      long word = random.nextBoolean() ? 0b000111 : 0b110001;
      for (int i = 0; i < VISIBLE; i++) {
        word ^= random.nextInt(5) == 0 ? 1L << i : 0;
      }
      rows.append(new long[] {word}, 0);
    }
    return rows;
  }

  private static UniformRandomProvider random(long seed) {
    return RandomSource.XO_SHI_RO_256_PP.create(seed);
  }
}
