package io.ratchet.thermodynamics;

import java.util.OptionalDouble;

/**
 * Kullback-Leibler divergence D(p || q) = sum_c p_c ln(p_c/q_c) in nats, of known shares p from
 * shares q that are estimated from counts.
 *
 * <p>Two uses. Class divergence: p the data's class shares, counts the classes of generated
 * samples; it measures model and classifier together. Latent divergence: p the data's mean p(z|x),
 * counts the states that chains enter ({@link GroupedCounts#arrivals}); it bounds the divergence of
 * the laws of the data and of the model from below.
 */
public final class Divergence {
  /** Below this many samples the first-order bias correction does not hold. */
  public static final int LEAST_SAMPLES = 500;

  /** A class of the data seen fewer times than this makes the value a lower bound. */
  private static final int WEAK_COUNT = 3;

  /** How far given shares may sum from 1: they may have been float32. */
  private static final double SHARE_TOLERANCE = 1e-3;

  private Divergence() {}

  /**
   * The divergence with its bias removed:
   *
   * <pre>
   * value     sum_c p_c ln(p_c/q_c) - (m - 1)/(2n),  q_c = (C_c + 1/2)/(n + m/2)
   * interval  -+ t_{G-1} SE, SE^2 = G/(G-1) sum_g [sum_c p_c (C^g_c - n_g C_c/n)/(C_c + 1/2)]^2,
   *           lower end clipped at 0
   * </pre>
   *
   * <p>With the 1/2 the first-order bias depends on neither p nor q. The value itself is not
   * clipped: clipping would bias it where p = q.
   *
   * @param counts [groups][m] counts C^g_c of class c in group g of chains, not negative
   * @param shares the m shares p_c, not negative, of sum 1
   * @param level nominal coverage of the interval, between 0 and 1
   * @return {@code INSUFFICIENT} with fewer than {@value #LEAST_SAMPLES} samples, {@code
   *     LOWER_BOUND} when a class with p_c > 0 was seen fewer than 3 times
   */
  public static Estimate of(long[][] counts, double[] shares, double level) {
    Arguments.checkLevel("level", level);
    checkShares(shares);
    int classes = shares.length;
    long[] pooled = new long[classes];
    long[] samples = new long[counts.length];
    long n = 0;
    int active = 0;
    for (int group = 0; group < counts.length; group++) {
      if (counts[group].length != classes) {
        throw new IllegalArgumentException(
            "group %d counts %d classes; the shares have %d"
                .formatted(group, counts[group].length, classes));
      }
      for (int c = 0; c < classes; c++) {
        Arguments.checkRange("count of class " + c, counts[group][c], 0, Long.MAX_VALUE);
        pooled[c] += counts[group][c];
        samples[group] += counts[group][c];
      }
      n += samples[group];
      active += samples[group] > 0 ? 1 : 0;
    }
    if (n < LEAST_SAMPLES) {
      return Estimate.insufficient(level, "plug-in");
    }

    double value = -(classes - 1) / (2.0 * n);
    boolean weak = false;
    for (int c = 0; c < classes; c++) {
      if (shares[c] > 0) {
        value += shares[c] * StrictMath.log(shares[c] * (n + classes / 2.0) / (pooled[c] + 0.5));
        weak |= pooled[c] < WEAK_COUNT;
      }
    }

    // The influence of one sample of class c is -p_c/(C_c + 1/2); residuals are those of a ratio.
    double squares = 0;
    for (int group = 0; group < counts.length; group++) {
      double residual = 0;
      for (int c = 0; c < classes; c++) {
        double expected = samples[group] * (double) pooled[c] / n;
        residual += shares[c] * (counts[group][c] - expected) / (pooled[c] + 0.5);
      }
      squares += residual * residual;
    }
    Estimate.Status status = weak ? Estimate.Status.LOWER_BOUND : Estimate.Status.ESTIMATED;
    if (active < 2) {
      return new Estimate(
          OptionalDouble.of(value),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          level,
          "plug-in",
          status);
    }
    double half =
        Quantiles.studentT(active - 1, (1 + level) / 2)
            * StrictMath.sqrt(squares * active / (active - 1));
    return new Estimate(
        OptionalDouble.of(value),
        OptionalDouble.of(Math.max(0, value - half)),
        OptionalDouble.of(Math.max(0, value + half)),
        level,
        "plug-in",
        status);
  }

  private static void checkShares(double[] shares) {
    double sum = 0;
    for (int c = 0; c < shares.length; c++) {
      if (!(shares[c] >= 0)) {
        throw new IllegalArgumentException(
            "share of class %d is %s; it must not be negative".formatted(c, shares[c]));
      }
      sum += shares[c];
    }
    if (!(Math.abs(sum - 1) <= SHARE_TOLERANCE)) {
      throw new IllegalArgumentException("the shares sum to " + sum + "; they must sum to 1");
    }
  }
}
