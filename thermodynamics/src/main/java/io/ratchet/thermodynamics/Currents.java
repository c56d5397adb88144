package io.ratchet.thermodynamics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Net probability currents of a chain, J_ij = (N_ij - N_ji)/N per transition, each in its positive
 * direction.
 *
 * @param total number of pairs of states with a net current
 * @param magnitude sum of |J_ij| over all pairs i < j, per transition, 0 to 1
 * @param strongest the strongest currents, strongest first, equal ones by (from, to)
 */
public record Currents(long total, double magnitude, List<Current> strongest) {

  /**
   * One net current.
   *
   * @param from state that loses
   * @param to state that gains
   * @param value (N_from,to - N_to,from)/N, positive, per transition
   * @param standardError sqrt(G/(G-1) sum_c [(N^c_ij - N^c_ji) - n_c J_ij]^2)/N over groups of
   *     chains; absent with fewer than two
   */
  public record Current(int from, int to, double value, OptionalDouble standardError) {}

  /** Copies the list. */
  public Currents {
    strongest = List.copyOf(strongest);
  }

  /**
   * The strongest currents of some counts.
   *
   * @param counts transition counts by group
   * @param limit most currents to list, not negative
   */
  public static Currents of(GroupedCounts counts, int limit) {
    Arguments.checkRange("limit", limit, 0, Integer.MAX_VALUE);
    PairTable table = counts.pairs();
    List<Integer> flowing = new ArrayList<>();
    long magnitude = 0;
    for (int pair = 0; pair < table.pairs(); pair++) {
      if (table.forward[pair] != table.backward[pair]) {
        flowing.add(pair);
        magnitude += Math.abs(table.forward[pair] - table.backward[pair]);
      }
    }
    flowing.sort(
        Comparator.<Integer>comparingLong(
                pair -> -Math.abs(table.forward[pair] - table.backward[pair]))
            .thenComparingInt(pair -> from(table, pair))
            .thenComparingInt(pair -> to(table, pair)));
    List<Integer> listed = flowing.subList(0, Math.min(limit, flowing.size()));

    double[][] errors = standardErrors(table, listed);
    List<Current> strongest = new ArrayList<>(listed.size());
    for (int rank = 0; rank < listed.size(); rank++) {
      int pair = listed.get(rank);
      double error = RatioError.of(errors[rank], table.groupTransitions);
      strongest.add(
          new Current(
              from(table, pair),
              to(table, pair),
              Math.abs(table.forward[pair] - table.backward[pair]) / (double) table.transitions,
              Double.isNaN(error) ? OptionalDouble.empty() : OptionalDouble.of(error)));
    }
    return new Currents(
        flowing.size(), magnitude / (double) Math.max(1, table.transitions), strongest);
  }

  /** For each listed pair the net number of transitions of each group. */
  private static double[][] standardErrors(PairTable table, List<Integer> listed) {
    int[] rankOf = new int[table.pairs()];
    for (int rank = 0; rank < listed.size(); rank++) {
      rankOf[listed.get(rank)] = rank + 1;
    }
    double[][] net = new double[listed.size()][table.groups()];
    for (int group = 0; group < table.groups(); group++) {
      for (int entry = table.groupStart[group]; entry < table.groupStart[group + 1]; entry++) {
        int rank = rankOf[table.entryPair[entry]] - 1;
        if (rank >= 0) {
          net[rank][group] = table.entryForward[entry] - table.entryBackward[entry];
        }
      }
    }
    return net;
  }

  private static int from(PairTable table, int pair) {
    return table.forward[pair] > table.backward[pair] ? table.low[pair] : table.high[pair];
  }

  private static int to(PairTable table, int pair) {
    return table.forward[pair] > table.backward[pair] ? table.high[pair] : table.low[pair];
  }
}
