package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.model.LatentCycleModel;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;

final class EmLearnerTest {

  private static final int STATES = 5;
  private static final int CHAINS = 64;

  private final DataSet data = DataSets.load("glyphs:8", null, 300, 1);

  @Test
  void updates_areThoseOfTheMixture_butForTheRoundingOfTheGradient() {
    MixtureEm mixture = mixture();
    EmLearner learner = learner();
    for (int step = 0; step < 30; step++) {
      double expected = mixture.step();
      update(learner);
      assertThat(learner.logLikelihood()).isCloseTo(expected, offset(1e-4));
    }
  }

  /** dL/db and dL/dU by central differences, with b normalised as the mixture's weights are. */
  @Test
  void gradient_isThatOfTheLogLikelihood() {
    MixtureEm em = mixture();
    em.step();
    em.load();
    Gradient gradient = em.newGradient();
    em.expect(gradient);
    LatentCycleModel model = em.model();
    double[] b = model.encoderBias().data;
    double[] u = model.decoderWeights().data;
    for (int z = 0; z < STATES; z++) {
      assertThat(gradient.values("b")[z]).isCloseTo(slope(em, b, z), offset(1e-6));
    }
    for (int j = 0; j < u.length; j += 17) {
      assertThat(gradient.values("U")[j]).isCloseTo(slope(em, u, j), offset(1e-6));
    }
  }

  @Test
  void watchedChain_drawsItsStatesAnew_withTheWeightsOfTheMixture() {
    EmLearner learner = learner();
    for (int step = 0; step < 20; step++) {
      update(learner);
    }
    learner.prepare();
    double[] b = learner.parameters().get("b");
    GroupedCounts counts = GroupedCounts.empty(32, STATES);
    long[] share = new long[STATES];
    long same = 0;
    int sweeps = 2_000;
    for (int s = 0; s < sweeps; s++) {
      Sweep sweep = learner.sweep(true);
      for (int c = 0; c < CHAINS; c++) {
        counts.add(c % 32, sweep.from()[c], sweep.to()[c]);
        share[sweep.to()[c]]++;
        same += sweep.from()[c] == sweep.to()[c] ? 1 : 0;
      }
    }
    double n = (double) sweeps * CHAINS;
    double chance = 0;
    for (int z = 0; z < STATES; z++) {
      double weight = Math.exp(b[z]);
      assertThat(share[z] / n).isCloseTo(weight, offset(5 * Math.sqrt(weight / n)));
      chance += weight * weight;
    }
    assertThat(same / n).isCloseTo(chance, offset(5 * Math.sqrt(chance / n)));
    Estimate estimate = EntropyProduction.fromCounts(counts, sweeps).estimate(0.999);
    assertThat(estimate.lower()).hasValue(0);
    assertThat(estimate.upper().getAsDouble()).isLessThan(0.001);
  }

  /** Slope of L along one parameter; L is invariant under a common shift of b once it is normed. */
  private static double slope(MixtureEm em, double[] parameter, int at) {
    double step = 1e-5;
    double value = parameter[at];
    parameter[at] = value + step;
    double above = logLikelihood(em);
    parameter[at] = value - step;
    double below = logLikelihood(em);
    parameter[at] = value;
    return (above - below) / (2 * step);
  }

  private static double logLikelihood(MixtureEm em) {
    em.load();
    double total = 0;
    for (double b : em.model().encoderBias().data) {
      total += Math.exp(b);
    }
    return em.expect(em.newGradient()) - Math.log(total);
  }

  private MixtureEm mixture() {
    return new MixtureEm(data.rows(), STATES, RandomSource.XO_SHI_RO_256_PP.create(4L));
  }

  private EmLearner learner() {
    return new EmLearner(mixture(), Chains.start(CHAINS, data.visible(), 5));
  }

  private void update(EmLearner learner) {
    learner.prepare();
    learner.sweep(true);
    learner.gradient(data.rows(), null, 0, 0);
    learner.apply(1);
  }
}
