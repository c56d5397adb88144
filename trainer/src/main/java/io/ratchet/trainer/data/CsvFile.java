package io.ratchet.trainer.data;

import io.ratchet.trainer.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reader of examples from comma-separated text: one example a line, values 0 to 1, above 0.5 is 1
 * (as a byte above 127 is in IDX). A first line without a single number is a header.
 */
final class CsvFile {

  /** Guards the memory of a line that never ends: the widest row with 60 characters a value. */
  private static final int MAX_LINE = 60 * (BitRows.MAX_VISIBLE + 1);

  /** Decimal numbers only: no NaN, Infinity, hexadecimal or type suffix. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,4})?");

  /** Names of classes longer than this are text of another column. */
  private static final int MAX_LABEL = 64;

  /** What pandas and NumPy write for a value that is missing. */
  private static final Pattern NOT_A_NUMBER = Pattern.compile("(?i)[+-]?(nan|inf|infinity)|null");

  private final Path path;
  private final String labelColumn;
  private final Examples into;
  private int columns = -1;
  private int label = -1;
  private boolean[] bits;

  private CsvFile(Path path, String labelColumn, Examples into) {
    this.path = path;
    this.labelColumn = labelColumn;
    this.into = into;
  }

  /**
   * Reads the file.
   *
   * @param labelColumn name of a header column or number from 1 of the column of labels, or null
   */
  static void read(Path path, String labelColumn, Examples into) {
    if (Files.isDirectory(path)) {
      throw new InputException(path + ": is a directory, allowed: a CSV file");
    }
    // A byte that is no text becomes U+FFFD, which no number contains: reported as a bad value.
    try (Reader reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(path), StandardCharsets.UTF_8), 1 << 16)) {
      new CsvFile(path, labelColumn, into).read(reader);
    } catch (IOException e) {
      throw new InputException(path + ": " + InputFiles.reason(e) + ", allowed: a CSV file", e);
    }
  }

  private void read(Reader reader) throws IOException {
    int line = 0;
    int blank = 0;
    StringBuilder text = new StringBuilder();
    while (next(reader, text, line + 1)) {
      line++;
      if (line == 1 && text.length() > 0 && text.charAt(0) == '\ufeff') {
        text.deleteCharAt(0);
      }
      if (text.toString().isBlank()) {
        blank = blank == 0 ? line : blank;
        continue;
      }
      if (blank != 0) {
        throw error(blank, "blank", "an example on every line up to the last");
      }
      String[] fields = text.toString().split(",", -1);
      for (int c = 0; c < fields.length; c++) {
        fields[c] = unquoted(fields[c].strip());
      }
      if (columns < 0) {
        boolean header = Arrays.stream(fields).noneMatch(f -> NUMBER.matcher(f).matches());
        begin(fields, line, header);
        if (header) {
          continue;
        }
      }
      row(fields, line);
      if (into.full()) {
        return;
      }
    }
    if (columns < 0) {
      throw new InputException(path + ": empty, allowed: at least one line of values 0 to 1");
    }
  }

  private void begin(String[] fields, int line, boolean header) {
    columns = fields.length;
    if (labelColumn != null) {
      label = header ? List.of(fields).indexOf(labelColumn) : -1;
      if (label < 0 && labelColumn.matches("[0-9]{1,9}")) {
        int number = Integer.parseInt(labelColumn);
        label = number >= 1 && number <= columns ? number - 1 : -1;
      }
      if (label < 0) {
        throw error(
            line,
            "no column '" + labelColumn + "'",
            "1 to " + columns + (header ? " or a name of the header" : "; there is no header"));
      }
    }
    int visible = columns - (label < 0 ? 0 : 1);
    into.begin(path + ":" + line, visible, 0, 0, label >= 0);
    bits = new boolean[visible];
  }

  private void row(String[] fields, int line) {
    if (fields.length != columns) {
      throw error(line, fields.length + " columns", columns + " columns, as in the first line");
    }
    int i = 0;
    for (int c = 0; c < columns; c++) {
      if (c == label) {
        continue;
      }
      double value = value(fields[c]);
      if (!(value >= 0 && value <= 1)) {
        throw error(line, "'" + shown(fields[c]) + "' in column " + (c + 1), "numbers from 0 to 1");
      }
      bits[i++] = value > 0.5;
    }
    into.add(path + ":" + line, bits, label < 0 ? null : label(fields[label], line));
  }

  /** The class of a field: a name, or a whole number in any notation, such as 3.000e+00. */
  private String label(String field, int line) {
    if (NUMBER.matcher(field).matches()) {
      double value = Double.parseDouble(field);
      if (value >= 0 && value <= Integer.MAX_VALUE && value == Math.rint(value)) {
        return Integer.toString((int) value);
      }
    } else if (!field.isEmpty()
        && field.length() <= MAX_LABEL
        && field.chars().noneMatch(c -> Character.isISOControl(c) || c == '\ufffd')
        && !NOT_A_NUMBER.matcher(field).matches()) {
      return field;
    }
    throw error(
        line,
        "label '" + shown(field) + "' in column " + (label + 1),
        "whole numbers from 0, or names of 1 to " + MAX_LABEL + " characters");
  }

  private static double value(String field) {
    return switch (field) {
      case "0" -> 0;
      case "1" -> 1;
      default -> NUMBER.matcher(field).matches() ? Double.parseDouble(field) : Double.NaN;
    };
  }

  /** Reads a line into {@code text}; false at the end of the file. */
  private boolean next(Reader reader, StringBuilder text, int line) throws IOException {
    text.setLength(0);
    int c = reader.read();
    if (c < 0) {
      return false;
    }
    for (; c >= 0 && c != '\n'; c = reader.read()) {
      if (text.length() == MAX_LINE) {
        throw error(
            line, "over " + MAX_LINE + " characters", "at most " + BitRows.MAX_VISIBLE + " units");
      }
      text.append((char) c);
    }
    if (text.length() > 0 && text.charAt(text.length() - 1) == '\r') {
      text.setLength(text.length() - 1);
    }
    return true;
  }

  private static String unquoted(String field) {
    int last = field.length() - 1;
    return last > 0 && field.charAt(0) == '"' && field.charAt(last) == '"'
        ? field.substring(1, last)
        : field;
  }

  /** A value as shown in an error: one line, not too long. */
  private static String shown(String field) {
    String safe = field.replaceAll("\\p{Cntrl}", "?");
    return safe.length() <= 40 ? safe : safe.substring(0, 40) + "...";
  }

  private InputException error(int line, String value, String allowed) {
    return new InputException(path + ":" + line + ": " + value + ", allowed: " + allowed);
  }
}
