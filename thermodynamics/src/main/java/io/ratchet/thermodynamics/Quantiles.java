package io.ratchet.thermodynamics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.statistics.distribution.ChiSquaredDistribution;
import org.apache.commons.statistics.distribution.ContinuousDistribution;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Student's t quantiles and chi-square tails, the same bits on every platform.
 *
 * <p>The distributions of Commons Statistics use {@code Math.log} and {@code Math.exp}, whose last
 * bits are the platform's choice; the results are therefore cut to 40 significant bits (1e-12
 * relative), far below what any use of them needs.
 */
final class Quantiles {
  private record Key(int degreesOfFreedom, double probability) {}

  /** Asked for hundreds of times a second with a handful of arguments. */
  private static final Map<Key, Double> CACHE = new ConcurrentHashMap<>();

  /** Arguments that a stream of windows asks for; beyond them nothing is remembered. */
  private static final int CACHE_SIZE = 1_024;

  private Quantiles() {}

  /** t with P(T <= t) = probability, for 1 or more degrees of freedom. */
  static double studentT(int degreesOfFreedom, double probability) {
    Key key = new Key(degreesOfFreedom, probability);
    Double known = CACHE.get(key);
    if (known != null) {
      return known;
    }
    double quantile = computeStudentT(degreesOfFreedom, probability);
    if (CACHE.size() < CACHE_SIZE) {
      CACHE.put(key, quantile);
    }
    return quantile;
  }

  private static double computeStudentT(int degreesOfFreedom, double probability) {
    ContinuousDistribution t = TDistribution.of(degreesOfFreedom);
    double quantile = t.inverseCumulativeProbability(probability);
    // The library's root finder stops at 1e-9; two Newton steps reach the last bits. The smaller
    // tail is compared, where no digits are lost to 1.
    for (int step = 0; step < 2; step++) {
      double excess =
          probability < 0.5
              ? t.cumulativeProbability(quantile) - probability
              : (1 - probability) - t.survivalProbability(quantile);
      quantile -= excess / t.density(quantile);
    }
    return cut(quantile);
  }

  /** P(X >= statistic) for X of the chi-square law; 1 without degrees of freedom. */
  static double chiSquareTail(long degreesOfFreedom, double statistic) {
    return degreesOfFreedom == 0
        ? 1
        : cut(ChiSquaredDistribution.of((double) degreesOfFreedom).survivalProbability(statistic));
  }

  static double cut(double value) {
    return Double.longBitsToDouble((Double.doubleToLongBits(value) + 0x800) & ~0xFFFL);
  }
}
