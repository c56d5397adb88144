package io.ratchet.thermodynamics;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Convergence diagnostics of parallel chains that users of MCMC expect, as defined by Vehtari,
 * Gelman, Simpson, Carpenter and Buerkner, "Rank-normalization, folding, and localization: an
 * improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16 (2021).
 *
 * <p>Every diagnostic splits each chain into halves (the middle draw of an odd number is left out),
 * so that drift within a chain shows like disagreement between chains. All chains have the same
 * number of draws, at least 6; a diagnostic is absent where all draws are equal.
 */
public final class ChainDiagnostics {
  /** Fewest draws of a chain: halves of three, the least that has an autocovariance. */
  public static final int LEAST_DRAWS = 6;

  /** Blom's plotting position (1958), by which ranks become normal scores. */
  private static final double BLOM = 3.0 / 8;

  private ChainDiagnostics() {}

  /**
   * Split R-hat, sqrt(var+ / W): between-chain and within-chain variance over within-chain
   * variance; 1 for chains that agree.
   *
   * @param draws [chains][draws], finite
   */
  public static OptionalDouble splitRhat(double[][] draws) {
    return rhat(split(draws));
  }

  /**
   * The rank-normalised split R-hat: the larger of those of the draws (bulk) and of their distances
   * from the median (folded, for the tails). Below 1.01 for chains that may be used.
   *
   * @param draws [chains][draws], finite
   */
  public static OptionalDouble rankNormalizedRhat(double[][] draws) {
    OptionalDouble bulk = rhat(normalScores(split(draws)));
    OptionalDouble folded = rhat(normalScores(split(foldedAtMedian(draws))));
    if (bulk.isEmpty() || folded.isEmpty()) {
      return bulk; // draws at equal distances from their median have no tails to compare
    }
    return OptionalDouble.of(Math.max(bulk.getAsDouble(), folded.getAsDouble()));
  }

  /**
   * Bulk effective sample size: the number of independent draws that would estimate the mean of the
   * normal scores as well; at most draws x log10(draws).
   *
   * @param draws [chains][draws], finite
   */
  public static OptionalDouble bulkEffectiveSampleSize(double[][] draws) {
    double[][] halves = normalScores(split(draws));
    OptionalDouble time = autocorrelationTime(halves);
    return time.isEmpty()
        ? time
        : OptionalDouble.of(halves.length * halves[0].length / time.getAsDouble());
  }

  /**
   * Integrated autocorrelation time of the indicator of one state, in transitions: how many
   * transitions are worth one independent draw for estimating how often the state is visited.
   *
   * @param chains [chains][visits] states in the order of time
   * @param state the state whose visits are looked at
   * @return tau of the split chains; absent if all or none of the visits are to the state
   */
  public static OptionalDouble autocorrelationTime(int[][] chains, int state) {
    double[][] indicator = new double[chains.length][];
    for (int chain = 0; chain < chains.length; chain++) {
      indicator[chain] =
          Arrays.stream(chains[chain]).mapToDouble(visited -> visited == state ? 1 : 0).toArray();
    }
    return autocorrelationTime(split(indicator));
  }

  private static double[][] split(double[][] draws) {
    Arguments.checkRange("chains", draws.length, 1, Integer.MAX_VALUE);
    int length = draws[0].length;
    Arguments.checkRange("draws of a chain", length, LEAST_DRAWS, Integer.MAX_VALUE);
    double[][] halves = new double[2 * draws.length][];
    for (int chain = 0; chain < draws.length; chain++) {
      Arguments.checkRange("draws of chain " + chain, draws[chain].length, length, length);
      for (double draw : draws[chain]) {
        if (!Double.isFinite(draw)) {
          throw new IllegalArgumentException(
              "chain %d has a draw %s; it must be finite".formatted(chain, draw));
        }
      }
      halves[2 * chain] = Arrays.copyOfRange(draws[chain], 0, length / 2);
      halves[2 * chain + 1] = Arrays.copyOfRange(draws[chain], length - length / 2, length);
    }
    return halves;
  }

  private static double[][] foldedAtMedian(double[][] draws) {
    double[] sorted = Arrays.stream(draws).flatMapToDouble(Arrays::stream).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return Arrays.stream(draws)
        .map(chain -> Arrays.stream(chain).map(draw -> Math.abs(draw - median)).toArray())
        .toArray(double[][]::new);
  }

  /** Ranks over all chains, equal draws sharing their mean rank, as standard normal quantiles. */
  private static double[][] normalScores(double[][] chains) {
    double[] sorted = Arrays.stream(chains).flatMapToDouble(Arrays::stream).sorted().toArray();
    NormalDistribution normal = NormalDistribution.of(0, 1);
    double[] scoreOf = new double[sorted.length];
    for (int first = 0, next; first < sorted.length; first = next) {
      next = first + 1;
      while (next < sorted.length && sorted[next] == sorted[first]) {
        next++;
      }
      double rank = (first + 1 + next) / 2.0;
      double position = (rank - BLOM) / (sorted.length - 2 * BLOM + 1);
      Arrays.fill(
          scoreOf, first, next, Quantiles.cut(normal.inverseCumulativeProbability(position)));
    }
    return Arrays.stream(chains)
        .map(
            chain ->
                Arrays.stream(chain)
                    .map(draw -> scoreOf[Arrays.binarySearch(sorted, draw)])
                    .toArray())
        .toArray(double[][]::new);
  }

  private static OptionalDouble rhat(double[][] chains) {
    double n = chains[0].length;
    double[] means = Arrays.stream(chains).mapToDouble(ChainDiagnostics::mean).toArray();
    double within = 0;
    for (int chain = 0; chain < chains.length; chain++) {
      within += autocovariance(chains[chain], means[chain], 0) * n / (n - 1) / chains.length;
    }
    return within == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(StrictMath.sqrt((n - 1) / n + sampleVariance(means) / within));
  }

  /**
   * tau = -1 + 2 sum of Geyer's initial monotone sequence (1992) of the autocorrelations, combined
   * over chains as Vehtari et al. do; at least 1/log10(draws), which bounds antithetic chains.
   */
  private static OptionalDouble autocorrelationTime(double[][] chains) {
    int n = chains[0].length;
    double[] means = Arrays.stream(chains).mapToDouble(ChainDiagnostics::mean).toArray();
    double meanVariance = meanAutocovariance(chains, means, 0) * n / (n - 1.0);
    double variance = meanVariance * (n - 1) / n + sampleVariance(means);
    if (variance == 0) {
      return OptionalDouble.empty();
    }

    double[] correlation = new double[n];
    correlation[0] = 1;
    correlation[1] = 1 - (meanVariance - meanAutocovariance(chains, means, 1)) / variance;
    double even = correlation[0];
    double odd = correlation[1];
    int lag = 0; // of the last pair that was looked at
    while (lag < n - 5 && even + odd > 0) {
      lag += 2;
      even = 1 - (meanVariance - meanAutocovariance(chains, means, lag)) / variance;
      odd = 1 - (meanVariance - meanAutocovariance(chains, means, lag + 1)) / variance;
      if (even + odd >= 0) {
        correlation[lag] = even;
        correlation[lag + 1] = odd;
      }
    }
    if (even > 0) {
      correlation[lag] = even;
    }
    for (int t = 2; t <= lag - 2; t += 2) {
      if (correlation[t] + correlation[t + 1] > correlation[t - 2] + correlation[t - 1]) {
        correlation[t] = (correlation[t - 2] + correlation[t - 1]) / 2;
        correlation[t + 1] = correlation[t];
      }
    }
    double time = -1 + correlation[lag];
    for (int t = 0; t < lag; t++) {
      time += 2 * correlation[t];
    }
    return OptionalDouble.of(Math.max(time, 1 / StrictMath.log10((double) n * chains.length)));
  }

  private static double meanAutocovariance(double[][] chains, double[] means, int lag) {
    double sum = 0;
    for (int chain = 0; chain < chains.length; chain++) {
      sum += autocovariance(chains[chain], means[chain], lag);
    }
    return sum / chains.length;
  }

  /** Divided by the number of draws, not of pairs: the biased form that Geyer's sequence needs. */
  private static double autocovariance(double[] chain, double mean, int lag) {
    double sum = 0;
    for (int t = lag; t < chain.length; t++) {
      sum += (chain[t] - mean) * (chain[t - lag] - mean);
    }
    return sum / chain.length;
  }

  private static double sampleVariance(double[] values) {
    double mean = mean(values);
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return squares / (values.length - 1);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
