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
import io.ratchet.trainer.model.Prototypes;
import io.ratchet.trainer.model.RbmModel;
import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RbmLearnerTest {

  private static final int HIDDEN = 12;
  private static final int CHAINS = 64;
  private static final int BATCH = 100;

  private final DataSet data = DataSets.load("glyphs:8", new int[] {0, 1, 2}, 600, 1);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void training_raisesTheExactLikelihood_andFollowsIt(boolean persistent) {
    RbmLearner learner = learner(persistent, 5);
    double before = likelihood(learner.model());

    double online = train(learner, 1_500);

    double after = likelihood(learner.model());
    assertThat(after).isGreaterThan(before + 3);
    // The minibatch's own mean varies by about 6/sqrt(100); 20 of them are averaged.
    assertThat(online).isCloseTo(after, offset(0.6));
  }

  @ParameterizedTest
  @EnumSource(
      value = WatchedState.class,
      names = {"PROTOTYPE", "ARGMAX", "CLASS"})
  void visibleChain_isFoundReversible_whenTheParametersRest(WatchedState state) {
    RbmLearner learner = learner(true, 5, state);
    train(learner, 600);
    learner.prepare();
    GroupedCounts counts = GroupedCounts.empty(32, learner.states());
    for (int s = 0; s < 4_000; s++) {
      Sweep sweep = learner.sweep(s >= 200);
      for (int c = 0; s >= 200 && c < CHAINS; c++) {
        counts.add(c % 32, sweep.from()[c], sweep.to()[c]);
      }
    }
    Estimate estimate = EntropyProduction.fromCounts(counts, 3_800).estimate(0.999);
    assertThat(estimate.lower()).hasValue(0);
    assertThat(estimate.upper().getAsDouble()).isLessThan(0.01);
  }

  @Test
  void sameSeed_sameBits() {
    RbmLearner a = learner(true, 9);
    RbmLearner b = learner(true, 9);
    RbmLearner c = learner(true, 10);
    train(a, 50);
    train(b, 50);
    train(c, 50);
    assertThat(a.digest()).isEqualTo(b.digest()).isNotEqualTo(c.digest());
  }

  @Test
  void argmax_isTheLikeliestOfTheFirstHiddenUnits_asTheModelHasThem() {
    RbmLearner learner = learner(true, 5, WatchedState.ARGMAX);
    train(learner, 200);
    learner.prepare();
    int[] to = learner.sweep(true).to().clone();
    double[] w = learner.model().weights().data;
    for (int chain = 0; chain < CHAINS; chain++) {
      double[] logits = learner.model().hiddenBias().data.clone();
      char[] ones = new char[data.visible()];
      for (int k = learner.chains().visible().ones(chain, ones) - 1; k >= 0; k--) {
        for (int j = 0; j < HIDDEN; j++) {
          logits[j] += w[ones[k] * HIDDEN + j];
        }
      }
      double most = Arrays.stream(logits, 0, 6).max().orElseThrow();
      assertThat(to[chain]).isBetween(0, 5);
      // The sampler's logits are rounded to fixed point.
      assertThat(logits[to[chain]]).isCloseTo(most, offset(1e-4));
    }
    assertThat(Arrays.stream(to).distinct().count()).isGreaterThan(1);
  }

  private RbmLearner learner(boolean persistent, long seed) {
    return learner(persistent, seed, WatchedState.PROTOTYPE);
  }

  private RbmLearner learner(boolean persistent, long seed, WatchedState state) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    RbmModel model = RbmModel.initial(HIDDEN, data, random);
    MacroStates states =
        switch (state) {
          case ARGMAX -> MacroStates.likeliest(6);
          case CLASS -> MacroStates.classes(ClassReader.fit(data, random));
          default -> MacroStates.nearest(Prototypes.of(data, 6, random));
        };
    return new RbmLearner(
        model, Chains.start(CHAINS, data.visible(), seed + 1), states, persistent, random);
  }

  /** Returns the mean of the last 20 online log-likelihoods. */
  private double train(RbmLearner learner, int updates) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(77);
    double[] last = new double[20];
    for (int u = 0; u < updates; u++) {
      int[] order = ClassReader.shuffled(data.size(), random);
      learner.prepare();
      for (int k = 0; k < 5; k++) {
        learner.sweep(false);
      }
      learner.gradient(data.rows(), order, 0, BATCH);
      last[u % last.length] = learner.logLikelihood();
      learner.apply(0.05);
    }
    return Arrays.stream(last).average().orElseThrow();
  }

  private double likelihood(RbmModel model) {
    double logZ = model.logPartition(20);
    return Arrays.stream(model.freeEnergies(data.rows()))
        .map(energy -> -energy - logZ)
        .average()
        .orElseThrow();
  }
}
