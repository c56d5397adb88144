package io.ratchet.thermodynamics;

/**
 * Standard error of a ratio (sum over groups of a_c)/N, N = sum of n_c, over independent groups:
 *
 * <p>SE^2 = G/(G-1) sum_c (a_c - n_c A/N)^2 / N^2, A = sum_c a_c, the linearised (delta method)
 * variance of a ratio estimator; G counts the groups with n_c > 0.
 */
final class RatioError {
  private RatioError() {}

  /** The standard error, or NaN with fewer than two groups with a transition. */
  static double of(double[] sums, long[] transitions) {
    double sum = 0;
    double total = 0;
    int active = 0;
    for (int group = 0; group < sums.length; group++) {
      sum += sums[group];
      total += transitions[group];
      active += transitions[group] > 0 ? 1 : 0;
    }
    if (active < 2) {
      return Double.NaN;
    }
    double squares = 0;
    for (int group = 0; group < sums.length; group++) {
      double residual = sums[group] - transitions[group] * sum / total;
      squares += residual * residual;
    }
    return StrictMath.sqrt(squares * active / (active - 1)) / total;
  }
}
