package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;

/**
 * sum_n w_n x_n over binary rows x_n: the other side of a linear form of them.
 *
 * <p>A weight is added once for each nibble of its row, not once for each unit, to the sum of its
 * block and value; the V sums follow from those at the end.
 */
final class WeightedSum {

  private final int visible;
  private final int blocks;

  /** Position m B + b: sum of the weights of the rows that have nibble m in block b. */
  private final double[] nibbles;

  /** Zero. */
  WeightedSum(int visible) {
    this.visible = visible;
    this.blocks = (visible + 3) >>> 2;
    this.nibbles = new double[16 * blocks];
  }

  /** Adds a row with a weight. */
  void add(BitRows rows, int row, double weight) {
    char[] list = rows.nibbles();
    int end = rows.start(row + 1);
    for (int j = rows.start(row); j < end; j++) {
      nibbles[list[j]] += weight;
    }
  }

  /** Writes the V sums from {@code out[at]} on; the sum is zero again. */
  void take(double[] out, int at) {
    double[] h = nibbles;
    int n = blocks;
    for (int b = 0; b < n; b++) {
      double m3 = h[b + 3 * n];
      double m5 = h[b + 5 * n];
      double m6 = h[b + 6 * n];
      double m7 = h[b + 7 * n];
      double m9 = h[b + 9 * n];
      double m10 = h[b + 10 * n];
      double m11 = h[b + 11 * n];
      double m12 = h[b + 12 * n];
      double m13 = h[b + 13 * n];
      double m14 = h[b + 14 * n];
      double m15 = h[b + 15 * n];
      double m67 = m6 + m7;
      double m1415 = m14 + m15;
      double m1213 = m12 + m13;
      double m1011 = m10 + m11;
      double x0 = h[b + n] + m3 + (m5 + m7) + (m9 + m11) + (m13 + m15);
      double x1 = h[b + 2 * n] + m3 + m67 + m1011 + m1415;
      double x2 = h[b + 4 * n] + m5 + m67 + m1213 + m1415;
      double x3 = h[b + 8 * n] + m9 + m1011 + m1213 + m1415;
      int i = b << 2;
      int left = visible - i;
      out[at + i] = x0;
      if (left > 3) {
        out[at + i + 1] = x1;
        out[at + i + 2] = x2;
        out[at + i + 3] = x3;
      } else if (left > 1) {
        out[at + i + 1] = x1;
        if (left > 2) {
          out[at + i + 2] = x2;
        }
      }
    }
    Arrays.fill(h, 0);
  }
}
