package io.ratchet.thermodynamics;

import java.util.OptionalDouble;

/**
 * Dwell times of a chain: how many transitions a visit to a state lasts on average.
 *
 * <p>A visit lasts a geometric number of transitions of mean 1/(1 - P_ii); its maximum likelihood
 * estimate from counts, D_i = N_i./(N_i. - N_ii) with N_i. the transitions that leave from i, uses
 * the visits cut off at the ends of chains as well.
 */
public final class DwellTimes {
  private final double[] means;
  private final double[] standardErrors;

  private DwellTimes(double[] means, double[] standardErrors) {
    this.means = means;
    this.standardErrors = standardErrors;
  }

  /**
   * Mean dwell times of all states.
   *
   * @param counts transition counts by group
   */
  public static DwellTimes of(GroupedCounts counts) {
    int states = counts.states();
    int groups = counts.groups();
    long[][] departures = new long[groups][states];
    long[][] exits = new long[groups][states];
    for (int group = 0; group < groups; group++) {
      long[] departuresOfGroup = departures[group];
      long[] exitsOfGroup = exits[group];
      counts.visit(
          group,
          (from, to, count) -> {
            departuresOfGroup[from] += count;
            exitsOfGroup[from] += from == to ? 0 : count;
          });
    }
    double[] means = new double[states];
    double[] errors = new double[states];
    for (int state = 0; state < states; state++) {
      long departed = 0;
      long left = 0;
      int active = 0;
      for (int group = 0; group < groups; group++) {
        departed += departures[group][state];
        left += exits[group][state];
        active += departures[group][state] > 0 ? 1 : 0;
      }
      means[state] = left == 0 ? Double.NaN : departed / (double) left;
      double squares = 0;
      for (int group = 0; group < groups; group++) {
        double residual = departures[group][state] - means[state] * exits[group][state];
        squares += residual * residual;
      }
      errors[state] =
          active < 2 ? Double.NaN : StrictMath.sqrt(squares * active / (active - 1)) / left;
    }
    return new DwellTimes(means, errors);
  }

  /**
   * Mean number of transitions D_i that a visit lasts, at least 1.
   *
   * @param state 0..K-1
   * @return the mean; absent for a state that was never left
   */
  public OptionalDouble mean(int state) {
    return present(means, state);
  }

  /**
   * Standard error of the mean over groups of chains, sqrt(G/(G-1) sum_c (N^c_i. - D_i (N^c_i. -
   * N^c_ii))^2)/(N_i. - N_ii), G the groups that were in the state.
   *
   * @param state 0..K-1
   * @return the error; absent with fewer than two such groups or for a state that was never left
   */
  public OptionalDouble standardError(int state) {
    return present(standardErrors, state);
  }

  private static OptionalDouble present(double[] values, int state) {
    Arguments.checkRange("state", state, 0, values.length - 1);
    return Double.isNaN(values[state]) ? OptionalDouble.empty() : OptionalDouble.of(values[state]);
  }
}
