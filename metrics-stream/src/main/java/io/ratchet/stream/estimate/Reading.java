package io.ratchet.stream.estimate;

import io.ratchet.stream.window.Window;
import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.ReversibilityTest;
import java.util.OptionalDouble;

/**
 * What estimates and detector both need of a window, made once.
 *
 * @param window the window
 * @param entropyProduction entropy production from its counts
 * @param reversibility test of reversibility of its counts, seeded by attempt and last step
 */
public record Reading(
    Window window, EntropyProduction entropyProduction, ReversibilityTest reversibility) {

  /** Reads a window, be it one without transitions. */
  public static Reading of(Window window) {
    GroupedCounts counts = window.sums().counts();
    double perChain = counts.transitions() / (double) window.sums().shape().chains();
    return new Reading(
        window,
        EntropyProduction.fromCounts(counts, perChain),
        ReversibilityTest.of(
            counts,
            perChain,
            ReversibilityTest.LEAST_FLIPS,
            ReversibilityTest.seed(window.attempt(), window.toStep())));
  }

  GroupedCounts counts() {
    return window.sums().counts();
  }

  /** p-value of the sign-flip test; absent where that is not valid. */
  OptionalDouble signFlip() {
    return reversibility.method() == ReversibilityTest.Method.SIGN_FLIP
        ? reversibility.pValue()
        : OptionalDouble.empty();
  }
}
