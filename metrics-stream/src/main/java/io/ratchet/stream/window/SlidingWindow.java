package io.ratchet.stream.window;

import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.store.BytesReader;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The closed buckets of an attempt's window as it moves on.
 *
 * <p>Counts are kept as a running total: what a bucket gave when it came is taken back when it
 * leaves, exactly, since they are integers. Sums of floating point are joined anew for each window,
 * in worker and bucket order, so a window has the same bits whatever came before it.
 */
public final class SlidingWindow {
  private final AttemptShape shape;
  private final WindowSettings settings;
  private final NavigableMap<Long, ClosedBucket> buckets = new TreeMap<>();
  private final Aggregate counts;

  /** Sums of a part whose sweeps carried nothing but states, as those of most runs do. */
  private final byte[] noSums;

  private long last;

  /** Length of the encoded buckets. */
  private long encodedBytes;

  /** A window without buckets. */
  public SlidingWindow(AttemptShape shape, WindowSettings settings) {
    this.shape = shape;
    this.settings = settings;
    counts = Aggregate.empty(shape);
    noSums = ClosedBucket.Part.of(counts).sums();
  }

  /** Number of the first bucket in the window that a bucket ends. */
  public long firstBucket(long last) {
    return Math.max(last - settings.windowBuckets() + 1, settings.bucketOf(shape.startStep()));
  }

  /** Adds a bucket that has closed. */
  public void add(ClosedBucket bucket) {
    for (ClosedBucket.Part part : bucket.parts().values()) {
      counts.joinCounts(new BytesReader(part.counts()));
      encodedBytes += part.bytes();
    }
    buckets.put(bucket.bucket(), bucket);
  }

  /** Lets go of the buckets that are not in the window that the given one ends. */
  public void moveTo(long bucket) {
    last = bucket;
    NavigableMap<Long, ClosedBucket> left = buckets.headMap(firstBucket(bucket), false);
    for (ClosedBucket leaving : left.values()) {
      for (ClosedBucket.Part part : leaving.parts().values()) {
        counts.leaveCounts(new BytesReader(part.counts()));
        encodedBytes -= part.bytes();
      }
    }
    left.clear();
  }

  /**
   * Bytes of memory that the window takes, about: its buckets, which are kept encoded, and a cell
   * for each pair of states and group, or for each byte where far from all pairs are seen.
   */
  public long bytes() {
    long cells = (long) shape.groups() * shape.states() * shape.states();
    return encodedBytes + Long.BYTES * Math.min(cells, encodedBytes);
  }

  /**
   * The window that the bucket moved to ends.
   *
   * @param late late sweeps of the attempt so far
   */
  public Window read(String run, int attempt, long late) {
    long first = firstBucket(last);
    TreeSet<Integer> workers = new TreeSet<>();
    TreeSet<Integer> missing = new TreeSet<>();
    for (ClosedBucket bucket : buckets.values()) {
      workers.addAll(bucket.parts().keySet());
      missing.addAll(bucket.missingWorkers());
    }
    Aggregate sums = counts.copyCounts();
    for (int worker : workers) {
      for (ClosedBucket bucket : buckets.values()) {
        ClosedBucket.Part part = bucket.parts().get(worker);
        if (part != null && !Arrays.equals(part.sums(), noSums)) {
          sums.joinSums(new BytesReader(part.sums()));
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
