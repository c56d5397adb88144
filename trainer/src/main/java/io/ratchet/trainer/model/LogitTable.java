package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;

/**
 * Linear forms of binary rows, out_k = c_k + sum_i x_i w_ik for K values of k at once, through a
 * table of the partial sums over every nibble (four units that are not all 0).
 *
 * <p>A table is made anew for each set of parameters: 15 V/4 rows of K additions. A row of data
 * then costs one row of K additions for each of its nibbles.
 */
final class LogitTable {

  /** States summed in one pass over a row: as many as there are registers for their sums. */
  private static final int WIDE = 10;

  private static final int MIDDLE = 4;

  /** Rows of the table are padded to this many values, the width of the narrow summation. */
  private static final int NARROW = 2;

  private final int visible;
  private final int blocks;
  private final int states;
  private final int stride;

  /** Row m B + b holds the sums over the units of nibble m of block b; K values, then padding. */
  private final double[] table;

  private final double[] offset;

  LogitTable(int visible, int states) {
    this.visible = visible;
    this.blocks = (visible + 3) >>> 2;
    this.states = states;
    this.stride = (states + NARROW - 1) / NARROW * NARROW;
    this.table = new double[Math.multiplyExact(16 * blocks, stride)];
    this.offset = new double[stride];
  }

  /**
   * Takes new weights and constants.
   *
   * @param weights w_ik at i unitStep + k stateStep
   * @param constants c_k
   */
  void load(double[] weights, int unitStep, int stateStep, double[] constants) {
    System.arraycopy(constants, 0, offset, 0, states);
    int plane = blocks * stride; // distance from nibble m of a block to nibble m + 1
    for (int i = 0; i < visible; i++) {
      int row = (1 << (i & 3)) * plane + (i >>> 2) * stride;
      int weight = i * unitStep;
      if (stateStep == 1) {
        System.arraycopy(weights, weight, table, row, states);
      } else {
        for (int k = 0; k < states; k++) {
          table[row + k] = weights[weight + k * stateStep];
        }
      }
    }
    for (int bit = 2; bit < 16; bit <<= 1) {
      // m with this as its highest unit: the sum without it plus its own row, for all blocks.
      for (int m = bit + 1; m < 2 * bit; m++) {
        for (int j = 0; j < plane; j++) {
          table[m * plane + j] = table[(m - bit) * plane + j] + table[bit * plane + j];
        }
      }
    }
  }

  /** Values written by {@link #sums}: K rounded up to a multiple of {@value #NARROW}. */
  int stride() {
    return stride;
  }

  /** Writes the K values of one row, and padding, from {@code out[at]} on. */
  void sums(BitRows rows, int row, double[] out, int at) {
    char[] nibbles = rows.nibbles();
    int from = rows.start(row);
    int to = rows.start(row + 1);
    int k = 0;
    for (; k + WIDE <= stride; k += WIDE) {
      wide(nibbles, from, to, k, out, at + k);
    }
    for (; k + MIDDLE <= stride; k += MIDDLE) {
      middle(nibbles, from, to, k, out, at + k);
    }
    for (; k < stride; k += NARROW) {
      narrow(nibbles, from, to, k, out, at + k);
    }
  }

  // Sums stay in registers over the whole row; each is a chain of additions in the row's order.

  private void wide(char[] nibbles, int from, int to, int k, double[] out, int at) {
    double s0 = offset[k];
    double s1 = offset[k + 1];
    double s2 = offset[k + 2];
    double s3 = offset[k + 3];
    double s4 = offset[k + 4];
    double s5 = offset[k + 5];
    double s6 = offset[k + 6];
    double s7 = offset[k + 7];
    double s8 = offset[k + 8];
    double s9 = offset[k + 9];
    for (int j = from; j < to; j++) {
      int t = nibbles[j] * stride + k;
      s0 += table[t];
      s1 += table[t + 1];
      s2 += table[t + 2];
      s3 += table[t + 3];
      s4 += table[t + 4];
      s5 += table[t + 5];
      s6 += table[t + 6];
      s7 += table[t + 7];
      s8 += table[t + 8];
      s9 += table[t + 9];
    }
    out[at] = s0;
    out[at + 1] = s1;
    out[at + 2] = s2;
    out[at + 3] = s3;
    out[at + 4] = s4;
    out[at + 5] = s5;
    out[at + 6] = s6;
    out[at + 7] = s7;
    out[at + 8] = s8;
    out[at + 9] = s9;
  }

  private void middle(char[] nibbles, int from, int to, int k, double[] out, int at) {
    double s0 = offset[k];
    double s1 = offset[k + 1];
    double s2 = offset[k + 2];
    double s3 = offset[k + 3];
    for (int j = from; j < to; j++) {
      int t = nibbles[j] * stride + k;
      s0 += table[t];
      s1 += table[t + 1];
      s2 += table[t + 2];
      s3 += table[t + 3];
    }
    out[at] = s0;
    out[at + 1] = s1;
    out[at + 2] = s2;
    out[at + 3] = s3;
  }

  private void narrow(char[] nibbles, int from, int to, int k, double[] out, int at) {
    double s0 = offset[k];
    double s1 = offset[k + 1];
    for (int j = from; j < to; j++) {
      int t = nibbles[j] * stride + k;
      s0 += table[t];
      s1 += table[t + 1];
    }
    out[at] = s0;
    out[at + 1] = s1;
  }
}
