package io.ratchet.thermodynamics.validation;

import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.Estimate;
import java.util.regex.Pattern;

/** What became of the intervals of one cell's replicates. */
final class Coverage {
  static final String HEADER =
      "coverage % | below % | above % | lower bound % | warned % | mean value | bias | mean width";

  /** An end within rounding of the truth holds it: paths of a reversible model sum to 1e-17. */
  private static final double ROUNDING = 1e-12;

  private static final double LEVEL = 0.95;

  /** The warnings that interval or bias may not hold. */
  private static final Pattern CAVEAT =
      Pattern.compile("(short|slow) chains:.*|soft: .* too high .*");

  private int replicates;
  private int below;
  private int above;
  private int lowerBounds;
  private int warned;
  private double values;
  private double widths;

  void add(EntropyProduction production, double truth) {
    Estimate estimate = production.estimate(LEVEL);
    replicates++;
    warned +=
        production.warnings().stream().anyMatch(text -> CAVEAT.matcher(text).matches()) ? 1 : 0;
    below += estimate.upper().orElseThrow() < truth - ROUNDING ? 1 : 0;
    above += estimate.lower().orElseThrow() > truth + ROUNDING ? 1 : 0;
    lowerBounds += estimate.status() == Estimate.Status.LOWER_BOUND ? 1 : 0;
    values += estimate.value().orElseThrow();
    widths += estimate.upper().orElseThrow() - estimate.lower().orElseThrow();
  }

  /** Share of the intervals that hold the truth. */
  double share() {
    return 1 - (below + above) / (double) replicates;
  }

  /** Share of the intervals whose lower end is above the truth. */
  double aboveShare() {
    return above / (double) replicates;
  }

  double lowerBoundShare() {
    return lowerBounds / (double) replicates;
  }

  /** Share of the values that carry a warning that interval or bias may not hold. */
  double warnedShare() {
    return warned / (double) replicates;
  }

  /** Mean value less the truth. */
  double bias(double truth) {
    return values / replicates - truth;
  }

  String columns(double truth) {
    return Section.row(
        "%.1f | %.1f | %.1f | %.1f | %.1f | %.4g | %+.2g | %.3g",
        100 * share(),
        100.0 * below / replicates,
        100 * aboveShare(),
        100 * lowerBoundShare(),
        100 * warnedShare(),
        values / replicates,
        bias(truth),
        widths / replicates);
  }

  @Override
  public String toString() {
    return Section.row(
        "coverage %.4f, below %d, above %d, lower bounds %d, warned %d of %d",
        share(), below, above, lowerBounds, warned, replicates);
  }
}
