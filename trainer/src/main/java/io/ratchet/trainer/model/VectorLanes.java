package io.ratchet.trainer.model;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Lanes} in the processor's vector registers, by the Vector API.
 *
 * <p>What is loaded comes first in each addition: {@code loaded.add(sum)}. The other order gives
 * the same bits, but the compiler of JDK 17 then keeps the sum of a loop in an object. No method
 * takes or returns a vector: where the compiler does not inline it, each would be an object.
 *
 * <p>Row sums are written out for one to four registers: in a loop over them, they would not stay
 * in registers. The odd number is K = 10 on 256 bits.
 */
final class VectorLanes implements Lanes {

  private static final VectorSpecies<Double> D =
      DoubleVector.SPECIES_PREFERRED.length() > 8
          ? DoubleVector.SPECIES_512
          : DoubleVector.SPECIES_PREFERRED;

  private static final VectorSpecies<Long> L = D.withLanes(long.class);
  private static final int N = D.length();

  @Override
  public int width() {
    return Math.max(N, 4);
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
    for (; k + 4 * N <= stride; k += 4 * N) {
      four(table, stride, indices, from, to, offset, out, at, k);
    }
    if (k + 3 * N <= stride) {
      three(table, stride, indices, from, to, offset, out, at, k);
      k += 3 * N;
    } else if (k + 2 * N <= stride) {
      two(table, stride, indices, from, to, offset, out, at, k);
      k += 2 * N;
    }
    if (k < stride) {
      one(table, stride, indices, from, to, offset, out, at, k);
    }
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
    int first = FIRST + k;
    DoubleVector s0 = DoubleVector.fromArray(D, offset, k);
    DoubleVector s1 = DoubleVector.fromArray(D, offset, k + N);
    DoubleVector s2 = DoubleVector.fromArray(D, offset, k + 2 * N);
    DoubleVector s3 = DoubleVector.fromArray(D, offset, k + 3 * N);
    int pairs = (to - from) >> 1;
    for (int j = 0; j < pairs; j++) {
      int t = indices[from + 2 * j] * stride + first;
      int u = indices[from + 2 * j + 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(DoubleVector.fromArray(D, table, u)).add(s0);
      s1 =
          DoubleVector.fromArray(D, table, t + N)
              .add(DoubleVector.fromArray(D, table, u + N))
              .add(s1);
      s2 =
          DoubleVector.fromArray(D, table, t + 2 * N)
              .add(DoubleVector.fromArray(D, table, u + 2 * N))
              .add(s2);
      s3 =
          DoubleVector.fromArray(D, table, t + 3 * N)
              .add(DoubleVector.fromArray(D, table, u + 3 * N))
              .add(s3);
    }
    if (((to - from) & 1) != 0) {
      int t = indices[to - 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(s0);
      s1 = DoubleVector.fromArray(D, table, t + N).add(s1);
      s2 = DoubleVector.fromArray(D, table, t + 2 * N).add(s2);
      s3 = DoubleVector.fromArray(D, table, t + 3 * N).add(s3);
    }
    s0.intoArray(out, at + k);
    s1.intoArray(out, at + k + N);
    s2.intoArray(out, at + k + 2 * N);
    s3.intoArray(out, at + k + 3 * N);
  }

  private static void three(
      double[] table,
      int stride,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at,
      int k) {
    int first = FIRST + k;
    DoubleVector s0 = DoubleVector.fromArray(D, offset, k);
    DoubleVector s1 = DoubleVector.fromArray(D, offset, k + N);
    DoubleVector s2 = DoubleVector.fromArray(D, offset, k + 2 * N);
    int pairs = (to - from) >> 1;
    for (int j = 0; j < pairs; j++) {
      int t = indices[from + 2 * j] * stride + first;
      int u = indices[from + 2 * j + 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(DoubleVector.fromArray(D, table, u)).add(s0);
      s1 =
          DoubleVector.fromArray(D, table, t + N)
              .add(DoubleVector.fromArray(D, table, u + N))
              .add(s1);
      s2 =
          DoubleVector.fromArray(D, table, t + 2 * N)
              .add(DoubleVector.fromArray(D, table, u + 2 * N))
              .add(s2);
    }
    if (((to - from) & 1) != 0) {
      int t = indices[to - 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(s0);
      s1 = DoubleVector.fromArray(D, table, t + N).add(s1);
      s2 = DoubleVector.fromArray(D, table, t + 2 * N).add(s2);
    }
    s0.intoArray(out, at + k);
    s1.intoArray(out, at + k + N);
    s2.intoArray(out, at + k + 2 * N);
  }

  private static void two(
      double[] table,
      int stride,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at,
      int k) {
    int first = FIRST + k;
    DoubleVector s0 = DoubleVector.fromArray(D, offset, k);
    DoubleVector s1 = DoubleVector.fromArray(D, offset, k + N);
    int pairs = (to - from) >> 1;
    for (int j = 0; j < pairs; j++) {
      int t = indices[from + 2 * j] * stride + first;
      int u = indices[from + 2 * j + 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(DoubleVector.fromArray(D, table, u)).add(s0);
      s1 =
          DoubleVector.fromArray(D, table, t + N)
              .add(DoubleVector.fromArray(D, table, u + N))
              .add(s1);
    }
    if (((to - from) & 1) != 0) {
      int t = indices[to - 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(s0);
      s1 = DoubleVector.fromArray(D, table, t + N).add(s1);
    }
    s0.intoArray(out, at + k);
    s1.intoArray(out, at + k + N);
  }

  private static void one(
      double[] table,
      int stride,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at,
      int k) {
    int first = FIRST + k;
    DoubleVector s0 = DoubleVector.fromArray(D, offset, k);
    int pairs = (to - from) >> 1;
    for (int j = 0; j < pairs; j++) {
      int t = indices[from + 2 * j] * stride + first;
      int u = indices[from + 2 * j + 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(DoubleVector.fromArray(D, table, u)).add(s0);
    }
    if (((to - from) & 1) != 0) {
      int t = indices[to - 1] * stride + first;
      s0 = DoubleVector.fromArray(D, table, t).add(s0);
    }
    s0.intoArray(out, at + k);
  }

  @Override
  public void addToRows(
      double[] table, int stride, char[] indices, int from, int to, double[] row, int at) {
    int k = 0;
    for (; k + 3 * N <= stride; k += 3 * N) {
      int first = FIRST + k;
      DoubleVector r0 = DoubleVector.fromArray(D, row, at + k);
      DoubleVector r1 = DoubleVector.fromArray(D, row, at + k + N);
      DoubleVector r2 = DoubleVector.fromArray(D, row, at + k + 2 * N);
      for (int j = from; j < to; j++) {
        int t = indices[j] * stride + first;
        DoubleVector.fromArray(D, table, t).add(r0).intoArray(table, t);
        DoubleVector.fromArray(D, table, t + N).add(r1).intoArray(table, t + N);
        DoubleVector.fromArray(D, table, t + 2 * N).add(r2).intoArray(table, t + 2 * N);
      }
    }
    for (; k + 2 * N <= stride; k += 2 * N) {
      int first = FIRST + k;
      DoubleVector r0 = DoubleVector.fromArray(D, row, at + k);
      DoubleVector r1 = DoubleVector.fromArray(D, row, at + k + N);
      for (int j = from; j < to; j++) {
        int t = indices[j] * stride + first;
        DoubleVector.fromArray(D, table, t).add(r0).intoArray(table, t);
        DoubleVector.fromArray(D, table, t + N).add(r1).intoArray(table, t + N);
      }
    }
    for (; k < stride; k += N) {
      int first = FIRST + k;
      DoubleVector r0 = DoubleVector.fromArray(D, row, at + k);
      for (int j = from; j < to; j++) {
        int t = indices[j] * stride + first;
        DoubleVector.fromArray(D, table, t).add(r0).intoArray(table, t);
      }
    }
  }

  @Override
  public void nibbleSums(double[] table, int plane) {
    for (int j = FIRST; j < FIRST + plane; j += N) {
      DoubleVector m1 = DoubleVector.fromArray(D, table, j + plane);
      DoubleVector m2 = DoubleVector.fromArray(D, table, j + 2 * plane);
      DoubleVector m4 = DoubleVector.fromArray(D, table, j + 4 * plane);
      DoubleVector m8 = DoubleVector.fromArray(D, table, j + 8 * plane);
      DoubleVector m3 = m1.add(m2);
      DoubleVector m5 = m1.add(m4);
      DoubleVector m6 = m2.add(m4);
      DoubleVector m7 = m3.add(m4);
      m3.intoArray(table, j + 3 * plane);
      m5.intoArray(table, j + 5 * plane);
      m6.intoArray(table, j + 6 * plane);
      m7.intoArray(table, j + 7 * plane);
      m1.add(m8).intoArray(table, j + 9 * plane);
      m2.add(m8).intoArray(table, j + 10 * plane);
      m3.add(m8).intoArray(table, j + 11 * plane);
      m4.add(m8).intoArray(table, j + 12 * plane);
      m5.add(m8).intoArray(table, j + 13 * plane);
      m6.add(m8).intoArray(table, j + 14 * plane);
      m7.add(m8).intoArray(table, j + 15 * plane);
    }
  }

  @Override
  public double largest(double[] values, int from, int states) {
    int stride = Lanes.padded(states);
    DoubleVector largest = DoubleVector.fromArray(D, values, from);
    for (int k = N; k < stride; k += N) {
      largest = DoubleVector.fromArray(D, values, from + k).max(largest);
    }
    return largest.reduceLanes(VectorOperators.MAX);
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
    int stride = Lanes.padded(states);
    double smallest = Math.max(negligible, Exponentials.SMALLEST);
    for (int k = 0; k < stride; k += N) {
      exp(logits, from + k, largest, smallest, out, at + k);
    }
    double sum = Posterior.sum(out, at, stride);
    double inverse = 1 / sum;
    for (int k = 0; k < stride; k += N) {
      DoubleVector.fromArray(D, out, at + k).mul(inverse).intoArray(out, at + k);
    }
    return sum;
  }

  /** {@link Exponentials#exp} of a logit less the largest, operation by operation. */
  private static void exp(
      double[] logits, int from, double largest, double smallest, double[] out, int at) {
    DoubleVector logit = DoubleVector.fromArray(D, logits, from).sub(largest);
    DoubleVector x = logit.max(smallest);
    DoubleVector shifted = x.mul(Exponentials.LOG2_E).add(Exponentials.ROUND);
    DoubleVector n = shifted.sub(Exponentials.ROUND);
    DoubleVector r = x.sub(n.mul(Exponentials.LN2_HIGH)).sub(n.mul(Exponentials.LN2_LOW));
    DoubleVector r2 = r.mul(r);
    DoubleVector r4 = r2.mul(r2);
    DoubleVector p0 = r.add(1).add(r2.mul(r.mul(1.0 / 6).add(1.0 / 2)));
    DoubleVector p1 = r.mul(1.0 / 120).add(1.0 / 24).add(r2.mul(r.mul(1.0 / 5040).add(1.0 / 720)));
    DoubleVector p2 =
        r.mul(1.0 / 362880).add(1.0 / 40320).add(r2.mul(r.mul(1.0 / 39916800).add(1.0 / 3628800)));
    DoubleVector p3 = r.mul(1.0 / 6227020800.0).add(1.0 / 479001600);
    DoubleVector p = p0.add(r4.mul(p1.add(r4.mul(p2.add(r4.mul(p3))))));
    // The integer n stands in the lower bits of n + 1.5 2^52.
    LongVector exponent =
        shifted
            .reinterpretAsLongs()
            .add(1023 - Double.doubleToRawLongBits(Exponentials.ROUND))
            .lanewise(VectorOperators.LSHL, 52);
    p.mul(exponent.reinterpretAsDoubles()).blend(0, logit.lt(smallest)).intoArray(out, at);
  }

  @Override
  public void unitSums(double[] h, int first, int n, double[] out, int at) {
    for (int b = 0; b < n; b += N) {
      int f = first + b;
      int t = at + b;
      DoubleVector h3 = DoubleVector.fromArray(D, h, f + 3 * n);
      DoubleVector h5 = DoubleVector.fromArray(D, h, f + 5 * n);
      DoubleVector h7 = DoubleVector.fromArray(D, h, f + 7 * n);
      DoubleVector h9 = DoubleVector.fromArray(D, h, f + 9 * n);
      DoubleVector h11 = DoubleVector.fromArray(D, h, f + 11 * n);
      DoubleVector h13 = DoubleVector.fromArray(D, h, f + 13 * n);
      DoubleVector h15 = DoubleVector.fromArray(D, h, f + 15 * n);
      DoubleVector m67 = DoubleVector.fromArray(D, h, f + 6 * n).add(h7);
      DoubleVector m1011 = DoubleVector.fromArray(D, h, f + 10 * n).add(h11);
      DoubleVector m1213 = DoubleVector.fromArray(D, h, f + 12 * n).add(h13);
      DoubleVector m1415 = DoubleVector.fromArray(D, h, f + 14 * n).add(h15);
      DoubleVector odds = h9.add(h11).add(h13.add(h15));
      DoubleVector upper = m1213.add(m1415);
      DoubleVector.fromArray(D, h, f + n).add(h3).add(h5.add(h7)).add(odds).intoArray(out, t);
      DoubleVector.fromArray(D, h, f + 2 * n)
          .add(h3)
          .add(m67)
          .add(m1011.add(m1415))
          .intoArray(out, t + n);
      DoubleVector.fromArray(D, h, f + 4 * n).add(h5).add(m67).add(upper).intoArray(out, t + 2 * n);
      DoubleVector.fromArray(D, h, f + 8 * n)
          .add(h9)
          .add(m1011)
          .add(upper)
          .intoArray(out, t + 3 * n);
      for (int m = 1; m < 16; m++) {
        DoubleVector.zero(D).intoArray(h, f + m * n);
      }
    }
  }

  @Override
  public void sigmoids(double[] x, double[] exponentials, double[] p, int n) {
    int j = 0;
    for (; j + N <= n; j += N) {
      sigmoid(x, exponentials, p, j);
    }
    for (; j < n; j++) {
      exponentials[j] = Exponentials.negative(x[j]);
      p[j] = ScalarLanes.sigmoid(x[j], exponentials[j]);
    }
  }

  /** {@link Exponentials#negative} and what it is for, operation by operation. */
  private static void sigmoid(double[] x, double[] exponentials, double[] out, int j) {
    DoubleVector v = DoubleVector.fromArray(D, x, j);
    DoubleVector r = v.abs().min(Exponentials.LARGEST).mul(-1.0 / (1 << Exponentials.SQUARINGS));
    DoubleVector r2 = r.mul(r);
    DoubleVector r4 = r2.mul(r2);
    DoubleVector p0 = r.add(1).add(r2.mul(r.mul(1.0 / 6).add(1.0 / 2)));
    DoubleVector p1 = r.mul(1.0 / 120).add(1.0 / 24).add(r2.mul(r.mul(1.0 / 5040).add(1.0 / 720)));
    DoubleVector p2 =
        r.mul(1.0 / 362880).add(1.0 / 40320).add(r2.mul(r.mul(1.0 / 39916800).add(1.0 / 3628800)));
    DoubleVector p = p0.add(r4.mul(p1.add(r4.mul(p2))));
    p = p.mul(p);
    p = p.mul(p);
    p = p.mul(p);
    p = p.mul(p);
    p = p.mul(p);
    p = p.mul(p);
    p = p.mul(p);
    DoubleVector e = p.mul(p);
    e.intoArray(exponentials, j);
    e.blend(1, v.compare(VectorOperators.GT, 0)).div(e.add(1)).intoArray(out, j);
  }

  @Override
  public void softplus(
      double[] x, double[] exponentials, int from, int n, double[] products, double[] sums) {
    int j = 0;
    for (; j + N <= n; j += N) {
      DoubleVector.fromArray(D, exponentials, from + j)
          .add(1)
          .mul(DoubleVector.fromArray(D, products, j))
          .intoArray(products, j);
      DoubleVector.fromArray(D, x, from + j)
          .max(0)
          .add(DoubleVector.fromArray(D, sums, j))
          .intoArray(sums, j);
    }
    for (; j < n; j++) {
      products[j] *= 1 + exponentials[from + j];
      sums[j] += Math.max(x[from + j], 0);
    }
  }

  @Override
  public void digits(double[] p, int from, int states, int count, long[] squares, int stride) {
    if (from + (count - 1) * states + stride > p.length) { // a register would reach beyond the end
      new ScalarLanes().digits(p, from, states, count, squares, stride);
      return;
    }
    for (int row = 0; row < 8; row++) {
      for (int z = 0; z < stride; z += N) {
        LongVector digits = LongVector.zero(L);
        for (int i = row; i < count; i += 8) {
          LongVector digit =
              DoubleVector.fromArray(D, p, from + i * states + z)
                  .mul(256)
                  .sub(0.5)
                  .min(255)
                  .add(Exponentials.ROUND)
                  .reinterpretAsLongs()
                  .and(255);
          digits = digit.lanewise(VectorOperators.LSHL, i & 56).or(digits);
        }
        digits.intoArray(squares, row * stride + z);
      }
    }
  }

  @Override
  public void round(double[] values) {
    int j = 0;
    for (; j + N <= values.length; j += N) {
      LongVector bits = DoubleVector.fromArray(D, values, j).reinterpretAsLongs();
      LongVector tie = bits.lanewise(VectorOperators.LSHR, 29).and(1);
      DoubleVector rounded =
          bits.add(ScalarLanes.HALF_ULP)
              .add(tie)
              .and(~ScalarLanes.LOWER_BITS)
              .reinterpretAsDoubles();
      rounded.blend(0, rounded.abs().lt(Float.MIN_NORMAL)).intoArray(values, j);
    }
    for (; j < values.length; j++) {
      values[j] = ScalarLanes.round(values[j]);
    }
  }

  @Override
  public void transpose(long[] squares, int stride) {
    long mask = 0x0f0f_0f0f_0f0f_0f0fL;
    for (int j = 4; j != 0; j >>>= 1, mask ^= mask << j) {
      for (int k = 0; k < 8; k = (k + j + 1) & ~j) {
        for (int z = 0; z < stride; z += N) {
          swap(squares, k * stride + z, (k + j) * stride + z, j, mask);
        }
      }
    }
  }

  private static void swap(long[] squares, int x, int y, int j, long mask) {
    LongVector upper = LongVector.fromArray(L, squares, x);
    LongVector lower = LongVector.fromArray(L, squares, y);
    LongVector t =
        upper.lanewise(VectorOperators.LSHR, j).lanewise(VectorOperators.XOR, lower).and(mask);
    lower.lanewise(VectorOperators.XOR, t).intoArray(squares, y);
    upper.lanewise(VectorOperators.XOR, t.lanewise(VectorOperators.LSHL, j)).intoArray(squares, x);
  }

  @Override
  public void below(long[] x, long[] m, int at, int digits, long[] undecided, long[] below) {
    int width = undecided.length;
    for (int w = 0; w < width; w += N) {
      LongVector equal = LongVector.fromArray(L, undecided, w);
      LongVector less = LongVector.zero(L);
      for (int d = 0; d < digits; d++) {
        LongVector digit = LongVector.fromArray(L, m, at + d * width + w);
        LongVector differs =
            LongVector.fromArray(L, x, d * width + w).lanewise(VectorOperators.XOR, digit);
        less = digit.and(differs).and(equal).or(less);
        equal = differs.not().and(equal);
      }
      equal.intoArray(undecided, w);
      less.intoArray(below, w);
    }
  }
}
