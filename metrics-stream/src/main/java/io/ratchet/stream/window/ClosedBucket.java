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
 * @param parts of each worker with a sweep in it the encoded {@link Aggregate}
 */
public record ClosedBucket(
    long bucket, List<Integer> missingWorkers, NavigableMap<Integer, byte[]> parts) {
  private static final int VERSION = 1;

  /**
   * Closes a bucket.
   *
   * @param parts the aggregate of each worker with a sweep in it
   */
  public static ClosedBucket of(
      long bucket, List<Integer> missingWorkers, Map<Integer, Aggregate> parts) {
    NavigableMap<Integer, byte[]> encoded = new TreeMap<>();
    parts.forEach(
        (worker, part) -> {
          BytesWriter out = new BytesWriter();
          part.writeTo(out);
          encoded.put(worker, out.toBytes());
        });
    return new ClosedBucket(bucket, missingWorkers, encoded);
  }

  /** The bucket as a value of a state store. */
  public byte[] toBytes() {
    BytesWriter out = new BytesWriter();
    out.putByte(VERSION).putVarint(bucket).putVarint(missingWorkers.size());
    missingWorkers.forEach(out::putVarint);
    out.putVarint(parts.size());
    parts.forEach((worker, part) -> out.putVarint(worker).putSized(part));
    return out.toBytes();
  }

  /** Reads what {@link #toBytes} wrote. */
  public static ClosedBucket fromBytes(byte[] bytes) {
    BytesReader in = new BytesReader(bytes);
    in.getVersion(VERSION);
    long bucket = in.getVarint();
    List<Integer> missing = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      missing.add(in.getCount());
    }
    NavigableMap<Integer, byte[]> parts = new TreeMap<>();
    for (int left = in.getCount(); left > 0; left--) {
      parts.put(in.getCount(), in.getSized());
    }
    return new ClosedBucket(bucket, List.copyOf(missing), parts);
  }
}
