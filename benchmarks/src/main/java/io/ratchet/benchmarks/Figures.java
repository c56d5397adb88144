package io.ratchet.benchmarks;

import java.util.Arrays;

/** Order statistics of measured values. */
final class Figures {

  private Figures() {}

  static double median(double... values) {
    return quantile(values, 0.5);
  }

  /** The share-quantile, by linear interpolation between neighbours; share 0 is the least value. */
  static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
