package io.ratchet.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.LatentCycleModel;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;

final class SamplesTest {
  private static final int COUNT = 20_000;

  private final UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(5);

  /** Three states that turn: state z shows unit z, and unit z leads to state z + 1. */
  private final LatentCycleModel ring = ring();

  private static LatentCycleModel ring() {
    DMatrixRMaj w = new DMatrixRMaj(3, 3);
    DMatrixRMaj u = new DMatrixRMaj(3, 3);
    for (int z = 0; z < 3; z++) {
      for (int i = 0; i < 3; i++) {
        u.set(i, z, i == z ? 3 : -3);
        w.set(z, i, i == (z + 2) % 3 ? 4 : 0);
      }
    }
    return LatentCycleModel.of(
        LatentCycleModel.Kind.LATENT_CYCLE, w, new DMatrixRMaj(3, 1), u, new DMatrixRMaj(3, 1));
  }

  @Test
  void stationarySamples_haveTheModelsLaw() {
    Samples samples = Samples.stationary(ring, COUNT, random);
    double[] law = LatentKernel.enumerated(ring).stationaryLaw();
    double[] units = shares(samples.rows());
    double on = 1 / (1 + Math.exp(-3));
    for (int z = 0; z < 3; z++) {
      double share = 0;
      for (int state : samples.states()) {
        share += state == z ? 1.0 / COUNT : 0;
      }
      // 5 standard errors of a share at most.
      assertThat(share).isCloseTo(law[z], offset(2.5 / Math.sqrt(COUNT)));
      double expected = law[z] * on + (1 - law[z]) * (1 - on);
      assertThat(units[z]).isCloseTo(expected, offset(2.5 / Math.sqrt(COUNT)));
    }
  }

  @Test
  void samplesOfAGivenState_showIt() {
    int[] states = new int[COUNT];
    java.util.Arrays.fill(states, 2);
    double[] units = shares(Samples.from(ring, states, random).rows());
    assertThat(units[2]).isCloseTo(1 / (1 + Math.exp(-3)), offset(2.5 / Math.sqrt(COUNT)));
    assertThat(units[0]).isCloseTo(1 / (1 + Math.exp(3)), offset(2.5 / Math.sqrt(COUNT)));
  }

  @Test
  void trajectory_movesAsTheKernelDoes() {
    Samples samples = Samples.trajectory(ring, 1, COUNT, random);
    assertThat(samples.states()[0]).isEqualTo(1);
    double forward = 0;
    double leaving = 0;
    for (int n = 1; n < COUNT; n++) {
      if (samples.states()[n - 1] == 0) {
        leaving++;
        forward += samples.states()[n] == 1 ? 1 : 0;
      }
    }
    double expected = Math.exp(LatentKernel.enumerated(ring).logKernel(0, 1));
    assertThat(expected).isGreaterThan(0.8);
    assertThat(forward / leaving).isCloseTo(expected, offset(2.5 / Math.sqrt(leaving)));
  }

  private static double[] shares(BitRows rows) {
    double[] shares = new double[rows.visible()];
    byte[] packed = new byte[1];
    for (int n = 0; n < rows.size(); n++) {
      rows.pack(n, packed, 0);
      for (int i = 0; i < shares.length; i++) {
        shares[i] += (packed[0] >> i & 1) / (double) rows.size();
      }
    }
    return shares;
  }
}
