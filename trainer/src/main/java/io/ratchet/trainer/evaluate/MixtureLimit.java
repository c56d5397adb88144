package io.ratchet.trainer.evaluate;

import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.learning.MixtureEm;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.apache.commons.rng.simple.RandomSource;

/**
 * What EM reaches on a data set with a mixture of K Bernoulli laws: the limit of every latent-cycle
 * model with K states. Both are of the same examples, so it is a limit of fit, not of forecast.
 *
 * @param logLikelihood highest mean ln p(x) of all starts, nats per example
 * @param mean mean of the starts; how far it lies below says how much a start decides
 * @param starts number of starts
 */
public record MixtureLimit(double logLikelihood, double mean, int starts) {

  /** Starts from which EM climbs. */
  public static final int STARTS = 8;

  /** Steps of a start, and the gain of one, in nats per example, at which it has arrived. */
  private static final int LEAST_STEPS = 6;

  private static final int MOST_STEPS = 150;
  private static final double ARRIVED = 1e-4;

  /**
   * Runs EM.
   *
   * @param states K
   * @param seed seed of the starts
   * @param started is told how many of {@value #STARTS} starts have arrived
   */
  public static MixtureLimit of(DataSet data, int states, long seed, LongConsumer started) {
    double[] reached = new double[STARTS];
    for (int start = 0; start < STARTS; start++) {
      reached[start] =
          reached(
              new MixtureEm(
                  data.rows(),
                  states,
                  RandomSource.XO_SHI_RO_256_PP.create(new long[] {seed, start, 0, 0})));
      started.accept(start + 1);
    }
    return new MixtureLimit(
        Arrays.stream(reached).max().orElseThrow(), Arrays.stream(reached).sum() / STARTS, STARTS);
  }

  private static double reached(MixtureEm em) {
    double last = Double.NEGATIVE_INFINITY;
    for (int step = 1; step <= MOST_STEPS; step++) {
      double now = em.step();
      if (step > LEAST_STEPS && now - last < ARRIVED) {
        return now;
      }
      last = now;
    }
    return last;
  }
}
