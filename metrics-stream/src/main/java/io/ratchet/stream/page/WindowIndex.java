package io.ratchet.stream.page;

import java.util.Arrays;
import java.util.Optional;

/**
 * Where the windows of a run lie in the log, by their last step: 16 bytes a window, so that any of
 * them can be read again. Not safe for concurrent use; {@link RunHistory} guards it.
 */
final class WindowIndex {
  /**
   * A window of the log.
   *
   * @param offset of its record in the run's partition
   * @param number 0 for the run's first
   */
  record Entry(long toStep, long offset, int number) {}

  private long[] toSteps = new long[16];
  private long[] offsets = new long[16];
  private int size;

  /** Adds the next window; one that does not end later than the last is left out. */
  void add(long toStep, long offset) {
    if (size > 0 && toSteps[size - 1] >= toStep) {
      return;
    }
    if (size == toSteps.length) {
      toSteps = Arrays.copyOf(toSteps, 2 * size);
      offsets = Arrays.copyOf(offsets, 2 * size);
    }
    toSteps[size] = toStep;
    offsets[size++] = offset;
  }

  /** Forgets windows that end at {@code step} or later. */
  void truncate(long step) {
    while (size > 0 && toSteps[size - 1] >= step) {
      size--;
    }
  }

  /** The last window that ends at {@code step} or before; the first of all if none does. */
  Optional<Entry> at(long step) {
    if (size == 0) {
      return Optional.empty();
    }
    int found = Arrays.binarySearch(toSteps, 0, size, step);
    int at = Math.max(0, found >= 0 ? found : -found - 2);
    return Optional.of(new Entry(toSteps[at], offsets[at], at));
  }

  /** A window by its number; the last of all if there are not so many. */
  Optional<Entry> numbered(long number) {
    return size == 0 ? Optional.empty() : at(toSteps[(int) Math.min(number, size - 1L)]);
  }

  /** Number of windows. */
  int size() {
    return size;
  }
}
