package io.ratchet.stream.accept;

import java.util.List;

/**
 * What follows from an arrival, in the order in which it follows.
 *
 * <p>An arrival is the subject of exactly one of {@link Accepted}, {@link Late}, {@link Duplicate}
 * and {@link Rejected}, at once or after it has been {@link Waiting}.
 */
public sealed interface Event {

  /**
   * A sweep was added to an open bucket.
   *
   * @param arrival the sweep
   * @param bucket number of the bucket that holds its step
   * @param gaps sweeps of its worker that are known to be missing just before it
   */
  record Accepted(Arrival arrival, long bucket, long gaps) implements Event {}

  /**
   * A sweep waits for earlier ones of its worker.
   *
   * @param arrival the sweep
   */
  record Waiting(Arrival arrival) implements Event {}

  /**
   * A sweep whose number was already dealt with.
   *
   * @param arrival the sweep
   */
  record Duplicate(Arrival arrival) implements Event {}

  /**
   * A sweep whose bucket had closed; its transitions are never added.
   *
   * @param arrival the sweep
   */
  record Late(Arrival arrival) implements Event {}

  /**
   * A sweep that breaks a rule.
   *
   * @param arrival the sweep
   * @param reason the first rule that it breaks
   * @param detail for a person
   */
  record Rejected(Arrival arrival, Reason reason, String detail) implements Event {}

  /**
   * A bucket takes no more sweeps. A window is due, unless the bucket is empty.
   *
   * @param attempt attempt of the bucket
   * @param shape shape of that attempt
   * @param bucket its number
   * @param missingWorkers workers that had not passed it, ascending
   * @param late late sweeps of the attempt so far
   * @param empty whether it holds no sweep
   * @param last whether every worker has ended, and no bucket of the attempt comes after it
   */
  record BucketClosed(
      int attempt,
      AttemptShape shape,
      long bucket,
      List<Integer> missingWorkers,
      long late,
      boolean empty,
      boolean last)
      implements Event {}

  /**
   * An open bucket of an old attempt is given up: the new attempt does some of its steps again.
   *
   * @param attempt attempt of the bucket
   * @param bucket its number
   */
  record BucketDropped(int attempt, long bucket) implements Event {}

  /**
   * A higher attempt has begun; its windows open empty.
   *
   * @param attempt its number
   * @param previous the attempt that it supersedes
   */
  record AttemptBegan(int attempt, int previous) implements Event {}
}
