package io.ratchet.stream.window;

import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A bucket that takes no more sweeps, as it is stored until it leaves the window.
 *
 * @param bucket its number
 * @param missingWorkers workers that had not passed it when it closed, ascending
 * @param parts what each worker with a sweep in it has added
 */
public record ClosedBucket(
    long bucket, List<Integer> missingWorkers, NavigableMap<Integer, Part> parts) {
  private static final int VERSION = 1;

  /**
   * The {@link Aggregate} of a worker's sweeps in a bucket, encoded.
   *
   * @param counts its counts
   * @param sums its sums
   */
  @SuppressWarnings("ArrayRecordComponent") // made once, read often, never compared
  record Part(byte[] counts, byte[] sums) {
    static Part of(Aggregate aggregate) {
      BytesWriter counts = new BytesWriter();
      aggregate.writeCounts(counts);
      BytesWriter sums = new BytesWriter();
      aggregate.writeSums(sums);
      return new Part(counts.toBytes(), sums.toBytes());
    }

    int bytes() {
      return counts.length + sums.length;
    }
  }

  /**
   * Closes a bucket.
   *
   * @param parts the aggregate of each worker with a sweep in it
   */
  public static ClosedBucket of(
      long bucket, List<Integer> missingWorkers, Map<Integer, Aggregate> parts) {
    NavigableMap<Integer, Part> encoded = new TreeMap<>();
    parts.forEach((worker, part) -> encoded.put(worker, Part.of(part)));
    return new ClosedBucket(bucket, missingWorkers, encoded);
  }

  /** Appends the bucket to a value of a state store. */
  public void writeTo(BytesWriter out) {
    out.putByte(VERSION).putVarint(bucket).putVarint(missingWorkers.size());
    missingWorkers.forEach(out::putVarint);
    out.putVarint(parts.size());
    parts.forEach(
        (worker, part) -> out.putVarint(worker).putSized(part.counts()).putSized(part.sums()));
  }

  /** Reads what {@link #writeTo} wrote. */
  public static ClosedBucket fromBytes(byte[] bytes) {
    BytesReader in = new BytesReader(bytes);
    in.getVersion(VERSION);
    long bucket = in.getVarint();
    List<Integer> missing = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      missing.add(in.getCount());
    }
    NavigableMap<Integer, Part> parts = new TreeMap<>();
    for (int left = in.getCount(); left > 0; left--) {
      parts.put(in.getCount(), new Part(in.getSized(), in.getSized()));
    }
    return new ClosedBucket(bucket, List.copyOf(missing), parts);
  }
}
