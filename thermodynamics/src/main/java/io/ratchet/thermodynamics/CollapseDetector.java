package io.ratchet.thermodynamics;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Watches the windows of a run for a chain that became reversible against expectation, or
 * irreversible against expectation, or that froze.
 *
 * <p>A pure state machine: {@link #judge} takes the {@link State} after one stride and the window
 * at the next, and returns the state after it. A stride is a fifth of a window. Nothing is
 * remembered elsewhere, so a detector resumes from a stored state with the same verdicts. A new
 * attempt of a run starts from {@link State#INITIAL}.
 *
 * <p>By expectation: {@link Expectation#IRREVERSIBLE} raises when the one-sided 99 % upper bound of
 * the entropy production is below the floor; {@link Expectation#REVERSIBLE} when the sign-flip p is
 * below 0.01 and the 99 % lower bound above 0; {@link Expectation#DRIVEN} never. An alarm is raised
 * by three such judged strides in a row and resolved by three of the other kind; a stride that
 * cannot be judged changes nothing. A frozen window is judged for being frozen only: it says
 * nothing about reversibility.
 */
public final class CollapseDetector {
  /** Strides in a row that raise or resolve an alarm. */
  public static final int STRIDES_TO_CHANGE = 3;

  /** Confidence of the one-sided bounds. */
  public static final double CONFIDENCE = 0.99;

  /** Groups with a transition below which a bound is not trusted. */
  public static final int LEAST_GROUPS = 20;

  /** Largest sign-flip p-value that speaks against a reversible chain. */
  private static final double SIGNIFICANT = 0.01;

  /** Transitions times floor that a window needs: the larger of this and 14 K. */
  private static final double LEAST_NATS = 100;

  private static final double LEAST_NATS_PER_STATE = 14;

  /** What a run declares of its chain. */
  public enum Expectation {
    /** The chain turns: becoming reversible is a collapse. */
    IRREVERSIBLE,
    /** The chain has detailed balance: a current means a broken sampler or a wrong observable. */
    REVERSIBLE,
    /** A transient indexed by protocol time, without stationary currents: nothing is judged. */
    DRIVEN
  }

  /** What one window says of its run. */
  public enum Opinion {
    /** The window lacks the data to be judged, which is not the same as fine. */
    CANNOT_TELL,
    /** As expected. */
    FINE,
    /** Against expectation, or no longer so, but not yet often enough in a row. */
    DOUBTFUL,
    /** Against expectation for long enough: the alarm stands. */
    ALARMED,
    /** The chains hardly move; nothing else can be said. */
    FROZEN,
    /** Nothing stationary is expected of a driven chain. */
    NOT_JUDGED
  }

  /**
   * An alarm that changes only after {@value #STRIDES_TO_CHANGE} contrary strides in a row.
   *
   * @param raised whether the alarm stands
   * @param strikes contrary strides in a row, 0 to {@value #STRIDES_TO_CHANGE} - 1
   */
  public record Latch(boolean raised, int strikes) {
    /** Checks the range. */
    public Latch {
      Arguments.checkRange("strikes", strikes, 0, STRIDES_TO_CHANGE - 1);
    }

    Latch after(boolean bad) {
      if (bad == raised) {
        return new Latch(raised, 0);
      }
      return strikes + 1 < STRIDES_TO_CHANGE ? new Latch(raised, strikes + 1) : new Latch(bad, 0);
    }
  }

  /**
   * All that the detector remembers between strides.
   *
   * @param alarm collapse of an irreversible chain, or currents of a reversible one
   * @param frozen chains that hardly move
   */
  public record State(Latch alarm, Latch frozen) {
    /** Before the first stride of an attempt. */
    public static final State INITIAL = new State(new Latch(false, 0), new Latch(false, 0));

    /** Checks that both are there. */
    public State {
      Objects.requireNonNull(alarm, "alarm");
      Objects.requireNonNull(frozen, "frozen");
    }
  }

  /**
   * The verdict after one stride.
   *
   * @param state what to remember
   * @param judged whether the window had the data to be judged
   * @param bound the one-sided 99 % bound that was compared, nats per transition: the upper one for
   *     an irreversible chain, the lower one for a reversible chain; absent when it cannot be made
   * @param opinion what this window says of the run
   */
  public record Verdict(State state, boolean judged, OptionalDouble bound, Opinion opinion) {}

  private final Expectation expectation;
  private final double floor;
  private final long leastTransitions;

  private CollapseDetector(Expectation expectation, double floor, long leastTransitions) {
    this.expectation = expectation;
    this.floor = floor;
    this.leastTransitions = leastTransitions;
  }

  /**
   * A detector for one run.
   *
   * @param expectation what the run declares of its chain
   * @param floor sigma_0: entropy production below which a chain counts as collapsed, nats per
   *     transition, positive
   * @param states number of states K, at least 1
   */
  public static CollapseDetector of(Expectation expectation, double floor, int states) {
    Objects.requireNonNull(expectation, "expectation");
    Arguments.checkRange("states", states, 1, TransitionCounts.MAX_STATES);
    if (!(floor > 0 && floor <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("floor is " + floor + "; it must be positive and finite");
    }
    double least = Math.max(LEAST_NATS, LEAST_NATS_PER_STATE * states) / floor;
    return new CollapseDetector(expectation, floor, (long) Math.ceil(least));
  }

  /** Fewest transitions of a window that is judged: max(100, 14 K)/floor, rounded up. */
  public long leastTransitions() {
    return leastTransitions;
  }

  /**
   * The one-sided 99 % bound that decides: the upper one for an irreversible chain, the lower one
   * for a reversible chain, nats per transition; absent when it cannot be made, and for a driven
   * chain.
   */
  public OptionalDouble bound(EntropyProduction entropyProduction) {
    return switch (expectation) {
      case IRREVERSIBLE -> entropyProduction.upperBound(CONFIDENCE);
      case REVERSIBLE -> entropyProduction.lowerBound(CONFIDENCE);
      case DRIVEN -> OptionalDouble.empty();
    };
  }

  /**
   * Judges the window at the end of a stride.
   *
   * @param state the state after the stride before, {@link State#INITIAL} at first
   * @param window the window's transition counts
   * @param entropyProduction {@link EntropyProduction#fromCounts} of the same counts
   * @param signFlip p-value of {@link ReversibilityTest#signFlip} of the same counts; absent if not
   *     valid or not wanted, which leaves a chain expected to be reversible unjudged
   * @param complete whether the window spans all of its buckets, empty ones included, within one
   *     attempt
   */
  public Verdict judge(
      State state,
      GroupedCounts window,
      EntropyProduction entropyProduction,
      OptionalDouble signFlip,
      boolean complete) {
    if (expectation == Expectation.DRIVEN) {
      return new Verdict(state, false, OptionalDouble.empty(), Opinion.NOT_JUDGED);
    }
    OptionalDouble bound = bound(entropyProduction);
    boolean enough = complete && window.transitions() >= leastTransitions;
    if (!enough) {
      return new Verdict(state, false, bound, Opinion.CANNOT_TELL);
    }
    // That chains hardly move is a fact of the counts and needs no interval, hence no groups.
    boolean frozen = entropyProduction.status() == Estimate.Status.FROZEN;
    Latch frozenLatch = state.frozen.after(frozen);
    if (frozen) {
      return new Verdict(new State(state.alarm, frozenLatch), false, bound, Opinion.FROZEN);
    }
    if (entropyProduction.groups() < LEAST_GROUPS
        || bound.isEmpty()
        || (expectation == Expectation.REVERSIBLE && signFlip.isEmpty())) {
      return new Verdict(new State(state.alarm, frozenLatch), false, bound, Opinion.CANNOT_TELL);
    }
    boolean bad =
        expectation == Expectation.IRREVERSIBLE
            ? bound.getAsDouble() < floor
            : bound.getAsDouble() > 0 && signFlip.getAsDouble() < SIGNIFICANT;
    Latch alarm = state.alarm.after(bad);
    Opinion opinion =
        alarm.raised ? Opinion.ALARMED : alarm.strikes > 0 ? Opinion.DOUBTFUL : Opinion.FINE;
    return new Verdict(new State(alarm, frozenLatch), true, bound, opinion);
  }
}
