package io.ratchet.stream.page;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Quantities over the steps of a run, every value as it came: what a closer look and a smoothed
 * line are computed from, so that neither depends on what was joined for the overview.
 *
 * <p>Rows are kept in ascending order of their step; several rows may share one. A value that is
 * absent is NaN here and leaves no trace in what is read. It takes 8 bytes a row and quantity and
 * grows with the run; {@link RunArchive} lets go of whole series when all together take too much.
 * Not safe for concurrent use; {@link RunHistory} guards it.
 */
final class FullSeries {
  private static final int INITIAL = 64;

  private final Map<String, double[]> columns = new LinkedHashMap<>();
  private long[] steps = new long[INITIAL];
  private int size;

  /**
   * Adds a row.
   *
   * @param step the step, at least 0
   * @return index of the row, good for {@link #put} until the next call
   */
  int add(long step) {
    if (size == steps.length) {
      int length = size + (size >> 1);
      steps = Arrays.copyOf(steps, length);
      columns.replaceAll((name, values) -> grown(values, length));
    }
    int at = size;
    while (at > 0 && steps[at - 1] > step) {
      at--; // several workers are out of order by a few rows at most
    }
    System.arraycopy(steps, at, steps, at + 1, size - at);
    for (double[] values : columns.values()) {
      System.arraycopy(values, at, values, at + 1, size - at);
      values[at] = Double.NaN;
    }
    steps[at] = step;
    size++;
    return at;
  }

  /** Sets a quantity of a row; a value that is not finite is left out. */
  void put(int at, String quantity, double value) {
    if (Double.isFinite(value)) {
      columns.computeIfAbsent(quantity, name -> grown(new double[0], steps.length))[at] = value;
    }
  }

  private static double[] grown(double[] values, int length) {
    double[] grown = Arrays.copyOf(values, length);
    Arrays.fill(grown, values.length, length, Double.NaN);
    return grown;
  }

  /** Forgets steps from {@code step} on. */
  void truncate(long step) {
    int keep = firstFrom(step);
    columns.values().forEach(values -> Arrays.fill(values, keep, size, Double.NaN));
    size = keep;
  }

  /** Number of rows. */
  int size() {
    return size;
  }

  /** Step of a row. */
  long step(int at) {
    return steps[at];
  }

  /** Names of the quantities that have or had a value. */
  Set<String> quantities() {
    return columns.keySet();
  }

  /** Value of a quantity in a row, NaN where it is absent. */
  double value(int at, String quantity) {
    double[] values = columns.get(quantity);
    return values == null ? Double.NaN : values[at];
  }

  /** Bytes it takes. */
  long bytes() {
    return 8L * steps.length * (1 + columns.size());
  }

  /** Index of the first row of a step or later. */
  int firstFrom(long step) {
    int low = 0;
    for (int high = size; low < high; ) {
      int middle = (low + high) >>> 1;
      if (steps[middle] < step) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * The rows of some steps in bins. Where that many bins suffice, each step is one of its own.
   *
   * <p>With a half-life h every quantity x gets another, {@code x.smooth}: its mean over all rows
   * up to each, from the first of the run on, weighted by 2^(-(t - s)/h) for a row of step s at
   * step t. The weights are divided by their sum, so that the start is not drawn to 0; absent
   * values have no weight.
   *
   * @param from first step
   * @param to last step
   * @param bins most bins
   * @param halfLife h in steps, 0 for none
   */
  StepHistory view(long from, long to, int bins, double halfLife) {
    int first = firstFrom(from);
    int end = firstFrom(to == Long.MAX_VALUE ? to : to + 1);
    long stride = 1;
    if (end > first) {
      while (steps[end - 1] / stride - steps[first] / stride >= bins) {
        stride *= 2;
      }
    }
    StepHistory view = new StepHistory(Math.max(2, bins), stride);
    int[] binOfRow = new int[end - first];
    for (int row = first; row < end; row++) {
      binOfRow[row - first] = view.touch(steps[row], 0);
    }
    columns.forEach(
        (quantity, values) -> {
          view.putAll(quantity, binOfRow, values, first);
          if (halfLife > 0) {
            view.putAll(quantity + ".smooth", binOfRow, smooth(values, end, halfLife), first);
          }
        });
    return view;
  }

  private double[] smooth(double[] values, int end, double halfLife) {
    double[] smooth = new double[end];
    double sum = 0;
    double weight = 0;
    long before = end == 0 ? 0 : steps[0];
    long usual = 0; // most steps follow at the same distance: one power for all of them
    double fades = 1;
    for (int row = 0; row < end; row++) {
      long distance = steps[row] - before;
      if (distance != usual) {
        usual = distance;
        fades = Math.pow(2, -distance / halfLife);
      }
      before = steps[row];
      sum *= fades;
      weight *= fades;
      boolean absent = Double.isNaN(values[row]);
      if (!absent) {
        sum += values[row];
        weight++;
      }
      smooth[row] = absent ? Double.NaN : sum / weight;
    }
    return smooth;
  }
}
