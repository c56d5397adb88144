package io.ratchet.trainer.evaluate;

import io.ratchet.trainer.InputException;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.model.RbmModel;
import java.util.function.LongConsumer;

/**
 * A restricted Boltzmann machine on a data set: ln p(v) = -F(v) - ln Z, with ln Z exact where the
 * smaller layer has at most {@value #MAX_ENUMERATED} units, else by annealing.
 *
 * @param examples number of examples
 * @param logLikelihood mean of ln p(v), nats per example
 * @param logLikelihoodError standard error of that mean over the examples; NaN for one example. The
 *     error of ln Z, common to all, is not in it
 * @param logPartition ln Z, nats
 * @param logPartitionError standard error of ln Z, 0 where it is exact
 * @param effectiveShare of the chains that annealed, {@link AnnealedPartition}; 1 where exact
 * @param method how ln Z was found: "enumeration" or "annealing"
 */
public record RbmEvaluation(
    int examples,
    double logLikelihood,
    double logLikelihoodError,
    double logPartition,
    double logPartitionError,
    double effectiveShare,
    String method) {

  /** Units of the smaller layer up to which all its states are summed. */
  public static final int MAX_ENUMERATED = 20;

  /** Temperatures by which the annealing goes from independent units to the machine. */
  public static final int TEMPERATURES = 10_000;

  private static final int CHAINS = 500;

  /**
   * Evaluates.
   *
   * @param seed of the annealing
   * @param annealed is told how many of {@value #TEMPERATURES} temperatures are done
   * @throws InputException if data and machine do not fit
   */
  public static RbmEvaluation of(RbmModel model, DataSet data, long seed, LongConsumer annealed) {
    data.requireVisible(model.visible());
    boolean exact = Math.min(model.visible(), model.hidden()) <= MAX_ENUMERATED;
    AnnealedPartition partition =
        exact
            ? new AnnealedPartition(model.logPartition(MAX_ENUMERATED), 0, 1)
            : AnnealedPartition.of(model, TEMPERATURES, CHAINS, seed, annealed);
    double[] logs = model.freeEnergies(data.rows());
    for (int n = 0; n < logs.length; n++) {
      logs[n] = -logs[n];
    }
    Mean mean = Mean.of(logs);
    return new RbmEvaluation(
        logs.length,
        mean.value() - partition.logPartition(),
        mean.error(),
        partition.logPartition(),
        partition.standardError(),
        partition.effectiveShare(),
        exact ? "enumeration" : "annealing");
  }
}
