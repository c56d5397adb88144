package io.ratchet.thermodynamics;

import java.util.Arrays;

/**
 * Counts by unordered pair of different states {i, j}, i < j, in row-major order: pooled over the
 * groups, and for each group the pairs that it has seen.
 *
 * <p>Every estimator is a sum over these pairs, so all of them share the order of their sums and
 * cost in proportion to the pairs that were seen, for dense and sparse counts alike.
 */
final class PairTable {
  final int states;

  /** All transitions N, and those that leave their state. */
  final long transitions;

  final long jumps;

  /** Transitions n_c of each group. */
  final long[] groupTransitions;

  /** Self transitions of each group. */
  final long[] groupSelf;

  /** Groups with a transition, G. */
  final int activeGroups;

  /** For each pair: smaller state, larger state, N_ij and N_ji. */
  final int[] low;

  final int[] high;
  final long[] forward;
  final long[] backward;

  /** Entries of group c: groupStart[c] to groupStart[c + 1], exclusive. */
  final int[] groupStart;

  /** For each entry: index of its pair, N^c_ij and N^c_ji. */
  final int[] entryPair;

  final long[] entryForward;
  final long[] entryBackward;

  private PairTable(
      int states,
      long jumps,
      long[] groupTransitions,
      long[] groupSelf,
      long[] pairs,
      long[] forward,
      long[] backward,
      int[] groupStart,
      int[] entryPair,
      long[] entryForward,
      long[] entryBackward) {
    this.states = states;
    long sum = 0;
    int active = 0;
    for (long n : groupTransitions) {
      sum += n;
      active += n > 0 ? 1 : 0;
    }
    this.transitions = sum;
    this.activeGroups = active;
    this.jumps = jumps;
    this.groupTransitions = groupTransitions;
    this.groupSelf = groupSelf;
    this.low = new int[pairs.length];
    this.high = new int[pairs.length];
    for (int pair = 0; pair < pairs.length; pair++) {
      low[pair] = (int) (pairs[pair] >>> 16);
      high[pair] = (int) (pairs[pair] & 0xFFFF);
    }
    this.forward = forward;
    this.backward = backward;
    this.groupStart = groupStart;
    this.entryPair = entryPair;
    this.entryForward = entryForward;
    this.entryBackward = entryBackward;
  }

  static PairTable of(TransitionCounts[] groups) {
    Collector collector = new Collector();
    int[] groupStart = new int[groups.length + 1];
    long[] groupTransitions = new long[groups.length];
    long[] groupSelf = new long[groups.length];
    for (int group = 0; group < groups.length; group++) {
      TransitionCounts counts = groups[group];
      groupTransitions[group] = counts.transitions();
      collector.self = 0;
      long[] cells = counts.dense();
      if (cells != null) {
        collector.visitAll(cells, counts.states());
      } else {
        counts.forEach((from, to, count) -> collector.visit(from, to, count, counts.at(to, from)));
      }
      groupSelf[group] = collector.self;
      groupStart[group + 1] = collector.length;
    }

    int states = groups[0].states();
    long[] keys = Arrays.copyOf(collector.keys, collector.length);
    long[] pairs =
        states <= TransitionCounts.DENSE_STATES ? distinct(keys, states) : distinct(keys);
    int[] entryPair = indices(keys, pairs, states);
    long[] forward = new long[pairs.length];
    long[] backward = new long[pairs.length];
    long jumps = 0;
    for (int entry = 0; entry < keys.length; entry++) {
      int pair = entryPair[entry];
      forward[pair] += collector.forward[entry];
      backward[pair] += collector.backward[entry];
      jumps += collector.forward[entry] + collector.backward[entry];
    }
    return new PairTable(
        states,
        jumps,
        groupTransitions,
        groupSelf,
        pairs,
        forward,
        backward,
        groupStart,
        entryPair,
        collector.forward,
        collector.backward);
  }

  int pairs() {
    return low.length;
  }

  int groups() {
    return groupTransitions.length;
  }

  /** The distinct keys in ascending order, by marking them in a table. */
  private static long[] distinct(long[] keys, int states) {
    boolean[] seen = new boolean[states * states];
    int length = 0;
    for (long key : keys) {
      int cell = cell(key, states);
      length += seen[cell] ? 0 : 1;
      seen[cell] = true;
    }
    long[] pairs = new long[length];
    int index = 0;
    for (int cell = 0; cell < seen.length; cell++) {
      if (seen[cell]) {
        pairs[index++] = (long) (cell / states) << 16 | cell % states;
      }
    }
    return pairs;
  }

  /** The distinct keys in ascending order, by sorting them. */
  private static long[] distinct(long[] keys) {
    long[] sorted = keys.clone();
    Arrays.sort(sorted);
    int length = 0;
    for (long key : sorted) {
      if (length == 0 || sorted[length - 1] != key) {
        sorted[length++] = key;
      }
    }
    return Arrays.copyOf(sorted, length);
  }

  /** For each key its index among the pairs. */
  private static int[] indices(long[] keys, long[] pairs, int states) {
    int[] indices = new int[keys.length];
    if (states > TransitionCounts.DENSE_STATES) {
      Arrays.setAll(indices, entry -> Arrays.binarySearch(pairs, keys[entry]));
      return indices;
    }
    int[] indexOf = new int[states * states];
    for (int pair = 0; pair < pairs.length; pair++) {
      indexOf[cell(pairs[pair], states)] = pair;
    }
    for (int entry = 0; entry < keys.length; entry++) {
      indices[entry] = indexOf[cell(keys[entry], states)];
    }
    return indices;
  }

  private static int cell(long key, int states) {
    return (int) (key >>> 16) * states + (int) (key & 0xFFFF);
  }

  /** Turns the ordered pairs of a group into unordered ones, each once. */
  private static final class Collector {
    long[] keys = new long[256];
    long[] forward = new long[256];
    long[] backward = new long[256];
    int length;
    long self;

    /** Visits the pairs of a dense matrix as {@link TransitionCounts#forEach} would. */
    void visitAll(long[] cells, int states) {
      for (int from = 0, cell = 0; from < states; from++) {
        for (int to = 0; to < states; to++, cell++) {
          if (cells[cell] > 0) {
            visit(from, to, cells[cell], cells[to * states + from]);
          }
        }
      }
    }

    void visit(int from, int to, long count, long opposite) {
      if (from == to) {
        self += count;
        return;
      }
      if (from > to && opposite > 0) {
        return; // taken when (to, from) was visited
      }
      if (length == keys.length) {
        keys = Arrays.copyOf(keys, 2 * length);
        forward = Arrays.copyOf(forward, 2 * length);
        backward = Arrays.copyOf(backward, 2 * length);
      }
      keys[length] = (long) Math.min(from, to) << 16 | Math.max(from, to);
      forward[length] = from < to ? count : opposite;
      backward[length] = from < to ? opposite : count;
      length++;
    }
  }
}
