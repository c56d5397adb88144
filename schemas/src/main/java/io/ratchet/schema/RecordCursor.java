package io.ratchet.schema;

import io.ratchet.schema.DecodeException.Reason;
import java.util.Arrays;
import org.apache.avro.specific.SpecificRecord;

/**
 * Reads the fields of one record where they lie, in the order of its class's schema, and makes no
 * objects of them: for records that come by the hundred thousand a second.
 *
 * <p>Accepts what {@link RecordCodec#decode} accepts and refuses what it refuses. A record written
 * under an older schema is written again under that of today first. Not safe for use by several
 * threads at once.
 */
public final class RecordCursor {
  private final byte[] bytes;
  private int position;

  private RecordCursor(byte[] bytes, int position) {
    this.bytes = bytes;
    this.position = position;
  }

  /**
   * A cursor before the first field.
   *
   * @throws DecodeException if the header is not that of a record of this type
   */
  public static RecordCursor over(byte[] record, Class<? extends SpecificRecord> type)
      throws DecodeException {
    return new RecordCursor(RecordCodec.asOfToday(record, type), RecordCodec.HEADER_BYTES);
  }

  /** The bytes that positions are indices of; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Reads an int. */
  public int readInt() throws DecodeException {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += 7) {
      int next = next();
      value |= (next & 0x7F) << shift;
      if (next >= 0) {
        return value >>> 1 ^ -(value & 1);
      }
    }
    throw malformed("an int of more than 5 bytes");
  }

  /** Reads a long. */
  public long readLong() throws DecodeException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = next();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value >>> 1 ^ -(value & 1);
      }
    }
    throw malformed("a long of more than 10 bytes");
  }

  /** Reads a boolean. */
  public boolean readBoolean() throws DecodeException {
    return next() == 1;
  }

  /** Reads the index of an enum's symbol, or of a branch of a union. */
  public int readIndex(int symbols) throws DecodeException {
    int index = readInt();
    if (index < 0 || index >= symbols) {
      throw malformed("index " + index + " of " + symbols);
    }
    return index;
  }

  /** Reads whether a field that may be null is there. */
  public boolean readPresent() throws DecodeException {
    return readIndex(2) == 1;
  }

  /** Reads the length of a string or of bytes, which {@link #skip} then passes over. */
  public int readLength() throws DecodeException {
    long length = readLong();
    if (length < 0) {
      throw malformed("length " + length);
    }
    if (length > bytes.length - position) {
      throw truncated();
    }
    return (int) length;
  }

  /** Passes over bytes, and returns where they begin. */
  public int skip(int length) {
    position += length;
    return position - length;
  }

  /** Where the next field begins. */
  public int position() {
    return position;
  }

  /**
   * Passes over fields if the record begins with given bytes; else stays.
   *
   * @param start the beginning of a record of the same type, up to the end of a field
   */
  public boolean skipIfEqual(byte[] start) {
    int end = start.length;
    if (end > bytes.length || !Arrays.equals(bytes, 0, end, start, 0, end)) {
      return false;
    }
    position = end;
    return true;
  }

  /** Checks that everything was read. */
  public void end() throws DecodeException {
    if (position != bytes.length) {
      throw new DecodeException(
          Reason.TRAILING_BYTES, bytes.length - position + " bytes after the record");
    }
  }

  private byte next() throws DecodeException {
    if (position == bytes.length) {
      throw truncated();
    }
    return bytes[position++];
  }

  private DecodeException truncated() {
    return new DecodeException(
        Reason.TRUNCATED, "the record does not end within " + bytes.length + " bytes");
  }

  private static DecodeException malformed(String detail) {
    return new DecodeException(Reason.MALFORMED, detail);
  }
}
