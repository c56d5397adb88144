package io.ratchet.cli;

import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Records of a run as one line over its steps: a higher attempt supersedes what lower ones said of
 * the steps from its first on.
 */
final class OneLine<T> {
  private final NavigableMap<Long, T> records = new TreeMap<>();
  private int attempt;

  /**
   * Takes the next record of the log.
   *
   * @param of the attempt that made it
   * @param from first step that it speaks of
   * @param at step that it is drawn at
   */
  void add(int of, long from, long at, T record) {
    if (of < attempt) {
      return;
    }
    if (of > attempt) {
      attempt = of;
      records.tailMap(from, true).clear();
    }
    records.put(at, record);
  }

  /** What stands, in ascending order of its step. */
  NavigableMap<Long, T> records() {
    return records;
  }
}
