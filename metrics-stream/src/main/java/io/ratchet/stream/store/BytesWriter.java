package io.ratchet.stream.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Appends numbers to a growing byte array: integers as base-128 varints, doubles as their eight
 * bytes, little-endian.
 */
public final class BytesWriter {
  private byte[] bytes;
  private int length;

  public BytesWriter() {
    this(256);
  }

  /**
   * A writer with room for a first guess.
   *
   * @param capacity bytes to make room for, at least 1
   */
  public BytesWriter(int capacity) {
    bytes = new byte[capacity];
  }

  /** Appends the lowest eight bits. */
  public BytesWriter putByte(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
    return this;
  }

  /** Appends a number in seven bits a byte, lowest first: one byte up to 127. */
  public BytesWriter putVarint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
    return this;
  }

  /** Appends eight bytes, little-endian. */
  public BytesWriter putLong(long value) {
    reserve(Long.BYTES);
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      bytes[length++] = (byte) (value >>> shift);
    }
    return this;
  }

  /** Appends the eight bytes of a double; every bit is kept. */
  public BytesWriter putDouble(double value) {
    return putLong(Double.doubleToRawLongBits(value));
  }

  /** Appends bytes without their number. */
  public BytesWriter putBytes(byte[] value) {
    return putBytes(value, 0, value.length);
  }

  /** Appends a range of bytes without their number. */
  public BytesWriter putBytes(byte[] value, int start, int count) {
    reserve(count);
    System.arraycopy(value, start, bytes, length, count);
    length += count;
    return this;
  }

  /** Appends bytes after their number. */
  public BytesWriter putSized(byte[] value) {
    return putVarint(value.length).putBytes(value);
  }

  /** Appends a text in UTF-8 after its number of bytes. */
  public BytesWriter putText(String text) {
    return putSized(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Number of bytes so far. */
  public int length() {
    return length;
  }

  /** A copy of what was written. */
  public byte[] toBytes() {
    return toBytes(0, length);
  }

  /** A copy of a range of what was written. */
  public byte[] toBytes(int start, int end) {
    return Arrays.copyOfRange(bytes, start, end);
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.multiplyExact(2, bytes.length), length + more));
    }
  }
}
