package io.ratchet.thermodynamics.validation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * One section of the validation report, written as Markdown to {@code target/validation}; the
 * sections in the order of their file names are docs/validation.md.
 */
final class Section {
  private static final Path DIRECTORY = Path.of("target", "validation");

  private final StringBuilder text = new StringBuilder();

  Section(String title) {
    text.append("## ").append(title).append("\n\n");
  }

  Section paragraph(String paragraph) {
    text.append(paragraph.strip()).append("\n\n");
    return this;
  }

  Section table(String header, List<String> rows) {
    String columns = "| " + header + " |";
    text.append(columns).append('\n').append(columns.replaceAll("[^|]+", "---")).append('\n');
    rows.forEach(row -> text.append("| ").append(row).append(" |\n"));
    text.append('\n');
    return this;
  }

  /** A table row; numbers are printed the same way everywhere. */
  static String row(String format, Object... cells) {
    return String.format(Locale.ROOT, format, cells);
  }

  void write(String file) {
    try {
      Files.createDirectories(DIRECTORY);
      Files.writeString(DIRECTORY.resolve("0-head.md"), head());
      Files.writeString(DIRECTORY.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String head() {
    return """
        # Validation

        What the estimators of `thermodynamics` do on chains whose truth is known exactly: measured by
        simulation, written by the suite, and asserted by it: a figure out of its range fails the build.

            mvn -Pstatistics -pl trainer -am verify
            cat {thermodynamics,trainer}/target/validation/*.md > docs/validation.md

        Seeds are fixed: cell number i, from 0, of section t draws from XoShiRo256++ seeded with
        {%d, t, i, 0}, so that the tables depend neither on threads nor on the machine. Sources of
        %s. Exact entropy productions come from the test code's own stationary laws.

        Held to references elsewhere, in the default build: cycles add up to currents and entropy
        production to 1e-10 for up to 300 states (`CyclesTest`); split R-hat, bulk effective sample size
        and autocorrelation times equal ArviZ to 1e-9 (`ChainDiagnosticsTest`); counts, entropy
        productions, intervals and tests equal a separate NumPy program (`CountCasesTest`).

        """
        .formatted(Cells.SEED, System.getProperty("ratchet.date"));
  }
}
