package io.ratchet.trainer.data;

import java.util.Arrays;

/**
 * Binary rows x in {0,1}^V, kept as what is not 0: images are sparse, 13 % ones in MNIST, and both
 * sides of the learning rule only ever need the ones.
 *
 * <p>Each row is held twice, as two ascending index lists. <em>Ones</em>: the indices i with x_i =
 * 1; a gradient is scattered along it. <em>Nibbles</em>: for each block of four units that is not
 * all 0, the number 16 block + sum_j 2^j x_(4 block + j); it indexes a table of partial sums, so
 * that a logit costs about 50 additions for an MNIST image and not 102.
 *
 * <p>Appending grows the lists; {@link #clear} keeps their memory, so a reused instance allocates
 * nothing once it has seen its largest content.
 */
public final class BitRows {

  /** Largest V: nibbles are numbered by a char. */
  public static final int MAX_VISIBLE = 16_384;

  /** Entries of one list that an instance may hold. */
  private static final int MAX_ENTRIES = 1 << 30;

  private final int visible;
  private int size;
  private int[] oneStart = new int[17];
  private int[] nibbleStart = new int[17];
  private char[] ones = new char[64];
  private char[] nibbles = new char[64];

  /**
   * No rows yet.
   *
   * @param visible V, 1 to {@link #MAX_VISIBLE}
   */
  public BitRows(int visible) {
    if (visible < 1 || visible > MAX_VISIBLE) {
      throw new IllegalArgumentException("visible: " + visible + ", allowed: 1 to " + MAX_VISIBLE);
    }
    this.visible = visible;
  }

  /** Number of 64-bit words that hold one row: bit i of a row is bit i mod 64 of word i / 64. */
  public static int words(int visible) {
    return (visible + 63) >>> 6;
  }

  /** The bits of word {@code word} that belong to units of a row. */
  public static long mask(int visible, int word) {
    int count = visible - (word << 6);
    return count >= 64 ? -1L : (1L << count) - 1;
  }

  /** Appends the row packed in {@code words} from {@code offset} on; bits from V on must be 0. */
  public void append(long[] words, int offset) {
    reserve();
    int one = oneStart[size];
    int nibble = nibbleStart[size];
    int count = words(visible);
    for (int w = 0; w < count; w++) {
      long bits = words[offset + w];
      for (long left = bits; left != 0; left &= left - 1) {
        ones[one++] = (char) ((w << 6) + Long.numberOfTrailingZeros(left));
      }
      long occupied = (bits | bits >>> 1 | bits >>> 2 | bits >>> 3) & 0x1111_1111_1111_1111L;
      for (; occupied != 0; occupied &= occupied - 1) {
        int shift = Long.numberOfTrailingZeros(occupied);
        int block = (w << 4) + (shift >>> 2);
        nibbles[nibble++] = (char) (block << 4 | (int) (bits >>> shift & 15));
      }
    }
    size++;
    oneStart[size] = one;
    nibbleStart[size] = nibble;
  }

  private void reserve() {
    if (size + 2 > oneStart.length) {
      oneStart = Arrays.copyOf(oneStart, 2 * oneStart.length);
      nibbleStart = Arrays.copyOf(nibbleStart, 2 * nibbleStart.length);
    }
    ones = grown(ones, oneStart[size] + visible);
    nibbles = grown(nibbles, nibbleStart[size] + ((visible + 3) >>> 2));
  }

  private static char[] grown(char[] list, int needed) {
    if (needed <= list.length) {
      return list;
    }
    if (needed > MAX_ENTRIES) {
      throw new IllegalStateException("more than " + MAX_ENTRIES + " ones");
    }
    return Arrays.copyOf(list, (int) Math.max(needed, Math.min(MAX_ENTRIES, 2L * list.length)));
  }

  /** Forgets the rows and keeps the memory. */
  public void clear() {
    size = 0;
  }

  /** Gives back the memory that appending reserved and the rows do not use. */
  public void trim() {
    oneStart = Arrays.copyOf(oneStart, size + 1);
    nibbleStart = Arrays.copyOf(nibbleStart, size + 1);
    ones = Arrays.copyOf(ones, oneStart[size]);
    nibbles = Arrays.copyOf(nibbles, nibbleStart[size]);
  }

  /** V. */
  public int visible() {
    return visible;
  }

  /** Number of rows. */
  public int size() {
    return size;
  }

  /** The list of all ones, live: row r's are from {@code oneStart(r)} to {@code oneStart(r+1)}. */
  public char[] ones() {
    return ones;
  }

  /** Where row {@code row}'s ones start. */
  public int oneStart(int row) {
    return oneStart[row];
  }

  /** The list of all nibbles, live. */
  public char[] nibbles() {
    return nibbles;
  }

  /** Where row {@code row}'s nibbles start. */
  public int nibbleStart(int row) {
    return nibbleStart[row];
  }

  /**
   * Writes row {@code row} into {@code bytes} from {@code offset} on, bit i at bit i%8 of byte i/8.
   */
  public void pack(int row, byte[] bytes, int offset) {
    Arrays.fill(bytes, offset, offset + ((visible + 7) >>> 3), (byte) 0);
    for (int j = oneStart[row]; j < oneStart[row + 1]; j++) {
      bytes[offset + (ones[j] >>> 3)] |= (byte) (1 << (ones[j] & 7));
    }
  }
}
