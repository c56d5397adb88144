package io.ratchet.thermodynamics;

import java.util.OptionalDouble;

/**
 * Probability that a transition stays in its state, sum_i N_ii/N; 1 for a chain that never moves.
 */
public final class SelfTransition {
  private SelfTransition() {}

  /**
   * The share of transitions that stay, with the interval of a ratio over groups of chains, -+
   * t_{G-1} SE, SE^2 = G/(G-1) sum_c (sum_i N^c_ii - n_c sum_i N_ii/N)^2/N^2, clipped to 0..1.
   *
   * @param counts transition counts by group
   * @param level nominal coverage of the interval, between 0 and 1
   * @return the estimate; no interval with fewer than two groups, nothing without transitions
   */
  public static Estimate of(GroupedCounts counts, double level) {
    Arguments.checkLevel("level", level);
    PairTable table = counts.pairs();
    if (table.transitions == 0) {
      return Estimate.insufficient(level, "counts");
    }
    double[] self = new double[table.groups()];
    for (int group = 0; group < self.length; group++) {
      self[group] = table.groupSelf[group];
    }
    double value = (table.transitions - table.jumps) / (double) table.transitions;
    double error = RatioError.of(self, table.groupTransitions);
    if (Double.isNaN(error)) {
      return new Estimate(
          OptionalDouble.of(value),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          level,
          "counts",
          Estimate.Status.ESTIMATED);
    }
    double half = Quantiles.studentT(table.activeGroups - 1, (1 + level) / 2) * error;
    return new Estimate(
        OptionalDouble.of(value),
        OptionalDouble.of(Math.max(0, value - half)),
        OptionalDouble.of(Math.min(1, value + half)),
        level,
        "counts",
        Estimate.Status.ESTIMATED);
  }
}
