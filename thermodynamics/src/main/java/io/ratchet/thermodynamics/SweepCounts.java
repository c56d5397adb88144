package io.ratchet.thermodynamics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Counts the transitions of the same chains sweep by sweep, several times as fast as {@link
 * GroupedCounts#add} does one by one; {@link GroupedCounts#addAll(SweepCounts)} takes the result.
 *
 * <p>The states of eight chains are read as one long, and their cells from x K + to computed in
 * 16-bit lanes, four by one multiplication: K is at most {@value #MAX_STATES}, so a cell fits. What
 * is left per transition is one increment in the nearest cache.
 */
public final class SweepCounts {
  /** Largest number of states that can be counted so. */
  public static final int MAX_STATES = TransitionCounts.DENSE_STATES;

  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The even bytes of a long, each in a lane of 16 bits. */
  private static final long EVEN = 0x00FF_00FF_00FF_00FFL;

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGHEST_BITS = 0x8080_8080_8080_8080L;

  private final int groups;
  private final int states;

  /** For each chain the first cell of its group. */
  private final int[] firstCell;

  /** A multiple of 8: a chain and the one that comes so many later are in the same group. */
  private final int period;

  /** Counts at [group][from][to]. */
  private final long[] cells;

  private SweepCounts(int groups, int states, int[] firstCell) {
    this.groups = groups;
    this.states = states;
    this.firstCell = firstCell;
    period = groups % 8 == 0 ? groups : Math.multiplyExact(8, groups);
    cells = new long[Math.multiplyExact(groups, states * states)];
  }

  /**
   * No transitions yet.
   *
   * @param groups number of groups, at least 1; chain number c belongs to group c mod groups
   * @param states number of states K, 1 to {@value #MAX_STATES}
   * @param firstChain number of the first chain, 0 or more
   * @param chains number of chains, at least 1
   */
  public static SweepCounts empty(int groups, int states, int firstChain, int chains) {
    Arguments.checkRange("groups", groups, 1, Integer.MAX_VALUE);
    Arguments.checkRange("states", states, 1, MAX_STATES);
    Arguments.checkRange("chains", chains, 1, Integer.MAX_VALUE);
    Arguments.checkRange("firstChain", firstChain, 0, Integer.MAX_VALUE - chains);
    int[] firstCell = new int[chains];
    for (int chain = 0; chain < chains; chain++) {
      firstCell[chain] = (firstChain + chain) % groups * states * states;
    }
    return new SweepCounts(groups, states, firstCell);
  }

  /** Number of chains. */
  public int chains() {
    return firstCell.length;
  }

  /**
   * Counts one transition of each chain.
   *
   * @param bytes holds states as unsigned bytes
   * @param from index of the first chain's state before the sweep
   * @param to index of the first chain's state after it
   * @throws IllegalArgumentException if a state is not below K; nothing is counted then
   */
  public void add(byte[] bytes, int from, int to) {
    checkStates(bytes, from, chains(), states);
    checkStates(bytes, to, chains(), states);
    addChecked(bytes, from, to);
  }

  /**
   * Counts one transition of each chain, of states that {@link #firstNotBelow} has found to be
   * below K; others would be counted in a wrong cell.
   *
   * @param bytes holds states as unsigned bytes
   * @param from index of the first chain's state before the sweep
   * @param to index of the first chain's state after it
   */
  public void addChecked(byte[] bytes, int from, int to) {
    int whole = firstCell.length & ~7;
    for (int column = 0; column < Math.min(period, whole); column += 8) {
      // All chains of a column share these: they stay in registers.
      int group0 = firstCell[column];
      int group1 = firstCell[column + 1];
      int group2 = firstCell[column + 2];
      int group3 = firstCell[column + 3];
      int group4 = firstCell[column + 4];
      int group5 = firstCell[column + 5];
      int group6 = firstCell[column + 6];
      int group7 = firstCell[column + 7];
      for (int chain = column; chain < whole; chain += period) {
        long before = (long) EIGHT_BYTES.get(bytes, from + chain);
        long after = (long) EIGHT_BYTES.get(bytes, to + chain);
        long even = (before & EVEN) * states + (after & EVEN);
        long odd = (before >>> 8 & EVEN) * states + (after >>> 8 & EVEN);
        cells[group0 + (int) (even & 0xFFFF)]++;
        cells[group1 + (int) (odd & 0xFFFF)]++;
        cells[group2 + (int) (even >>> 16 & 0xFFFF)]++;
        cells[group3 + (int) (odd >>> 16 & 0xFFFF)]++;
        cells[group4 + (int) (even >>> 32 & 0xFFFF)]++;
        cells[group5 + (int) (odd >>> 32 & 0xFFFF)]++;
        cells[group6 + (int) (even >>> 48)]++;
        cells[group7 + (int) (odd >>> 48)]++;
      }
    }
    for (int chain = whole; chain < firstCell.length; chain++) {
      cells[firstCell[chain] + bytes[from + chain] * states + bytes[to + chain]]++;
    }
  }

  /** Adds to counts of as many groups and states. */
  void addTo(TransitionCounts[] counts) {
    if (counts.length != groups || counts[0].states() != states) {
      throw new IllegalArgumentException(
          "sweeps of %d groups and %d states cannot be added to counts of %d groups and %d states"
              .formatted(groups, states, counts.length, counts[0].states()));
    }
    for (int group = 0; group < groups; group++) {
      counts[group].addAll(cells, group * states * states);
    }
  }

  /** Checks that a range of unsigned bytes is below K. */
  static void checkStates(byte[] bytes, int start, int length, int states) {
    int index = firstNotBelow(bytes, start, length, states);
    if (index >= 0) {
      throw new IllegalArgumentException(
          "state at index %d is %d; it must be 0 to %d"
              .formatted(index, bytes[index] & 0xFF, states - 1));
    }
  }

  /**
   * Index of the first of a range of unsigned bytes that is no state.
   *
   * @param bytes states
   * @param start index of the first
   * @param length how many
   * @param states number of states K, at least 1
   * @return its index; -1 if all are below K
   */
  public static int firstNotBelow(byte[] bytes, int start, int length, int states) {
    int end = start + length;
    int index = start;
    if (states <= MAX_STATES) {
      // 128 - K more, and the highest bit of a byte is set if it is K or more. A carry into the
      // next byte comes only from one whose own highest bit was set, which is found here as well.
      long more = (128 - states) * ONES;
      for (; index + 7 < end; index += 8) {
        long eight = (long) EIGHT_BYTES.get(bytes, index);
        if (((eight + more | eight) & HIGHEST_BITS) != 0) {
          break;
        }
      }
    }
    for (; index < end; index++) {
      if ((bytes[index] & 0xFF) >= states) {
        return index;
      }
    }
    return -1;
  }
}
