package io.ratchet.stream.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what a {@link BytesWriter} wrote.
 *
 * <p>The bytes come from this program's own state. When they do not make sense the state is
 * damaged, and the only safe answer is to stop and say so: {@link IllegalStateException}.
 */
public final class BytesReader {
  private final byte[] bytes;
  private int position;

  public BytesReader(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Whether everything was read. */
  public boolean isAtEnd() {
    return position == bytes.length;
  }

  /** One byte, 0 to 255. */
  public int getByte() {
    require(1);
    return bytes[position++] & 0xFF;
  }

  /** A number that {@link BytesWriter#putVarint} wrote. */
  public long getVarint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = getByte();
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw damaged("a number of more than ten bytes");
  }

  /** A varint that must be an int of 0 or more. */
  public int getCount() {
    long value = getVarint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw damaged("the count " + value);
    }
    return (int) value;
  }

  /** Eight bytes, little-endian. */
  public long getLong() {
    require(Long.BYTES);
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      value |= (bytes[position++] & 0xFFL) << shift;
    }
    return value;
  }

  /** A double with all its bits. */
  public double getDouble() {
    return Double.longBitsToDouble(getLong());
  }

  /** As many bytes as asked for. */
  public byte[] getBytes(int count) {
    int start = skip(count);
    return Arrays.copyOfRange(bytes, start, start + count);
  }

  /** Passes over bytes, and says where in {@link #bytes} they begin. */
  public int skip(long count) {
    if (count > bytes.length - position) {
      throw damaged("an end before its time");
    }
    position += (int) count;
    return position - (int) count;
  }

  /** All the bytes that it reads from; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** All bytes that are left. */
  public byte[] getRest() {
    return getBytes(bytes.length - position);
  }

  /** Bytes that come after their number. */
  public byte[] getSized() {
    return getBytes(getCount());
  }

  /** A text in UTF-8 that comes after its number of bytes. */
  public String getText() {
    return new String(getSized(), StandardCharsets.UTF_8);
  }

  /**
   * Reads the version byte with which a value begins.
   *
   * @param newest the newest version that the caller understands; versions start at 1
   * @throws LaterFormatException if it is newer
   */
  public int getVersion(int newest) {
    int version = getByte();
    if (version < 1) {
      throw damaged("version " + version);
    }
    if (version > newest) {
      throw new LaterFormatException("a value in a state store", version, newest);
    }
    return version;
  }

  private void require(int count) {
    if (count > bytes.length - position) {
      throw damaged("an end before its time");
    }
  }

  private IllegalStateException damaged(String what) {
    return new IllegalStateException(
        "a value of %d bytes in a state store has %s at byte %d; delete the state directory to rebuild it from the changelog"
            .formatted(bytes.length, what, position));
  }
}
