package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.ChainDiagnostics;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Whether the chains agree and how much they say, for the indicator of one state.
 *
 * @param state the state
 * @param splitRhat split R-hat of its indicator
 * @param bulkEffectiveSampleSize independent draws that the visits of all chains are worth
 * @param autocorrelationTime transitions that are worth one independent draw
 */
public record Convergence(
    int state,
    OptionalDouble splitRhat,
    OptionalDouble bulkEffectiveSampleSize,
    OptionalDouble autocorrelationTime) {

  /** Chains whose split R-hat is above do not agree (Vehtari et al. 2021). */
  static final double LARGEST_RHAT = 1.01;

  /** Multiplications after which a user would be waiting. */
  private static final double MOST_WORK = 4e9;

  /** Autocorrelations are summed over about so many relaxation times. */
  private static final int LAGS_PER_RELAXATION = 10;

  /**
   * Of all given states.
   *
   * @param visits of each chain, all of one length
   * @param states the states to look at
   * @param relaxationTime of the chain, from which follows the work
   * @return null if the chains are too short, or the work too much
   */
  static List<Convergence> of(
      List<int[]> visits, List<Integer> states, OptionalDouble relaxationTime) {
    int length = visits.get(0).length;
    double lags = Math.min(length / 2.0, LAGS_PER_RELAXATION * relaxationTime.orElse(length));
    double work = 2 * lags * visits.size() * length * states.size();
    if (length < ChainDiagnostics.LEAST_DRAWS || work > MOST_WORK) {
      return null;
    }
    int[][] chains = visits.toArray(int[][]::new);
    double[][] indicator = new double[chains.length][length];
    List<Convergence> all = new ArrayList<>();
    for (int state : states) {
      for (int chain = 0; chain < chains.length; chain++) {
        for (int t = 0; t < length; t++) {
          indicator[chain][t] = chains[chain][t] == state ? 1 : 0;
        }
      }
      all.add(
          new Convergence(
              state,
              ChainDiagnostics.splitRhat(indicator),
              ChainDiagnostics.bulkEffectiveSampleSize(indicator),
              ChainDiagnostics.autocorrelationTime(chains, state)));
    }
    return all;
  }
}
