package io.ratchet.thermodynamics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Collects the sections of docs/validation.md; a section is written when its measurement ends. */
final class ValidationReport {
  private static final String HEAD =
      """
      # Validation

      What the estimators of `thermodynamics` do on chains whose truth is known: measured, not
      promised. Written by `mvn -Pstatistics -pl thermodynamics test` (class `StatisticsTest`) on
      %s; seeds are fixed, so a second run gives the same numbers. The model is
      `DrivenModel`: a latent-cycle chain z -> x -> z' with 2 K visible symbols and a drive found by
      bisection to give the stated entropy production (EP, nats per transition).
      """;

  private final Map<Integer, String> sections = new TreeMap<>();

  synchronized void section(int number, String text) {
    sections.put(number, text.strip() + "\n");
  }

  void write(Path file, Clock clock) throws IOException {
    StringBuilder text = new StringBuilder(HEAD.formatted(LocalDate.now(clock)));
    sections.values().forEach(section -> text.append('\n').append(section));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  static String row(Object... cells) {
    StringBuilder row = new StringBuilder("|");
    for (Object cell : cells) {
      row.append(' ').append(cell).append(" |");
    }
    return row.append('\n').toString();
  }

  static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  static String percent(double share) {
    return number(100 * share, 1);
  }
}
