package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;

/**
 * Linear forms of binary rows, l_j = c_j + sum_i x_i w_ij, for layers of many units, in 32-bit
 * fixed point, through a table of the partial sums over every nibble (four units of the row that
 * are not all 0).
 *
 * <p>Fixed point, because sums of integers are exact: the same bits in whatever order, and a bit
 * drawn from l_j by comparing integers, for which the compiler makes vector code and for
 * conversions between integers and floats it does not (C2 of JDK 17). A weight is rounded to 2^-25
 * or, where the sum of |c_j| and |w_ij| over i is above 16, to 2^-28 of that sum or less.
 *
 * <p>Unit j of the output is at (j mod 4) P + j / 4, P = H/4 rounded up: with the four units of a
 * nibble in four planes, a nibble is put together from whole arrays, too. Units that only pad have
 * l_j = -{@value #LIMIT}.
 */
public final class FixedPointTable {

  /** Bound of every |l_j|, so that a difference of two cannot overflow. */
  private static final int LIMIT = 1 << 29;

  /** More than 24 digits after the point would change nothing that can be seen in a sample. */
  private static final int MAX_EXPONENT = 24;

  /** Adding it leaves the nearest integer in the low bits of a double's representation. */
  private static final double ROUND = 0x1.8p52;

  private final int inputs;
  private final int outputs;
  private final int blocks;
  private final int plane;
  private final double[] bound;

  /** Row m B + b holds the sums over the units of nibble m of block b; row 0 is 0. */
  private final int[][] table;

  private final int[] constants;
  private double scale;

  /** A table without weights yet. */
  public FixedPointTable(int inputs, int outputs) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.blocks = BitRows.blocks(inputs);
    this.plane = (outputs + 3) >>> 2;
    this.table = new int[16 * blocks][];
    for (int m = 0; m < 16; m++) {
      for (int b = 0; 4 * b < inputs; b++) {
        table[m * blocks + b] = new int[4 * plane];
      }
    }
    this.constants = new int[4 * plane];
    this.bound = new double[outputs];
  }

  /**
   * Takes new weights and constants.
   *
   * @param weights w_ij at i inputStep + j outputStep, finite
   * @param constants c_j, finite
   */
  public void load(double[] weights, int inputStep, int outputStep, double[] constants) {
    scale = scale(weights, inputStep, outputStep, constants);
    Arrays.fill(this.constants, -LIMIT);
    for (int j = 0; j < outputs; j++) {
      this.constants[place(j)] = fixed(constants[j]);
    }
    for (int j = 0; j < outputs; j++) {
      int place = place(j);
      int weight = j * outputStep;
      for (int i = 0; i < inputs; i++, weight += inputStep) {
        table[(1 << (i & 3)) * blocks + (i >>> 2)][place] = fixed(weights[weight]);
      }
    }
    for (int m = 3; m < 16; m++) {
      int highest = Integer.highestOneBit(m);
      for (int b = 0; m != highest && 4 * b < inputs; b++) {
        sum(table[(m - highest) * blocks + b], table[highest * blocks + b], table[m * blocks + b]);
      }
    }
  }

  /** The power of two that keeps every |l_j| below the limit. */
  private double scale(double[] weights, int inputStep, int outputStep, double[] constants) {
    for (int j = 0; j < outputs; j++) {
      bound[j] = Math.abs(constants[j]);
    }
    if (outputStep == 1) {
      for (int i = 0; i < inputs; i++) {
        for (int j = 0; j < outputs; j++) {
          bound[j] += Math.abs(weights[i * inputStep + j]);
        }
      }
    } else {
      for (int j = 0; j < outputs; j++) {
        for (int i = 0; i < inputs; i++) {
          bound[j] += Math.abs(weights[i * inputStep + j * outputStep]);
        }
      }
    }
    double largest = 1;
    for (double value : bound) {
      largest = Math.max(largest, value);
    }
    // Rounding adds at most half of the last digit for each unit: within a factor of 2 of the
    // limit.
    int exponent = Math.getExponent(LIMIT / largest) - 1;
    return Math.scalb(1.0, Math.min(MAX_EXPONENT, exponent));
  }

  private int fixed(double value) {
    return (int) Double.doubleToRawLongBits(value * scale + ROUND);
  }

  private static void sum(int[] a, int[] b, int[] out) {
    for (int j = 0; j < out.length; j++) {
      out[j] = a[j] + b[j];
    }
  }

  /** Number of units of a row, V. */
  public int inputs() {
    return inputs;
  }

  /** Number of forms, H. */
  public int outputs() {
    return outputs;
  }

  /** P. */
  public int plane() {
    return plane;
  }

  /** Where unit j is in what {@link #sums} writes. */
  public int place(int j) {
    return (j & 3) * plane + (j >>> 2);
  }

  /** What l_j = 1 is written as: a power of two. */
  public double scale() {
    return scale;
  }

  /**
   * Writes l_j of one row, times {@link #scale}.
   *
   * @param out 4 P values
   */
  public void sums(BitRows rows, int row, int[] out) {
    System.arraycopy(constants, 0, out, 0, constants.length);
    char[] n = rows.nibbles();
    int to = rows.start(row + 1);
    int k = rows.start(row);
    for (; k + 4 <= to; k += 4) {
      add(out, table[n[k]], table[n[k + 1]], table[n[k + 2]], table[n[k + 3]]);
    }
    if (k < to) {
      int[] second = table[k + 1 < to ? n[k + 1] : 0];
      int[] third = table[k + 2 < to ? n[k + 2] : 0];
      add(out, table[n[k]], second, third, table[0]);
    }
  }

  /**
   * Four rows a pass: fewer loads and stores of {@code out}; eight make no vector code any more.
   */
  private static void add(int[] out, int[] a, int[] b, int[] c, int[] d) {
    for (int j = 0; j < out.length; j++) {
      out[j] += (a[j] + b[j]) + (c[j] + d[j]);
    }
  }
}
