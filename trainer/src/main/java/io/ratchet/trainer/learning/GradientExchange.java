package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.publish.UpdateObservation;
import java.util.function.BooleanSupplier;

/**
 * The port between gradient and update through which the workers of a run train one model: every
 * worker gives the gradient of its own shard and goes on with the mean of all.
 */
public interface GradientExchange {

  /**
   * Makes a gradient the mean of all workers' gradients of the same step; waits for the others.
   *
   * @param own the gradient as it is published; never null with more than one worker
   * @param gradient the gradient, live
   * @param stop asked while it waits
   * @return the worker's shard from the next step on; null if told to stop before the mean was
   *     known
   */
  Shard mean(UpdateObservation own, Gradient gradient, BooleanSupplier stop);

  /** One worker: its gradient is the mean. */
  static GradientExchange alone() {
    return (own, gradient, stop) -> Shard.WHOLE;
  }
}
