package io.ratchet.thermodynamics;

import java.util.Arrays;

/**
 * Expected transition counts S_ij: the sum of p(j | x_t) over the transitions that leave state i,
 * where p(. | x_t) is the known law of the next state.
 *
 * <p>Entries reach 1e-17 and matter, so they stay doubles. Floating-point sums depend on their
 * order: callers add rows and merge parts in an order that is part of their contract (sweep order,
 * then worker and bucket order), and there is no {@code minus}.
 */
public final class SoftCounts {
  /** Largest number of states with soft counts: rows are K numbers a transition. */
  public static final int MAX_STATES = 4_096;

  private final int states;
  private final double[] sums;
  private long transitions;

  private SoftCounts(int states, double[] sums, long transitions) {
    this.states = states;
    this.sums = sums;
    this.transitions = transitions;
  }

  /**
   * No transitions yet.
   *
   * @param states number of states K, 1 to {@value #MAX_STATES}
   */
  public static SoftCounts empty(int states) {
    Arguments.checkRange("states", states, 1, MAX_STATES);
    return new SoftCounts(states, new double[states * states], 0);
  }

  /**
   * Soft counts from their parts, as they were stored.
   *
   * @param states number of states K
   * @param transitions number of transitions, not negative
   * @param sums K x K, row-major, row = state that is left; finite, not negative; copied
   */
  public static SoftCounts of(int states, long transitions, double[] sums) {
    Arguments.checkRange("states", states, 1, MAX_STATES);
    Arguments.checkRange("transitions", transitions, 0, Long.MAX_VALUE);
    if (sums.length != states * states) {
      throw new IllegalArgumentException(
          "%d soft counts for %d states; %d are needed"
              .formatted(sums.length, states, states * states));
    }
    for (int cell = 0; cell < sums.length; cell++) {
      check(cell / states, cell % states, sums[cell]);
    }
    return new SoftCounts(states, sums.clone(), transitions);
  }

  /** Number of states K. */
  public int states() {
    return states;
  }

  /** Number of transitions N whose rows were added. */
  public long transitions() {
    return transitions;
  }

  /**
   * S_ij.
   *
   * @param from state that is left, 0..K-1
   * @param to state that may be entered, 0..K-1
   */
  public double sum(int from, int to) {
    checkState(from);
    checkState(to);
    return sums[from * states + to];
  }

  /** All S_ij, K x K, row-major: a copy. */
  public double[] toArray() {
    return sums.clone();
  }

  /**
   * Adds one transition.
   *
   * @param from state that is left, 0..K-1
   * @param probabilities holds p(. | x), K probabilities, from {@code offset} on
   * @param offset index of the first of them
   */
  public void add(int from, float[] probabilities, int offset) {
    checkState(from);
    for (int to = 0; to < states; to++) {
      check(from, to, probabilities[offset + to]);
    }
    for (int to = 0, cell = from * states; to < states; to++, cell++) {
      sums[cell] += probabilities[offset + to];
    }
    transitions++;
  }

  /**
   * Adds one transition.
   *
   * @param from state that is left, 0..K-1
   * @param probabilities holds p(. | x), K probabilities, from {@code offset} on
   * @param offset index of the first of them
   */
  public void add(int from, double[] probabilities, int offset) {
    checkState(from);
    for (int to = 0; to < states; to++) {
      check(from, to, probabilities[offset + to]);
    }
    for (int to = 0, cell = from * states; to < states; to++, cell++) {
      sums[cell] += probabilities[offset + to];
    }
    transitions++;
  }

  /**
   * Adds the other sums to these. The result depends on the order of such calls in its last bits.
   *
   * @param other soft counts of as many states
   */
  public void addAll(SoftCounts other) {
    if (other.states != states) {
      throw new IllegalArgumentException(
          "soft counts of %d states cannot be joined with those of %d"
              .formatted(other.states, states));
    }
    for (int cell = 0; cell < sums.length; cell++) {
      sums[cell] += other.sums[cell];
    }
    transitions += other.transitions;
  }

  /** An independent copy. */
  public SoftCounts copy() {
    return new SoftCounts(states, sums.clone(), transitions);
  }

  /** S_ij without checks, for the estimators. */
  double at(int from, int to) {
    return sums[from * states + to];
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof SoftCounts other
        && other.states == states
        && other.transitions == transitions
        && Arrays.equals(other.sums, sums);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(transitions) + Arrays.hashCode(sums);
  }

  @Override
  public String toString() {
    return "SoftCounts[states=%d, transitions=%d]".formatted(states, transitions);
  }

  private static void check(int from, int to, double value) {
    if (!(value >= 0 && value <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "soft count %d -> %d is %s; it must be finite and not negative"
              .formatted(from, to, value));
    }
  }

  private void checkState(int state) {
    if (state < 0 || state >= states) {
      throw new IllegalArgumentException(
          "state is %d; it must be 0 to %d".formatted(state, states - 1));
    }
  }
}
