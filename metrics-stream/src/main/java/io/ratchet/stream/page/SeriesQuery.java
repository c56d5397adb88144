package io.ratchet.stream.page;

import java.util.function.UnaryOperator;

/**
 * Which part of a run's curves is asked for, and how closely.
 *
 * @param since only what has changed after this version, 0 for all; for the overview alone
 * @param from first step
 * @param to last step
 * @param points most bins, up to {@value #MAX_POINTS}
 * @param halfLife of the smoothed line in steps, 0 for none
 */
record SeriesQuery(long since, long from, long to, int points, double halfLife) {
  static final int MAX_POINTS = 100_000;

  /** The overview, whose bins are kept and whose changes can be told. */
  static SeriesQuery overview(long since) {
    return new SeriesQuery(since, 0, Long.MAX_VALUE, RunHistory.BINS, 0);
  }

  /**
   * Reads a query.
   *
   * @param parameters value of a parameter by its name, null where it is not given
   * @param points bins where none are asked for
   * @throws IllegalArgumentException naming the parameter, its value and what is allowed
   */
  static SeriesQuery of(UnaryOperator<String> parameters, int points) {
    return new SeriesQuery(
        whole(parameters, "since", 0, Long.MAX_VALUE, 0),
        whole(parameters, "from", 0, Long.MAX_VALUE, 0),
        whole(parameters, "to", 0, Long.MAX_VALUE, Long.MAX_VALUE),
        (int) whole(parameters, "points", 2, MAX_POINTS, points),
        whole(parameters, "halfLife", 0, 1_000_000_000, 0));
  }

  /** A whole number between two others. */
  static long whole(
      UnaryOperator<String> parameters, String name, long least, long most, long absent) {
    String text = parameters.apply(name);
    if (text == null) {
      return absent;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        name + "=" + text + ": allowed are whole numbers from " + least + " to " + most);
  }

  boolean isOverview() {
    return equals(overview(since));
  }
}
