package io.ratchet.thermodynamics;

import java.util.Arrays;

/** {@link SoftCounts} kept apart by group of chains, as {@link GroupedCounts} does for counts. */
public final class GroupedSoftCounts {
  private final SoftCounts[] groups;

  private GroupedSoftCounts(SoftCounts[] groups) {
    this.groups = groups;
  }

  /**
   * No transitions yet.
   *
   * @param groups number of groups, at least 1
   * @param states number of states K, 1 to {@value SoftCounts#MAX_STATES}
   */
  public static GroupedSoftCounts empty(int groups, int states) {
    Arguments.checkRange("groups", groups, 1, Integer.MAX_VALUE);
    SoftCounts[] empty = new SoftCounts[groups];
    Arrays.setAll(empty, group -> SoftCounts.empty(states));
    return new GroupedSoftCounts(empty);
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
    for (SoftCounts group : groups) {
      transitions += group.transitions();
    }
    return transitions;
  }

  /** Number of groups with a transition, G of the intervals. */
  public int groupsWithTransition() {
    int active = 0;
    for (SoftCounts group : groups) {
      active += group.transitions() > 0 ? 1 : 0;
    }
    return active;
  }

  /**
   * A copy of one group's soft counts.
   *
   * @param group 0..groups-1
   */
  public SoftCounts group(int group) {
    return checked(group).copy();
  }

  /**
   * Adds one transition.
   *
   * @param group 0..groups-1
   * @param from state that is left, 0..K-1
   * @param probabilities holds p(. | x), K probabilities, from {@code offset} on
   * @param offset index of the first of them
   */
  public void add(int group, int from, float[] probabilities, int offset) {
    checked(group).add(from, probabilities, offset);
  }

  /**
   * Adds one transition.
   *
   * @param group 0..groups-1
   * @param from state that is left, 0..K-1
   * @param probabilities holds p(. | x), K probabilities, from {@code offset} on
   * @param offset index of the first of them
   */
  public void add(int group, int from, double[] probabilities, int offset) {
    checked(group).add(from, probabilities, offset);
  }

  /**
   * Adds soft counts to one group. The result depends on the order of such calls in its last bits.
   *
   * @param group 0..groups-1
   * @param counts soft counts of as many states
   */
  public void addAll(int group, SoftCounts counts) {
    checked(group).addAll(counts);
  }

  /**
   * Adds all of the other soft counts, group by group. The result depends on the order of such
   * calls in its last bits.
   *
   * @param other soft counts of as many groups and states
   */
  public void addAll(GroupedSoftCounts other) {
    if (other.groups.length != groups.length) {
      throw new IllegalArgumentException(
          "soft counts of %d groups cannot be joined with those of %d"
              .formatted(other.groups.length, groups.length));
    }
    for (int group = 0; group < groups.length; group++) {
      groups[group].addAll(other.groups[group]);
    }
  }

  /** S^c_ij without checks, for the estimators. */
  double at(int group, int from, int to) {
    return groups[group].at(from, to);
  }

  /**
   * Number of transitions of one group, n_c.
   *
   * @param group 0..groups-1
   */
  public long transitions(int group) {
    return checked(group).transitions();
  }

  @Override
  public String toString() {
    return "GroupedSoftCounts[groups=%d, states=%d, transitions=%d]"
        .formatted(groups.length, states(), transitions());
  }

  private SoftCounts checked(int group) {
    if (group < 0 || group >= groups.length) {
      throw new IllegalArgumentException(
          "group is %d; it must be 0 to %d".formatted(group, groups.length - 1));
    }
    return groups[group];
  }
}
