package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;

/**
 * sum_n w_n v_n h_n' over binary rows v_n and rows h_n of numbers in [0, 1], with sum |w_n| at most
 * 2.
 *
 * <p>Like {@link WeightedSum}, a row is added once for each nibble of v_n. In fixed point, so that
 * the order of the rows changes no bit: a term is rounded to 2^-30.
 */
final class CrossMoments {

  /** One: the sum of any part of the terms then stays below 2^31. */
  private static final double ONE = 1 << 30;

  /** Adding it leaves the nearest integer in the low bits of a double's representation. */
  private static final double ROUND = 0x1.8p52;

  private final int visible;
  private final int blocks;

  /** Row m B + b: sum over the rows that have nibble m in block b. */
  private final int[][] nibbles;

  private final int[] term;
  private final int[] sum;

  /** Zero. */
  CrossMoments(int visible, int hidden) {
    this.visible = visible;
    this.blocks = BitRows.blocks(visible);
    this.nibbles = new int[16 * blocks][];
    for (int m = 1; m < 16; m++) {
      for (int b = 0; 4 * b < visible; b++) {
        nibbles[m * blocks + b] = new int[hidden];
      }
    }
    this.term = new int[hidden];
    this.sum = new int[hidden];
  }

  /** Adds w v h' for one row. */
  void add(BitRows rows, int row, double[] h, double weight) {
    double unit = weight * ONE;
    for (int j = 0; j < term.length; j++) {
      term[j] = (int) Double.doubleToRawLongBits(h[j] * unit + ROUND);
    }
    char[] list = rows.nibbles();
    int end = rows.start(row + 1);
    for (int k = rows.start(row); k < end; k++) {
      add(nibbles[list[k]], term);
    }
  }

  private static void add(int[] out, int[] a) {
    for (int j = 0; j < out.length; j++) {
      out[j] += a[j];
    }
  }

  private static void add(int[] out, int[] a, int[] b, int[] c, int[] d) {
    for (int j = 0; j < out.length; j++) {
      out[j] += (a[j] + b[j]) + (c[j] + d[j]);
    }
  }

  /** Writes the V x H sums, row-major; the sum is zero again. */
  void take(double[] out) {
    for (int i = 0; i < visible; i++) {
      int b = i >>> 2;
      int bit = i & 3;
      Arrays.fill(sum, 0);
      for (int half = 0; half < 2; half++) {
        add(
            sum,
            of(b, bit, 4 * half),
            of(b, bit, 4 * half + 1),
            of(b, bit, 4 * half + 2),
            of(b, bit, 4 * half + 3));
      }
      int at = i * sum.length;
      for (int j = 0; j < sum.length; j++) {
        out[at + j] = sum[j] * (1 / ONE);
      }
    }
    for (int[] row : nibbles) {
      if (row != null) {
        Arrays.fill(row, 0);
      }
    }
  }

  /** The row of the {@code k}-th of the eight nibbles of block b that have this bit. */
  private int[] of(int b, int bit, int k) {
    int low = k & (1 << bit) - 1;
    return nibbles[((k - low) << 1 | 1 << bit | low) * blocks + b];
  }
}
