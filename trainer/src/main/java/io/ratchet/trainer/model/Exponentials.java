package io.ratchet.trainer.model;

/**
 * exp in arithmetic that gives the same bits on every platform: Math.exp is an intrinsic whose last
 * bit depends on the processor, StrictMath.exp costs several times as much.
 */
public final class Exponentials {

  /** Below this, exp underflows to 0 here (a subnormal result would cost hundreds of cycles). */
  static final double SMALLEST = -708;

  static final double LOG2_E = 1.4426950408889634;

  /** ln 2 in two parts; n times the first is exact for |n| below 2^21 (fdlibm e_exp.c). */
  static final double LN2_HIGH = 0.6931471803691238;

  static final double LN2_LOW = 1.9082149292705877e-10;

  /** Adding and taking it away rounds to an integer. */
  static final double ROUND = 0x1.8p52;

  /** Arguments of {@link #negative} are divided by this, a power of two. */
  static final int SQUARINGS = 8;

  /** exp(-64) = 1.6e-28: added to 1 or to a probability it changes nothing. */
  static final double LARGEST = 64;

  /** Factors of a product of numbers in [1, 2] that stay far from overflow. */
  private static final int FACTORS = 512;

  private Exponentials() {}

  /**
   * e^x for x up to 709, relative error below 4e-16; 0 below -708.
   *
   * <p>x = n ln 2 + r with |r| at most 0.35, Taylor to r^13 (remainder 4e-18), scaled by 2^n.
   */
  public static double exp(double x) {
    if (x < SMALLEST) {
      return 0;
    }
    double n = x * LOG2_E + ROUND - ROUND;
    double r = x - n * LN2_HIGH - n * LN2_LOW;
    double r2 = r * r;
    double r4 = r2 * r2;
    // Estrin's order: short chains of dependent operations.
    double p0 = 1 + r + r2 * (1.0 / 2 + r * (1.0 / 6));
    double p1 = 1.0 / 24 + r * (1.0 / 120) + r2 * (1.0 / 720 + r * (1.0 / 5040));
    double p2 = 1.0 / 40320 + r * (1.0 / 362880) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800));
    double p3 = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
    double p = p0 + r4 * (p1 + r4 * (p2 + r4 * p3));
    return p * Double.longBitsToDouble(((long) n + 1023) << 52);
  }

  /** 1/(1 + e^-x), relative error below 1e-15 down to e^-708. */
  public static double sigmoid(double x) {
    double e = exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }

  /**
   * out[i] = exp(-|x[i]|) for i below n, relative error below 1e-13, |x| above 64 taken as 64.
   *
   * <p>(exp(-|x|/256))^256: only sums, products and a minimum, so that the compiler makes vector
   * code of it. Taylor to degree 11 on [-1/4, 0] (remainder 1.2e-16), squared eight times.
   */
  static void negative(double[] x, double[] out, int n) {
    for (int i = 0; i < n; i++) {
      out[i] = negative(x[i]);
    }
  }

  /** One of them. */
  static double negative(double x) {
    double r = Math.min(Math.abs(x), LARGEST) * (-1.0 / (1 << SQUARINGS));
    double r2 = r * r;
    double r4 = r2 * r2;
    double p0 = 1 + r + r2 * (1.0 / 2 + r * (1.0 / 6));
    double p1 = 1.0 / 24 + r * (1.0 / 120) + r2 * (1.0 / 720 + r * (1.0 / 5040));
    double p2 = 1.0 / 40320 + r * (1.0 / 362880) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800));
    double p = p0 + r4 * (p1 + r4 * p2);
    p *= p;
    p *= p;
    p *= p;
    p *= p;
    p *= p;
    p *= p;
    p *= p;
    return p * p;
  }

  /** softplus(x) = ln(1 + e^x) = max(x, 0) + ln(1 + exp(-|x|)). */
  public static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(exp(-Math.abs(x)));
  }

  /**
   * sum_j softplus(x[j]) over the first n values, softplus(t) = max(t, 0) + ln(1 + exp(-|t|)); the
   * logarithms are summed as the logarithm of a product, one for every {@value #FACTORS}.
   *
   * @param e exp(-|x[j]|), as {@link #negative} writes it
   */
  static double sumSoftplus(double[] x, double[] e, int n) {
    double sum = 0;
    for (int from = 0; from < n; from += FACTORS) {
      int to = Math.min(n, from + FACTORS);
      double even = 1; // two chains of factors, that do not wait for each other
      double odd = 1;
      int j = from;
      for (; j + 1 < to; j += 2) {
        even *= 1 + e[j];
        odd *= 1 + e[j + 1];
        sum += Math.max(x[j], 0) + Math.max(x[j + 1], 0);
      }
      if (j < to) {
        even *= 1 + e[j];
        sum += Math.max(x[j], 0);
      }
      sum += StrictMath.log(even * odd);
    }
    return sum;
  }

  /** ln sum_k exp(x[from + k]) over n values, without overflow. */
  public static double logSumExp(double[] x, int from, int n) {
    double max = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < n; k++) {
      max = Math.max(max, x[from + k]);
    }
    double sum = 0;
    for (int k = 0; k < n; k++) {
      sum += exp(x[from + k] - max);
    }
    return max + StrictMath.log(sum);
  }
}
