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
    this.transitions = Arrays.stream(groupTransitions).sum();
    this.jumps = jumps;
    this.groupTransitions = groupTransitions;
    this.groupSelf = groupSelf;
    this.activeGroups = (int) Arrays.stream(groupTransitions).filter(n -> n > 0).count();
    this.low = Arrays.stream(pairs).mapToInt(key -> (int) (key >>> 16)).toArray();
    this.high = Arrays.stream(pairs).mapToInt(key -> (int) (key & 0xFFFF)).toArray();
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
      counts.forEach((from, to, count) -> collector.visit(counts, from, to, count));
      groupSelf[group] = collector.self;
      groupStart[group + 1] = collector.length;
    }

    long[] keys = Arrays.copyOf(collector.keys, collector.length);
    long[] pairs = distinct(keys);
    int[] entryPair = new int[keys.length];
    long[] forward = new long[pairs.length];
    long[] backward = new long[pairs.length];
    long jumps = 0;
    for (int entry = 0; entry < keys.length; entry++) {
      int pair = Arrays.binarySearch(pairs, keys[entry]);
      entryPair[entry] = pair;
      forward[pair] += collector.forward[entry];
      backward[pair] += collector.backward[entry];
      jumps += collector.forward[entry] + collector.backward[entry];
    }
    return new PairTable(
        groups[0].states(),
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

  /** Index of the pair {i, j}, i < j, or a negative number if it was not seen. */
  int pairOf(int i, int j) {
    int from = 0;
    int to = low.length - 1;
    while (from <= to) {
      int middle = (from + to) >>> 1;
      int order =
          low[middle] != i ? Integer.compare(low[middle], i) : Integer.compare(high[middle], j);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        from = middle + 1;
      } else {
        to = middle - 1;
      }
    }
    return -1;
  }

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

  /** Turns the ordered pairs of a group into unordered ones, each once. */
  private static final class Collector {
    long[] keys = new long[256];
    long[] forward = new long[256];
    long[] backward = new long[256];
    int length;
    long self;

    void visit(TransitionCounts counts, int from, int to, long count) {
      if (from == to) {
        self += count;
        return;
      }
      long opposite = counts.count(to, from);
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
