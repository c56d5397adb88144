package io.ratchet.stream.page;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Quantities over the steps of a run, in bounded memory and without losing an extreme.
 *
 * <p>Steps fall into bins of {@code stride} consecutive steps: bin n holds steps n*stride ..
 * (n+1)*stride-1. Each bin keeps, for each quantity, how many values it has seen, their mean, their
 * minimum and their maximum. While a history is short the stride is 1 and every value is kept as it
 * came. When a bin more than {@code capacity} is needed the stride doubles and neighbouring bins
 * are joined (counts and sums add, minima and maxima are taken), so between half of the capacity
 * and all of it is in use, whatever the length of the run, and the least and the greatest value
 * ever seen stay visible at their step to within one stride.
 *
 * <p>Values may come for any step in any order. A value that is not finite is not recorded: a
 * quantity without a value in a bin is absent there, never 0 and never NaN. Not safe for concurrent
 * use; {@link RunHistory} guards it.
 */
final class StepHistory {
  private static final int INITIAL = 64;

  private final int capacity;
  private final Map<String, Column> columns = new LinkedHashMap<>();
  private long stride;
  private int size;
  private long firstStep = Long.MAX_VALUE;
  private long[] bins = new long[INITIAL];
  private long[] lastSteps = new long[INITIAL];
  private long[] versions = new long[INITIAL];
  private long rewritten;

  /**
   * An empty history.
   *
   * @param capacity most bins ever held, at least 2
   */
  StepHistory(int capacity) {
    this(capacity, 1);
  }

  /**
   * An empty history whose bins already hold several steps.
   *
   * @param capacity most bins ever held, at least 2
   * @param stride steps a bin, a power of two
   */
  StepHistory(int capacity, long stride) {
    if (!(capacity >= 2)) {
      throw new IllegalArgumentException("capacity " + capacity + ": at least 2");
    }
    this.capacity = capacity;
    this.stride = stride;
  }

  /**
   * Makes the bin of a step, if it is not there yet, and marks it as changed.
   *
   * @param step the step, at least 0
   * @param version number of the change; never decreases from call to call
   * @return index of the bin, good for {@link #put} until the next call
   */
  int touch(long step, long version) {
    int at = find(step / stride);
    if (at < 0) {
      while (size == capacity) {
        doubleStride(version);
      }
      at = find(step / stride);
      if (at < 0) {
        at = -at - 1;
        insert(at, step / stride);
      }
    }
    firstStep = Math.min(firstStep, step);
    lastSteps[at] = Math.max(lastSteps[at], step);
    versions[at] = version;
    return at;
  }

  /** Adds a value of a quantity to a bin; a value that is not finite is left out. */
  void put(int at, String quantity, double value) {
    if (Double.isFinite(value)) {
      columns.computeIfAbsent(quantity, name -> new Column(bins.length)).add(at, value);
    }
  }

  /**
   * Adds a column of values, that of row {@code first + i} to bin {@code binOfRow[i]}, where they
   * are finite. No bin may have been inserted or joined since those indices were given.
   */
  void putAll(String quantity, int[] binOfRow, double[] values, int first) {
    Column column = columns.computeIfAbsent(quantity, name -> new Column(bins.length));
    for (int i = 0; i < binOfRow.length; i++) {
      double value = values[first + i];
      if (Double.isFinite(value)) {
        column.add(binOfRow[i], value);
      }
    }
  }

  /**
   * Forgets steps from {@code step} on. The one bin that holds both earlier and later steps goes as
   * a whole: at most stride - 1 earlier steps are lost, and nothing that was superseded is shown.
   */
  void truncate(long step, long version) {
    int keep = size;
    while (keep > 0 && lastSteps[keep - 1] >= step) {
      keep--;
    }
    if (keep < size) {
      for (Column column : columns.values()) {
        column.clear(keep, size);
      }
      size = keep;
      rewritten = version;
      if (size == 0) {
        firstStep = Long.MAX_VALUE;
      }
    }
  }

  /** The first step that was recorded; defined unless it is empty. */
  long firstStep() {
    return firstStep;
  }

  /** Number of bins. */
  int size() {
    return size;
  }

  /** Steps a bin. */
  long stride() {
    return stride;
  }

  /** Version of the last change that a reader cannot follow bin by bin. */
  long rewritten() {
    return rewritten;
  }

  /** Number of the bin at an index: its first step is this times {@link #stride()}. */
  long bin(int at) {
    return bins[at];
  }

  /** The last step that was recorded in a bin. */
  long lastStep(int at) {
    return lastSteps[at];
  }

  /** Version of the last change to a bin. */
  long version(int at) {
    return versions[at];
  }

  /** Names of the quantities that have or had a value. */
  Set<String> quantities() {
    return columns.keySet();
  }

  /** How many values of a quantity fell into a bin. */
  long count(int at, String quantity) {
    Column column = columns.get(quantity);
    return column == null ? 0 : column.counts[at];
  }

  /** Their mean; defined where {@link #count} is not 0. */
  double mean(int at, String quantity) {
    Column column = columns.get(quantity);
    // The sum of values that are equal may round away from their multiple; the mean of a bin never
    // lies outside its extremes.
    double mean = column.sums[at] / column.counts[at];
    return Math.min(Math.max(mean, column.minima[at]), column.maxima[at]);
  }

  /** The least of them; defined where {@link #count} is not 0. */
  double min(int at, String quantity) {
    return columns.get(quantity).minima[at];
  }

  /** The greatest of them; defined where {@link #count} is not 0. */
  double max(int at, String quantity) {
    return columns.get(quantity).maxima[at];
  }

  private int find(long bin) {
    // Steps mostly grow: look at the end first.
    if (size == 0 || bins[size - 1] < bin) {
      return -size - 1;
    }
    return bins[size - 1] == bin ? size - 1 : Arrays.binarySearch(bins, 0, size, bin);
  }

  private void insert(int at, long bin) {
    if (size == bins.length) {
      int length = Math.min(capacity, 2 * size);
      bins = Arrays.copyOf(bins, length);
      lastSteps = Arrays.copyOf(lastSteps, length);
      versions = Arrays.copyOf(versions, length);
      columns.values().forEach(column -> column.grow(length));
    }
    System.arraycopy(bins, at, bins, at + 1, size - at);
    System.arraycopy(lastSteps, at, lastSteps, at + 1, size - at);
    System.arraycopy(versions, at, versions, at + 1, size - at);
    for (Column column : columns.values()) {
      column.shift(at, size);
    }
    bins[at] = bin;
    lastSteps[at] = 0;
    size++;
  }

  private void doubleStride(long version) {
    stride *= 2;
    int to = -1;
    for (int at = 0; at < size; at++) {
      long bin = bins[at] / 2;
      if (to >= 0 && bins[to] == bin) {
        lastSteps[to] = Math.max(lastSteps[to], lastSteps[at]);
        versions[to] = Math.max(versions[to], versions[at]);
      } else {
        to++;
        bins[to] = bin;
        lastSteps[to] = lastSteps[at];
        versions[to] = versions[at];
        for (Column column : columns.values()) {
          column.start(to, at);
        }
        continue;
      }
      for (Column column : columns.values()) {
        column.join(to, at);
      }
    }
    for (Column column : columns.values()) {
      column.clear(to + 1, size);
    }
    size = to + 1;
    rewritten = version;
  }

  private static final class Column {
    private long[] counts;
    private double[] sums;
    private double[] minima;
    private double[] maxima;

    Column(int length) {
      counts = new long[length];
      sums = new double[length];
      minima = new double[length];
      maxima = new double[length];
    }

    void add(int at, double value) {
      minima[at] = counts[at] == 0 ? value : Math.min(minima[at], value);
      maxima[at] = counts[at] == 0 ? value : Math.max(maxima[at], value);
      sums[at] += value;
      counts[at]++;
    }

    void start(int to, int from) {
      counts[to] = counts[from];
      sums[to] = sums[from];
      minima[to] = minima[from];
      maxima[to] = maxima[from];
    }

    void join(int to, int from) {
      if (counts[from] == 0) {
        return;
      }
      boolean first = counts[to] == 0;
      minima[to] = first ? minima[from] : Math.min(minima[to], minima[from]);
      maxima[to] = first ? maxima[from] : Math.max(maxima[to], maxima[from]);
      sums[to] += sums[from];
      counts[to] += counts[from];
    }

    void shift(int at, int size) {
      System.arraycopy(counts, at, counts, at + 1, size - at);
      System.arraycopy(sums, at, sums, at + 1, size - at);
      System.arraycopy(minima, at, minima, at + 1, size - at);
      System.arraycopy(maxima, at, maxima, at + 1, size - at);
      clear(at, at + 1);
    }

    void clear(int from, int to) {
      Arrays.fill(counts, from, to, 0);
      Arrays.fill(sums, from, to, 0);
    }

    void grow(int length) {
      counts = Arrays.copyOf(counts, length);
      sums = Arrays.copyOf(sums, length);
      minima = Arrays.copyOf(minima, length);
      maxima = Arrays.copyOf(maxima, length);
    }
  }
}
