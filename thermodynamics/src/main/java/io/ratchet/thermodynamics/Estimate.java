package io.ratchet.thermodynamics;

import java.util.OptionalDouble;

/**
 * One estimated quantity with its two-sided confidence interval.
 *
 * <p>What is not known is absent: never NaN, never 0. Of a {@link Status#FROZEN} estimate the value
 * is what the formula gives for the few jumps there were; it says nothing about the chain and must
 * not be shown as if it did.
 *
 * @param value point estimate in the unit of the quantity; absent without data
 * @param lower lower end of the interval; absent with fewer than two groups
 * @param upper upper end of the interval; absent together with {@code lower}
 * @param level nominal coverage of the interval, between 0 and 1
 * @param estimator which estimator made it: {@code counts}, {@code soft}, {@code path}, {@code
 *     plug-in}
 * @param status what the value may be taken for
 */
public record Estimate(
    OptionalDouble value,
    OptionalDouble lower,
    OptionalDouble upper,
    double level,
    String estimator,
    Status status) {

  /** What an estimate may be taken for. */
  public enum Status {
    /** A value; how often its interval holds the truth is measured in docs/validation.md. */
    ESTIMATED,
    /** A value known to be too low: what would complete it was never seen. */
    LOWER_BOUND,
    /** The chains hardly move, so nothing can be said; this is not the same as reversible. */
    FROZEN,
    /** No data, or too few. */
    INSUFFICIENT
  }

  /** Checks that numbers are numbers and that the interval is whole. */
  public Estimate {
    Arguments.checkLevel("level", level);
    if (lower.isPresent() != upper.isPresent()) {
      throw new IllegalArgumentException("an interval needs both ends: " + lower + ", " + upper);
    }
    for (OptionalDouble number : new OptionalDouble[] {value, lower, upper}) {
      if (number.isPresent() && !Double.isFinite(number.getAsDouble())) {
        throw new IllegalArgumentException(
            "an estimate by "
                + estimator
                + " holds "
                + number.getAsDouble()
                + "; finite or absent");
      }
    }
  }

  /** No estimate for want of data. */
  static Estimate insufficient(double level, String estimator) {
    return new Estimate(
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        level,
        estimator,
        Status.INSUFFICIENT);
  }

  /** Whether the value may be read as a statement about the chain. */
  public boolean isValid() {
    return status == Status.ESTIMATED || status == Status.LOWER_BOUND;
  }

  /**
   * The same numbers marked as those of a frozen chain: for the soft and path estimates of a window
   * whose counts are frozen. An estimate without data stays as it is.
   */
  public Estimate asFrozen() {
    return status == Status.INSUFFICIENT
        ? this
        : new Estimate(value, lower, upper, level, estimator, Status.FROZEN);
  }
}
