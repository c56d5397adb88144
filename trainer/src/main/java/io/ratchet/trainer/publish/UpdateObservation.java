package io.ratchet.trainer.publish;

import java.util.List;

/**
 * One parameter update of one worker.
 *
 * @param step updates applied before it
 * @param blocks the gradient, a block for each parameter
 * @param parametersDigest digest of the parameters that made the gradient, or null
 * @param logLikelihood minibatch mean, nats per example; NaN where it is not known
 * @param gradientAngle between the full and the two-step gradient, radians; NaN where only one was
 *     computed
 * @param learningRate learning rate of the update
 * @param micros duration of the update, microseconds
 */
public record UpdateObservation(
    long step,
    List<Block> blocks,
    Long parametersDigest,
    double logLikelihood,
    double gradientAngle,
    double learningRate,
    long micros) {

  /** The same of a step whose gradient is told elsewhere. */
  UpdateObservation withoutBlocks() {
    return new UpdateObservation(
        step, List.of(), parametersDigest, logLikelihood, gradientAngle, learningRate, micros);
  }

  /**
   * The gradient of one parameter.
   *
   * @param name name of the parameter
   * @param shape its dimensions, row-major
   * @param values the gradient that was applied, or null when only norms are recorded
   * @param norm its Euclidean norm, nats per unit of the parameter
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Block(String name, int[] shape, float[] values, double norm) {}
}
