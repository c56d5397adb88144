package io.ratchet.stream.window;

import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.store.BytesReader;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * The last R bucket numbers of an attempt, fewer at its start.
 *
 * @param run run id
 * @param attempt attempt of the run
 * @param settings how the run's steps are cut
 * @param fromStep first step: of the first bucket, but none before the attempt began
 * @param toStep last step of the last bucket, inclusive
 * @param buckets bucket numbers that it spans, empty ones included
 * @param missingWorkers workers that had not passed one of its buckets when that closed, ascending
 * @param late sweeps of the attempt so far that came after their bucket had closed
 * @param sums what its sweeps add up to
 */
public record Window(
    String run,
    int attempt,
    WindowSettings settings,
    long fromStep,
    long toStep,
    int buckets,
    List<Integer> missingWorkers,
    long late,
    Aggregate sums) {

  /** Number of the first bucket in the window that a bucket ends. */
  public static long firstBucket(long last, AttemptShape shape, WindowSettings settings) {
    return Math.max(last - settings.windowBuckets() + 1, settings.bucketOf(shape.startStep()));
  }

  /**
   * Joins the buckets of a window.
   *
   * @param last number of the bucket that has just closed
   * @param buckets those of the window's buckets that hold a sweep, ascending
   */
  public static Window of(
      String run,
      int attempt,
      AttemptShape shape,
      WindowSettings settings,
      long last,
      long late,
      Collection<ClosedBucket> buckets) {
    long first = firstBucket(last, shape, settings);
    TreeSet<Integer> workers = new TreeSet<>();
    TreeSet<Integer> missing = new TreeSet<>();
    for (ClosedBucket bucket : buckets) {
      workers.addAll(bucket.parts().keySet());
      missing.addAll(bucket.missingWorkers());
    }
    Aggregate sums = Aggregate.empty(shape);
    for (int worker : workers) {
      for (ClosedBucket bucket : buckets) {
        byte[] part = bucket.parts().get(worker);
        if (part != null) {
          sums.join(new BytesReader(part));
        }
      }
    }
    return new Window(
        run,
        attempt,
        settings,
        Math.max(settings.firstStep(first), shape.startStep()),
        settings.lastStep(last),
        (int) (last - first + 1),
        List.copyOf(missing),
        late,
        sums);
  }
}
