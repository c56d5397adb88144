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
    Path directory = Path.of("target", "validation");
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
