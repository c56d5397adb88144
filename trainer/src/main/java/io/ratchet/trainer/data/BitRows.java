package io.ratchet.trainer.data;

import java.util.Arrays;

/**
 * Binary rows x in {0,1}^V, kept as what is not 0: images are sparse, 13 % ones in MNIST, and both
 * sides of the learning rule only ever need the ones.
 *
 * <p>A row is a list of <em>nibbles</em>. Units 4 b to 4 b + 3 are block b; for each block that is
 * not all 0, in ascending order, the list has m B + b, where B is the number of blocks, padded, and
 * m = sum_j 2^j x_(4 b + j), 1 to 15. That number indexes a table of what the four units contribute
 * together: an MNIST image has 102 ones but 50 nibbles.
 *
 * <p>Appending grows the lists; {@link #clear} keeps their memory, so a reused instance allocates
 * nothing once it has seen its largest content.
 */
public final class BitRows {

  /** Largest V: nibbles are numbered by a char. */
  public static final int MAX_VISIBLE = 16_384;

  /** Blocks are padded to a multiple of this, so that whole vectors of them can be added. */
  private static final int BLOCK_LANES = 8;

  /** Nibbles that an instance may hold. */
  private static final int MAX_NIBBLES = 1 << 30;

  private final int visible;
  private final int blocks;
  private int size;
  private int[] start = new int[17];
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
    this.blocks = blocks(visible);
  }

  /** Number of 64-bit words that hold one row: bit i of a row is bit i mod 64 of word i / 64. */
  public static int words(int visible) {
    return (visible + 63) >>> 6;
  }

  /** B = V/4, rounded up to a multiple of {@value #BLOCK_LANES}. */
  public static int blocks(int visible) {
    return (((visible + 3) >>> 2) + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES;
  }

  /** The bits of word {@code word} that belong to units of a row. */
  public static long mask(int visible, int word) {
    int count = visible - (word << 6);
    return count >= 64 ? -1L : (1L << count) - 1;
  }

  /** Appends the row packed in {@code words} from {@code offset} on; bits from V on must be 0. */
  public void append(long[] words, int offset) {
    reserve();
    int end = start[size];
    int count = words(visible);
    for (int w = 0; w < count; w += 4) { // 64 blocks at a time: few ends of loops to be guessed
      long occupied = 0;
      for (int k = w; k < Math.min(count, w + 4); k++) {
        occupied |= occupied(words[offset + k]) << (k << 4);
      }
      for (; occupied != 0; occupied &= occupied - 1) {
        int block = Long.numberOfTrailingZeros(occupied);
        long bits = words[offset + w + (block >>> 4)] >>> (block << 2);
        nibbles[end++] = (char) ((int) (bits & 15) * blocks + (w << 4) + block);
      }
    }
    size++;
    start[size] = end;
  }

  /** Bit b of 16: whether nibble b of a word is not 0. */
  private static long occupied(long word) {
    long x = (word | word >>> 1 | word >>> 2 | word >>> 3) & 0x1111_1111_1111_1111L;
    x = (x | x >>> 3) & 0x0303_0303_0303_0303L;
    x = (x | x >>> 6) & 0x000f_000f_000f_000fL;
    x = (x | x >>> 12) & 0x0000_00ff_0000_00ffL;
    return (x | x >>> 24) & 0xffff;
  }

  /**
   * Appends the row whose block b is the nibble {@code values[b]}, 0 to 15; bits from V on must be
   * 0.
   */
  public void append(int[] values) {
    reserve();
    char[] list = nibbles;
    int end = start[size];
    for (int b = 0; b < values.length; b++) {
      int m = values[b];
      list[end] = (char) (m * blocks + b);
      end += -m >>> 31; // written over by the next one unless m > 0: no branch to be guessed
    }
    size++;
    start[size] = end;
  }

  /** Appends a row of other rows of as many units. */
  public void append(BitRows other, int row) {
    reserve();
    int from = other.start[row];
    int count = other.start[row + 1] - from;
    System.arraycopy(other.nibbles, from, nibbles, start[size], count);
    start[size + 1] = start[size] + count;
    size++;
  }

  /**
   * Appends rows {@code order[from]} to {@code order[from + count - 1]} of other rows. What is read
   * often is better gathered first: where all rows are is looked up before the first is copied, so
   * that the memory brings many at a time.
   */
  public void append(BitRows other, int[] order, int from, int count) {
    if (size + count + 1 > start.length) {
      start = Arrays.copyOf(start, Math.max(2 * start.length, size + count + 1));
    }
    for (int n = 0; n < count; n++) {
      int row = order[from + n];
      start[size + n + 1] = start[size + n] + other.start[row + 1] - other.start[row];
    }
    reserve(start[size + count]);
    for (int n = 0; n < count; n++) {
      int to = start[size + n];
      int length = start[size + n + 1] - to;
      System.arraycopy(other.nibbles, other.start[order[from + n]], nibbles, to, length);
    }
    size += count;
  }

  private void reserve() {
    if (size + 2 > start.length) {
      start = Arrays.copyOf(start, 2 * start.length);
    }
    reserve(start[size] + blocks);
  }

  private void reserve(int needed) {
    if (needed > nibbles.length) {
      if (needed > MAX_NIBBLES) {
        throw new IllegalStateException("more than " + MAX_NIBBLES + " nibbles");
      }
      long doubled = Math.min(MAX_NIBBLES, 2L * nibbles.length);
      nibbles = Arrays.copyOf(nibbles, (int) Math.max(needed, doubled));
    }
  }

  /** Forgets the rows and keeps the memory. */
  public void clear() {
    size = 0;
  }

  /** Gives back the memory that appending reserved and the rows do not use. */
  public void trim() {
    start = Arrays.copyOf(start, size + 1);
    nibbles = Arrays.copyOf(nibbles, start[size]);
  }

  /** V. */
  public int visible() {
    return visible;
  }

  /** Number of rows. */
  public int size() {
    return size;
  }

  /** The nibbles of all rows, live: row r's are from {@code start(r)} to {@code start(r + 1)}. */
  public char[] nibbles() {
    return nibbles;
  }

  /** Where row {@code row}'s nibbles start. */
  public int start(int row) {
    return start[row];
  }

  /**
   * Writes the indices i with x_i = 1 of a row, ascending, to the front of {@code units}.
   *
   * @param units room for V
   * @return how many
   */
  public int ones(int row, char[] units) {
    int count = 0;
    for (int j = start[row]; j < start[row + 1]; j++) {
      int unit = (nibbles[j] % blocks) << 2;
      for (int m = nibbles[j] / blocks; m != 0; m &= m - 1) {
        units[count++] = (char) (unit + Integer.numberOfTrailingZeros(m));
      }
    }
    return count;
  }

  /**
   * Writes row {@code row} into {@code bytes} from {@code offset} on, bit i at bit i%8 of byte i/8.
   */
  public void pack(int row, byte[] bytes, int offset) {
    Arrays.fill(bytes, offset, offset + ((visible + 7) >>> 3), (byte) 0);
    for (int j = start[row]; j < start[row + 1]; j++) {
      int block = nibbles[j] % blocks;
      bytes[offset + (block >>> 1)] |= (byte) ((nibbles[j] / blocks) << ((block & 1) << 2));
    }
  }
}
