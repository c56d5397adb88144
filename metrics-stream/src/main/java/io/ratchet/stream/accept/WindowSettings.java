package io.ratchet.stream.accept;

/**
 * How the steps of a run are cut into windows, and how they are judged. Frozen for a run at its
 * first accepted record.
 *
 * @param bucketSteps steps a bucket, B
 * @param windowBuckets buckets a window, R; a multiple of 5, so that a stride of the detector is a
 *     whole number of buckets
 * @param grace buckets that the fastest worker may be ahead before a bucket closes without the
 *     others
 * @param floor floor of the collapse detector, nats per transition
 */
public record WindowSettings(int bucketSteps, int windowBuckets, int grace, double floor) {
  /** The defaults of {@code ratchet stream}. */
  public static final WindowSettings DEFAULT = new WindowSettings(25, 20, 20, 0.05);

  /** Far beyond any use; keeps every step number of a bucket within a long. */
  private static final int MAX_STEPS = 1_000_000_000;

  /** A window is folded from its buckets each time it is read. */
  private static final int MAX_BUCKETS = 10_000;

  /** Checks ranges. */
  public WindowSettings {
    check(
        "bucket", bucketSteps, bucketSteps >= 1 && bucketSteps <= MAX_STEPS, "1 to 1,000,000,000");
    check(
        "window",
        windowBuckets,
        windowBuckets >= 5 && windowBuckets <= MAX_BUCKETS && windowBuckets % 5 == 0,
        "a multiple of 5 from 5 to 10,000");
    check("grace", grace, grace >= 0, "0 or more");
    check("floor", floor, floor > 0 && floor <= Double.MAX_VALUE, "positive and finite");
  }

  private static void check(String name, Number value, boolean allowed, String range) {
    if (!allowed) {
      throw new IllegalArgumentException(name + " " + value + ": must be " + range);
    }
  }

  /** Number of the bucket that holds a step. */
  public long bucketOf(long step) {
    return step / bucketSteps;
  }

  /** First step of a bucket. */
  public long firstStep(long bucket) {
    return bucket * bucketSteps;
  }

  /** Last step of a bucket. */
  public long lastStep(long bucket) {
    return bucket * bucketSteps + bucketSteps - 1;
  }

  /** Whether a stride of the detector, a fifth of a window, ends with a bucket. */
  public boolean endsStride(long bucket) {
    return bucket % (windowBuckets / 5) == 0;
  }
}
