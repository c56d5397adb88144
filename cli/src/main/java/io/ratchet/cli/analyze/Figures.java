package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.Estimate;
import java.util.Locale;

/** Numbers as people read them: four significant digits. */
final class Figures {
  private Figures() {}

  static String of(double value) {
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (size < 1e-4 || size >= 1e6) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    int decimals = Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** An interval with its level, such as "95 % interval 0.1 to 0.2". */
  static String interval(Estimate estimate) {
    return percent(estimate.level())
        + " interval "
        + of(estimate.lower().orElseThrow())
        + " to "
        + of(estimate.upper().orElseThrow());
  }

  /** A p-value; below what a double next to 1 resolves its size means nothing. */
  static String probability(double p) {
    return p < 1e-15 ? "p < 1e-15" : "p = " + String.format(Locale.ROOT, "%.2g", p);
  }

  static String percent(double share) {
    double percent = Math.round(1000 * share) / 10.0;
    return (percent == Math.rint(percent)
            ? String.format(Locale.ROOT, "%.0f", percent)
            : String.format(Locale.ROOT, "%.1f", percent))
        + " %";
  }
}
