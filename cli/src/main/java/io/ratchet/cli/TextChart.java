package io.ratchet.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A curve over steps in plain characters. Columns hold equal ranges of steps and show the mean of
 * what they hold; where nothing is known nothing is drawn.
 */
final class TextChart {
  private static final int COLUMNS = 60;
  private static final int ROWS = 8;

  private final List<Long> steps = new ArrayList<>();
  private final List<Double> values = new ArrayList<>();

  /** Adds a point; NaN and infinities are gaps. */
  void add(long step, double value) {
    if (Double.isFinite(value)) {
      steps.add(step);
      values.add(value);
    }
  }

  boolean isEmpty() {
    return values.isEmpty();
  }

  /** The chart, a line a row; the vertical axis is labelled at its ends, the other below. */
  List<String> lines() {
    if (isEmpty()) {
      return List.of();
    }
    long first = steps.stream().mapToLong(Long::longValue).min().orElseThrow();
    long last = steps.stream().mapToLong(Long::longValue).max().orElseThrow();
    double[] sums = new double[COLUMNS];
    int[] counts = new int[COLUMNS];
    for (int i = 0; i < values.size(); i++) {
      int column =
          last == first ? 0 : (int) ((steps.get(i) - first) * (COLUMNS - 1.0) / (last - first));
      sums[column] += values.get(i);
      counts[column]++;
    }
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (int column = 0; column < COLUMNS; column++) {
      if (counts[column] > 0) {
        sums[column] /= counts[column];
        least = Math.min(least, sums[column]);
        most = Math.max(most, sums[column]);
      }
    }
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      StringBuilder line =
          new StringBuilder(label(row == 0 ? most : least, row == 0 || row == ROWS - 1));
      for (int column = 0; column < COLUMNS; column++) {
        boolean here = counts[column] > 0 && ROWS - 1 - row == height(sums[column], least, most);
        line.append(here ? '*' : ' ');
      }
      lines.add(line.toString().stripTrailing());
    }
    String left = String.format(Locale.ROOT, "step %,d", first);
    String right = String.format(Locale.ROOT, "%,d", last);
    lines.add(
        " ".repeat(12)
            + left
            + " ".repeat(Math.max(1, COLUMNS - left.length() - right.length()))
            + right);
    return lines;
  }

  private static int height(double value, double least, double most) {
    return most == least ? 0 : (int) Math.round((value - least) / (most - least) * (ROWS - 1));
  }

  private static String label(double value, boolean shown) {
    return (shown ? String.format(Locale.ROOT, "%10.4g", value) : " ".repeat(10)) + " |";
  }
}
