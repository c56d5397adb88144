package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.simple.RandomSource;
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

  /**
   * Central differences of the exact log-likelihood, each parameter of W moved with its twin in U.
   */
  @Test
  void exactGradient_ofTheTiedModel_isTheSlopeOfItsLogLikelihood() {
    DataSet data = DataSets.load("glyphs:8", null, 60, 1);
    LatentCycleModel model =
        LatentCycleModel.initial(
            LatentCycleModel.Kind.TIED, 4, data, RandomSource.XO_SHI_RO_256_PP.create(3L));
    LatentCycleLearner learner =
        new LatentCycleLearner(model, Chains.start(7, data.visible(), 1), Algorithm.EXACT, 0.9);
    for (int update = 0;
        update < 100;
        update++) { // away from the start, where all states are alike
      gradient(learner, data);
      learner.apply(0.01);
    }
    Map<String, double[]> found = new HashMap<>();
    Gradient gradient = gradient(learner, data);
    for (String name : List.of("W", "b", "a")) {
      found.put(name, gradient.values(name).clone());
    }
    double step = 1e-5;
    found.forEach(
        (name, values) -> {
          for (int j = 0; j < values.length; j += values.length > 64 ? 13 : 1) {
            double[] parameter = model.parameter(name).data;
            double value = parameter[j];
            parameter[j] = value + step;
            model.tie();
            gradient(learner, data);
            double above = learner.logLikelihood();
            parameter[j] = value - step;
            model.tie();
            gradient(learner, data);
            double below = learner.logLikelihood();
            parameter[j] = value;
            model.tie();
            assertThat(values[j]).isCloseTo((above - below) / (2 * step), within(1e-6));
          }
        });
    assertThat(Arrays.stream(found.get("W")).map(Math::abs).max().orElseThrow())
        .isGreaterThan(1e-3);
  }

  private static Gradient gradient(LatentCycleLearner learner, DataSet data) {
    int[] order = new int[data.size()];
    Arrays.setAll(order, n -> n);
    learner.prepare();
    learner.sweep(true);
    return learner.gradient(data.rows(), order, 0, data.size());
  }
}
