package io.ratchet.trainer.model;

import java.util.Arrays;

/** {@link Lanes} one by one. */
final class ScalarLanes implements Lanes {

  /** Takes every positive double but the subnormal to 1 or above. */
  private static final double HUGE = 0x1p1022;

  /** Half a unit in the last place of a float32, among the bits of a double, less one. */
  static final long HALF_ULP = (1L << 28) - 1;

  /** Bits of a double that a float32 does not have. */
  static final long LOWER_BITS = (1L << 29) - 1;

  @Override
  public int width() {
    return 4; // rows are summed by tens and fours
  }

  @Override
  public void sumRows(
      double[] table,
      int stride,
      int states,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at) {
    int k = 0;
    for (; k + 10 <= states; k += 10) { // as many as there are registers for their sums
      ten(table, stride, indices, from, to, offset, out, at, k);
    }
    for (; k < states; k += 4) { // into the padding or over what was done, never beyond the row
      four(table, stride, indices, from, to, offset, out, at, Math.min(k, stride - 4));
    }
  }

  private static void ten(
      double[] table,
      int stride,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at,
      int k) {
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
    int j = from;
    for (; j + 1 < to; j += 2) {
      int t = FIRST + indices[j] * stride + k;
      int u = FIRST + indices[j + 1] * stride + k;
      s0 += table[t] + table[u];
      s1 += table[t + 1] + table[u + 1];
      s2 += table[t + 2] + table[u + 2];
      s3 += table[t + 3] + table[u + 3];
      s4 += table[t + 4] + table[u + 4];
      s5 += table[t + 5] + table[u + 5];
      s6 += table[t + 6] + table[u + 6];
      s7 += table[t + 7] + table[u + 7];
      s8 += table[t + 8] + table[u + 8];
      s9 += table[t + 9] + table[u + 9];
    }
    if (j < to) {
      int t = FIRST + indices[j] * stride + k;
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
    out[at + k] = s0;
    out[at + k + 1] = s1;
    out[at + k + 2] = s2;
    out[at + k + 3] = s3;
    out[at + k + 4] = s4;
    out[at + k + 5] = s5;
    out[at + k + 6] = s6;
    out[at + k + 7] = s7;
    out[at + k + 8] = s8;
    out[at + k + 9] = s9;
  }

  private static void four(
      double[] table,
      int stride,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at,
      int k) {
    double s0 = offset[k];
    double s1 = offset[k + 1];
    double s2 = offset[k + 2];
    double s3 = offset[k + 3];
    int j = from;
    for (; j + 1 < to; j += 2) {
      int t = FIRST + indices[j] * stride + k;
      int u = FIRST + indices[j + 1] * stride + k;
      s0 += table[t] + table[u];
      s1 += table[t + 1] + table[u + 1];
      s2 += table[t + 2] + table[u + 2];
      s3 += table[t + 3] + table[u + 3];
    }
    if (j < to) {
      int t = FIRST + indices[j] * stride + k;
      s0 += table[t];
      s1 += table[t + 1];
      s2 += table[t + 2];
      s3 += table[t + 3];
    }
    out[at + k] = s0;
    out[at + k + 1] = s1;
    out[at + k + 2] = s2;
    out[at + k + 3] = s3;
  }

  @Override
  public void addToRows(
      double[] table, int stride, char[] indices, int from, int to, double[] row, int at) {
    for (int j = from; j < to; j++) {
      int t = FIRST + indices[j] * stride;
      for (int k = 0; k < stride; k++) {
        table[t + k] += row[at + k];
      }
    }
  }

  @Override
  public void nibbleSums(double[] table, int plane) {
    for (int bit = 2; bit < 16; bit <<= 1) {
      // m with this as its highest unit: the sum without it plus its own.
      for (int m = bit + 1; m < 2 * bit; m++) {
        add(table, FIRST + (m - bit) * plane, FIRST + bit * plane, FIRST + m * plane, plane);
      }
    }
  }

  private static void add(double[] values, int x, int y, int to, int count) {
    for (int j = 0; j < count; j++) {
      values[to + j] = values[x + j] + values[y + j];
    }
  }

  @Override
  public double largest(double[] values, int from, int states) {
    return Posterior.largest(values, from, states);
  }

  @Override
  public double softmax(
      double[] logits,
      int from,
      int states,
      double largest,
      double negligible,
      double[] out,
      int at) {
    return Posterior.scaled(logits, from, states, largest, negligible, out, at);
  }

  @Override
  public void unitSums(double[] h, int first, int n, double[] out, int at) {
    for (int b = 0; b < n; b++) {
      int f = first + b;
      int t = at + b;
      double m67 = h[f + 6 * n] + h[f + 7 * n];
      double m1011 = h[f + 10 * n] + h[f + 11 * n];
      double m1213 = h[f + 12 * n] + h[f + 13 * n];
      double m1415 = h[f + 14 * n] + h[f + 15 * n];
      double odd = h[f + 5 * n] + h[f + 7 * n];
      double odds = (h[f + 9 * n] + h[f + 11 * n]) + (h[f + 13 * n] + h[f + 15 * n]);
      double upper = m1213 + m1415;
      out[t] = (h[f + n] + h[f + 3 * n]) + odd + odds;
      out[t + n] = (h[f + 2 * n] + h[f + 3 * n]) + m67 + (m1011 + m1415);
      out[t + 2 * n] = (h[f + 4 * n] + h[f + 5 * n]) + m67 + upper;
      out[t + 3 * n] = (h[f + 8 * n] + h[f + 9 * n]) + m1011 + upper;
    }
    Arrays.fill(h, 0);
  }

  @Override
  public void sigmoids(double[] x, double[] exponentials, double[] p, int n) {
    Exponentials.negative(x, exponentials, n);
    for (int j = 0; j < n; j++) {
      p[j] = sigmoid(x[j], exponentials[j]);
    }
  }

  /**
   * 1/(1+e) or e/(1+e), e = exp(-|x|): both tails keep their relative accuracy. The numerator is e
   * where x is negative, else 1, written without a branch.
   */
  static double sigmoid(double x, double e) {
    double one = Math.min(Math.max(x * HUGE, 0), 1);
    return Math.max(e, one) / (1 + e);
  }

  @Override
  public void softplus(
      double[] x, double[] exponentials, int from, int n, double[] products, double[] sums) {
    for (int j = 0; j < n; j++) {
      products[j] *= 1 + exponentials[from + j];
      sums[j] += Math.max(x[from + j], 0);
    }
  }

  @Override
  public void digits(double[] p, int from, int states, int count, long[] squares, int stride) {
    Arrays.fill(squares, 0);
    for (int i = 0; i < count; i++) {
      int row = (i & 7) * stride;
      for (int z = 0; z < states; z++) {
        squares[row + z] |= Lanes.digit(p[from + i * states + z]) << (i & 56);
      }
    }
  }

  @Override
  public void round(double[] values) {
    for (int j = 0; j < values.length; j++) {
      values[j] = round(values[j]);
    }
  }

  static double round(double value) {
    long bits = Double.doubleToRawLongBits(value);
    long tie = bits >>> 29 & 1;
    double rounded = Double.longBitsToDouble((bits + HALF_ULP + tie) & ~LOWER_BITS);
    return Math.abs(rounded) < Float.MIN_NORMAL ? 0 : rounded;
  }

  /** Swaps ever smaller blocks (Hacker's Delight, 7-3). */
  @Override
  public void transpose(long[] squares, int stride) {
    long mask = 0x0f0f_0f0f_0f0f_0f0fL;
    for (int j = 4; j != 0; j >>>= 1, mask ^= mask << j) {
      for (int k = 0; k < 8; k = (k + j + 1) & ~j) {
        for (int x = k * stride, y = (k + j) * stride; x < (k + 1) * stride; x++, y++) {
          long t = (squares[x] >>> j ^ squares[y]) & mask;
          squares[y] ^= t;
          squares[x] ^= t << j;
        }
      }
    }
  }

  @Override
  public void below(long[] x, long[] m, int at, int digits, long[] undecided, long[] below) {
    int width = undecided.length;
    for (int w = 0; w < width; w++) {
      long equal = undecided[w];
      long less = 0;
      for (int d = w; d < digits * width; d += width) {
        long digit = m[at + d];
        long differs = digit ^ x[d];
        less |= equal & differs & digit;
        equal &= ~differs;
      }
      undecided[w] = equal;
      below[w] = less;
    }
  }
}
