package io.ratchet.stream.replay;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.Schema.Field;
import org.apache.avro.generic.IndexedRecord;

/**
 * Holds two sequences of encoded records against each other: every byte but those of the run id.
 *
 * <p>Records are forgotten as soon as both sides have given theirs.
 */
public final class Comparison {
  /** C3 01 and the fingerprint, see {@link RecordCodec}; the run id is the first field after it. */
  private static final int HEADER_BYTES = 10;

  private final String what;
  private final Deque<byte[]> expected = new ArrayDeque<>();
  private final Deque<byte[]> actual = new ArrayDeque<>();
  private long equal;
  private String difference;

  /**
   * A comparison of nothing yet.
   *
   * @param what what a record is, such as window
   */
  public Comparison(String what) {
    this.what = what;
  }

  /** Adds the next record as it must be. */
  public void expect(byte[] record) {
    expected.add(record);
    compare();
  }

  /** Adds the next record as it was published. */
  public void published(byte[] record) {
    actual.add(record);
    compare();
  }

  /** Records that were compared and found equal. */
  public long equal() {
    return equal;
  }

  /** Records that must be there and have not come. */
  public long missing() {
    return expected.size();
  }

  /** Records that have come and that nothing calls for. */
  public long surplus() {
    return actual.size();
  }

  /** The first difference so far between two records, in words. */
  public Optional<String> difference() {
    return Optional.ofNullable(difference);
  }

  /** The first difference when no more records come from either side. */
  public Optional<String> result() {
    if (difference == null && !expected.isEmpty()) {
      return Optional.of(
          "%s %d and %d more that the log calls for were not published"
              .formatted(what, equal, expected.size() - 1));
    }
    if (difference == null && !actual.isEmpty()) {
      return Optional.of(
          "%s %d and %d more were published that the log does not call for"
              .formatted(what, equal, actual.size() - 1));
    }
    return difference();
  }

  private void compare() {
    while (difference == null && !expected.isEmpty() && !actual.isEmpty()) {
      byte[] must = expected.remove();
      byte[] is = actual.remove();
      if (Arrays.equals(withoutRun(must), withoutRun(is))) {
        equal++;
      } else {
        difference = what + " " + equal + ": " + describe(must, is);
      }
    }
  }

  /** The bytes without the run id: a length as a zigzag varint, then so many bytes of UTF-8. */
  private static byte[] withoutRun(byte[] record) {
    long length = 0;
    int at = HEADER_BYTES;
    for (int shift = 0; at < record.length && shift < Long.SIZE; shift += 7) {
      int next = record[at++];
      length |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        break;
      }
    }
    long end = at + (length >>> 1 ^ -(length & 1));
    if (end < at || end > record.length) {
      return record; // not of the contract, so equal to nothing that is
    }
    byte[] without = Arrays.copyOf(record, record.length - ((int) end - HEADER_BYTES));
    System.arraycopy(record, (int) end, without, HEADER_BYTES, record.length - (int) end);
    return without;
  }

  private static String describe(byte[] must, byte[] is) {
    try {
      IndexedRecord expected = RecordCodec.decode(must);
      IndexedRecord actual = RecordCodec.decode(is);
      if (expected.getSchema().equals(actual.getSchema())) {
        String found = describe("", expected, actual);
        if (found != null) {
          return found;
        }
      }
    } catch (DecodeException e) {
      return "what was published is not a record: " + e.getMessage();
    }
    return "byte %d of %d differs".formatted(Arrays.mismatch(must, is), is.length);
  }

  /** The first field that differs; null if none does. */
  private static String describe(String path, IndexedRecord expected, IndexedRecord actual) {
    for (Field field : expected.getSchema().getFields()) {
      Object must = expected.get(field.pos());
      Object is = actual.get(field.pos());
      String name = path + field.name();
      if ((path.isEmpty() && field.name().equals("run")) || Objects.equals(must, is)) {
        continue;
      }
      if (must instanceof IndexedRecord mustBe && is instanceof IndexedRecord isThere) {
        return describe(name + ".", mustBe, isThere);
      }
      if (must instanceof List<?> mustBe && is instanceof List<?> isThere) {
        for (int i = 0; i < Math.min(mustBe.size(), isThere.size()); i++) {
          if (!mustBe.get(i).equals(isThere.get(i))) {
            return "%s[%d] was published as %s, the log gives %s"
                .formatted(name, i, isThere.get(i), mustBe.get(i));
          }
        }
        return "%s was published with %d entries, the log gives %d"
            .formatted(name, isThere.size(), mustBe.size());
      }
      return "%s was published as %s, the log gives %s".formatted(name, is, must);
    }
    return null;
  }
}
