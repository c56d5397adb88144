package io.ratchet.thermodynamics;

import java.util.Arrays;

/**
 * Exact transition counts kept apart by group of chains.
 *
 * <p>A group is the independent unit of every interval and of the sign-flip test: chains are
 * independent of each other, transitions of one chain are not. Chain number c belongs to group c
 * mod min(chains, 32), however chains are dealt over workers. Like {@link TransitionCounts} a
 * commutative monoid with an inverse; not safe for use by several threads at once.
 */
public final class GroupedCounts {
  /** Most groups that a stream keeps: enough for a t quantile near the normal one. */
  public static final int MAX_GROUPS = 32;

  private final TransitionCounts[] groups;

  /** Made on first use, dropped on change; every estimator reads it. */
  private PairTable pairs;

  private GroupedCounts(TransitionCounts[] groups) {
    this.groups = groups;
  }

  /**
   * No transitions yet.
   *
   * @param groups number of groups, at least 1
   * @param states number of states K, 1 to {@value TransitionCounts#MAX_STATES}
   * @return counts that are all zero
   */
  public static GroupedCounts empty(int groups, int states) {
    Arguments.checkRange("groups", groups, 1, Integer.MAX_VALUE);
    TransitionCounts[] empty = new TransitionCounts[groups];
    Arrays.setAll(empty, group -> TransitionCounts.empty(states));
    return new GroupedCounts(empty);
  }

  /**
   * Counts of given groups.
   *
   * @param groups at least one, all of the same number of states; copied
   * @return their counts
   */
  public static GroupedCounts of(TransitionCounts... groups) {
    Arguments.checkRange("groups", groups.length, 1, Integer.MAX_VALUE);
    GroupedCounts counts = empty(groups.length, groups[0].states());
    for (int group = 0; group < groups.length; group++) {
      counts.groups[group].addAll(groups[group]);
    }
    return counts;
  }

  /**
   * Number of groups that a run's chains form.
   *
   * @param chains chains of the whole run, at least 1
   * @return min(chains, 32)
   */
  public static int groupsOf(int chains) {
    Arguments.checkRange("chains", chains, 1, Integer.MAX_VALUE);
    return Math.min(chains, MAX_GROUPS);
  }

  /** Number of groups, with or without transitions. */
  public int groups() {
    return groups.length;
  }

  /** Number of states K. */
  public int states() {
    return groups[0].states();
  }

  /** Number of transitions N of all groups. */
  public long transitions() {
    long transitions = 0;
    for (TransitionCounts group : groups) {
      transitions += group.transitions();
    }
    return transitions;
  }

  /** Number of groups with a transition, G of the intervals. */
  public int groupsWithTransition() {
    int active = 0;
    for (TransitionCounts group : groups) {
      active += group.transitions() > 0 ? 1 : 0;
    }
    return active;
  }

  /**
   * Number of transitions of one group, n_c.
   *
   * @param group 0..groups-1
   */
  public long transitions(int group) {
    return checked(group).transitions();
  }

  /**
   * Number of transitions of one group from one state to another, N^c_ij.
   *
   * @param group 0..groups-1
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   */
  public long count(int group, int from, int to) {
    return checked(group).count(from, to);
  }

  /**
   * A copy of one group's counts.
   *
   * @param group 0..groups-1
   */
  public TransitionCounts group(int group) {
    return checked(group).copy();
  }

  /**
   * Visits one group's pairs with a positive count in row-major order.
   *
   * @param group 0..groups-1
   * @param visitor receives each pair
   */
  public void visit(int group, TransitionCounts.PairVisitor visitor) {
    checked(group).forEach(visitor);
  }

  /** The counts of all groups together. */
  public TransitionCounts pooled() {
    TransitionCounts pooled = groups[0].copy();
    for (int group = 1; group < groups.length; group++) {
      pooled.addAll(groups[group]);
    }
    return pooled;
  }

  /**
   * Numbers of transitions that end in each state.
   *
   * @return [groups][K]: row c holds, for each state j, the sum over i of N^c_ij
   */
  public long[][] arrivals() {
    long[][] arrivals = new long[groups.length][states()];
    for (int group = 0; group < groups.length; group++) {
      long[] row = arrivals[group];
      groups[group].forEach((from, to, count) -> row[to] += count);
    }
    return arrivals;
  }

  /**
   * Counts one transition.
   *
   * @param group 0..groups-1
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   */
  public void add(int group, int from, int to) {
    checked(group).add(from, to);
    changed();
  }

  /**
   * Counts several equal transitions.
   *
   * @param group 0..groups-1
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   * @param count how many, not negative
   */
  public void add(int group, int from, int to, long count) {
    checked(group).add(from, to, count);
    changed();
  }

  /**
   * Takes back several equal transitions.
   *
   * @param group 0..groups-1
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   * @param count how many, not negative and no more than there are
   */
  public void subtract(int group, int from, int to, long count) {
    checked(group).subtract(from, to, count);
    changed();
  }

  /** Number of distinct (from, to) that a group has seen, self transitions included. */
  public long distinctPairs(int group) {
    return checked(group).distinctPairs();
  }

  /**
   * Counts every transition of chains that were recorded sweep by sweep; the same as {@link #add}
   * for each of them, several times as fast.
   *
   * @param states the states of all chains after one sweep, then after the next, as unsigned bytes:
   *     state of chain c after sweep t at index t x chains + c; chain c belongs to group c mod
   *     groups
   * @param chains number of chains, at least 1
   * @throws IllegalArgumentException if a sweep is not whole or a state is not below K; nothing is
   *     counted then
   */
  public void addSweeps(byte[] states, int chains) {
    Arguments.checkRange("chains", chains, 1, Integer.MAX_VALUE);
    if (states.length % chains != 0) {
      throw new IllegalArgumentException(
          "%d states are not whole sweeps of %d chains".formatted(states.length, chains));
    }
    SweepCounts.checkStates(states, 0, states.length, states());
    if (states() <= SweepCounts.MAX_STATES) {
      SweepCounts sweeps = SweepCounts.empty(groups.length, states(), 0, chains);
      for (int after = chains; after < states.length; after += chains) {
        sweeps.add(states, after - chains, after);
      }
      addAll(sweeps);
    } else {
      for (int i = chains; i < states.length; i++) {
        groups[i % chains % groups.length].add(states[i - chains] & 0xFF, states[i] & 0xFF);
      }
    }
    changed();
  }

  /**
   * Adds all transitions that were counted by the sweep.
   *
   * @param sweeps counts of as many groups and states
   */
  public void addAll(SweepCounts sweeps) {
    sweeps.addTo(groups);
    changed();
  }

  /**
   * Adds all of the other counts to these, group by group.
   *
   * @param other counts of as many groups and states
   */
  public void addAll(GroupedCounts other) {
    checkGroups(other);
    for (int group = 0; group < groups.length; group++) {
      groups[group].addAll(other.groups[group]);
    }
    changed();
  }

  /**
   * Takes back what {@link #addAll} of the same counts gave.
   *
   * @param other counts of as many groups and states, in no pair above these
   */
  public void subtractAll(GroupedCounts other) {
    checkGroups(other);
    for (int group = 0; group < groups.length; group++) {
      groups[group].subtractAll(other.groups[group]);
    }
    changed();
  }

  /**
   * The sum of two counts; neither is changed.
   *
   * @param other counts of as many groups and states
   */
  public GroupedCounts plus(GroupedCounts other) {
    GroupedCounts sum = copy();
    sum.addAll(other);
    return sum;
  }

  /**
   * The difference that undoes {@link #plus}.
   *
   * @param other counts of as many groups and states, in no pair above these
   */
  public GroupedCounts minus(GroupedCounts other) {
    GroupedCounts difference = copy();
    difference.subtractAll(other);
    return difference;
  }

  /** An independent copy. */
  public GroupedCounts copy() {
    TransitionCounts[] copies = new TransitionCounts[groups.length];
    Arrays.setAll(copies, group -> groups[group].copy());
    return new GroupedCounts(copies);
  }

  /** The counts by unordered pair of states, as the estimators read them. */
  PairTable pairs() {
    if (pairs == null) {
      pairs = PairTable.of(groups);
    }
    return pairs;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof GroupedCounts other && Arrays.equals(groups, other.groups);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(groups);
  }

  @Override
  public String toString() {
    return "GroupedCounts[groups=%d, states=%d, transitions=%d]"
        .formatted(groups.length, states(), transitions());
  }

  private void changed() {
    // Reading first keeps the counting loop free of a store, and of the collector's write barrier.
    if (pairs != null) {
      pairs = null;
    }
  }

  private TransitionCounts checked(int group) {
    if (group < 0 || group >= groups.length) {
      throw new IllegalArgumentException(
          "group is %d; it must be 0 to %d".formatted(group, groups.length - 1));
    }
    return groups[group];
  }

  private void checkGroups(GroupedCounts other) {
    if (other.groups.length != groups.length || other.states() != states()) {
      throw new IllegalArgumentException(
          "counts of %d groups and %d states cannot be joined with counts of %d groups and %d states"
              .formatted(other.groups.length, other.states(), groups.length, states()));
    }
  }
}
