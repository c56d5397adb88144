package io.ratchet.stream.page;

import java.util.Optional;

/**
 * A line of rows kept twice: joined in bins as an overview that never grows beyond its bound, and
 * in full for as long as there is room. Not safe for concurrent use; {@link RunHistory} guards it.
 */
final class Curve {
  private StepHistory overview = new StepHistory(RunHistory.BINS);
  private FullSeries full = new FullSeries();
  private int bin;
  private int row;

  /** Begins the row of a step; {@link #put} then fills it. */
  void add(long step, long version) {
    bin = overview.touch(step, version);
    if (full != null) {
      row = full.add(step);
    }
  }

  /** A quantity of the row begun last; a value that is not finite is left out. */
  void put(String quantity, double value) {
    overview.put(bin, quantity, value);
    if (full != null) {
      full.put(row, quantity, value);
    }
  }

  /** Forgets steps from {@code step} on. */
  void truncate(long step, long version) {
    overview.truncate(step, version);
    if (full != null) {
      full.truncate(step);
    }
  }

  StepHistory overview() {
    return overview;
  }

  /** Every value, unless there was no room for them. */
  Optional<FullSeries> full() {
    return Optional.ofNullable(full);
  }

  /** Bytes that the full series take. */
  long fullBytes() {
    return full == null ? 0 : full.bytes();
  }

  /** Gives back the memory of the full series. */
  void thin() {
    full = null;
  }

  /** Gives back all memory. */
  void release() {
    thin();
    overview = new StepHistory(2);
  }
}
