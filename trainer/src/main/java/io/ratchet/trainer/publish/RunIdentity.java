package io.ratchet.trainer.publish;

import io.ratchet.schema.Expectation;
import io.ratchet.schema.Topics;
import io.ratchet.trainer.data.Shard;
import java.util.List;

/**
 * Who publishes: what is the same in every record of one worker of one attempt.
 *
 * @param run run id
 * @param attempt attempt of the run, from 1
 * @param worker this worker, 0 to workers - 1
 * @param incarnation random number of this process start
 * @param workers number of workers of the attempt
 * @param chainOffset global number of this worker's first chain
 * @param chains total number of chains of the run, over all workers
 * @param startStep step at which the attempt begins
 * @param expectation what the run declares of its chain
 * @param states number of states K
 * @param visible number of visible units V
 * @param classReference class shares of the data, or null where there are no labels
 * @param members if the attempt left workers of the one before out: the numbers that those who went
 *     on had there, in order; else empty
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record RunIdentity(
    String run,
    int attempt,
    int worker,
    long incarnation,
    int workers,
    int chainOffset,
    int chains,
    long startStep,
    Expectation expectation,
    int states,
    int visible,
    double[] classReference,
    List<Integer> members) {

  /** Checks what a stream would otherwise reject. */
  public RunIdentity {
    if (!Topics.isRunId(run)) {
      throw new IllegalArgumentException("run id '" + run + "' is not " + Topics.RUN_ID);
    }
    requireBetween("attempt", attempt, 1, Integer.MAX_VALUE);
    requireBetween("workers", workers, 1, Integer.MAX_VALUE);
    requireBetween("worker", worker, 0, workers - 1);
    requireBetween("chains", chains, 1, Integer.MAX_VALUE);
    requireBetween("chainOffset", chainOffset, 0, chains - 1);
    requireBetween("startStep", startStep, 0, Long.MAX_VALUE);
    requireBetween("states", states, 1, 1 << 16);
    classReference = classReference == null ? null : classReference.clone();
    members = List.copyOf(members);
  }

  /** Who publishes in an attempt that leaves nobody out. */
  public RunIdentity(
      String run,
      int attempt,
      int worker,
      long incarnation,
      int workers,
      int chainOffset,
      int chains,
      long startStep,
      Expectation expectation,
      int states,
      int visible,
      double[] classReference) {
    this(
        run,
        attempt,
        worker,
        incarnation,
        workers,
        chainOffset,
        chains,
        startStep,
        expectation,
        states,
        visible,
        classReference,
        List.of());
  }

  /** The same process in another attempt; each worker keeps as many chains as it has. */
  RunIdentity in(int attempt, Shard shard, long startStep, List<Integer> members) {
    int each = chains / workers;
    return new RunIdentity(
        run,
        attempt,
        shard.worker(),
        incarnation,
        shard.workers(),
        each * shard.worker(),
        each * shard.workers(),
        startStep,
        expectation,
        states,
        visible,
        classReference,
        members);
  }

  private static void requireBetween(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " " + value + " is not between " + least + " and " + most);
    }
  }
}
