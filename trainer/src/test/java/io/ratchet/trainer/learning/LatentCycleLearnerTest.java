package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.model.LatentCycleModel;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;

final class LatentCycleLearnerTest {

  /**
   * Two states. The chains never enter state 1, p(1|x') = exp(-32); the data are all of state 1:
   * r_1 = 1, R_1 = 1. With pi_1 at its floor g_1 = 1e12, so that dL/db_1 = p (1 - p) 1e12.
   */
  @Test
  void gradient_ofAStateThatTheChainsNeverEnter_bringsItBack() {
    int visible = 8;
    DMatrixRMaj u = new DMatrixRMaj(visible, 2);
    for (int i = 0; i < visible; i++) {
      u.set(i, 0, -10);
      u.set(i, 1, 10);
    }
    DMatrixRMaj b = new DMatrixRMaj(2, 1);
    b.set(1, 0, -32);
    LatentCycleModel model =
        LatentCycleModel.of(
            LatentCycleModel.Kind.LATENT_CYCLE,
            new DMatrixRMaj(2, visible),
            b,
            u,
            new DMatrixRMaj(visible, 1));
    BitRows data = new BitRows(visible);
    data.append(new long[] {0xff}, 0);
    LatentCycleLearner learner =
        new LatentCycleLearner(model, Chains.start(20, visible, 1), Algorithm.TWO_STEP, 0.9);

    learner.prepare();
    learner.sweep(true);
    Gradient gradient = learner.gradient(data, new int[] {0}, 0, 1);

    double expected = 1e12 * Math.exp(-32);
    assertThat(gradient.values("b")[1]).isCloseTo(expected, withinPercentage(1e-4));
    assertThat(gradient.values("b")[0]).isCloseTo(-expected, withinPercentage(1e-4));
  }
}
