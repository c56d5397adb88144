package io.ratchet.trainer.data;

import io.ratchet.trainer.InputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;

/** Loads a data set from its SPEC, the text a user gives to {@code --data}. */
public final class DataSets {

  private static final String ALLOWED =
      "glyphs[:SIDE], idx:IMAGES[,LABELS] or csv:FILE[,label=COLUMN]";

  private DataSets() {}

  /**
   * Loads a data set.
   *
   * <p>{@code glyphs[:SIDE]}: {@value Glyphs#COUNT} digits drawn by the program on SIDE x SIDE
   * pixels, labelled. {@code idx:IMAGES[,LABELS]}: the format of MNIST, plain or gzip; a byte above
   * 127 is 1. {@code csv:FILE[,label=COLUMN]}: one example a line, values 0 to 1, above 0.5 is 1;
   * COLUMN is a name of the header line or a number from 1.
   *
   * @param spec the SPEC
   * @param digits labels to keep, or null for all
   * @param limit number of examples to keep, the first ones; at least 1, Integer.MAX_VALUE for all
   * @param seed seed of what is drawn by the program; files do not depend on it
   * @throws InputException if it cannot be loaded, saying what is wrong where
   */
  public static DataSet load(String spec, int[] digits, int limit, long seed) {
    if (limit < 1) {
      throw new InputException("--limit: " + limit + ", allowed: at least 1");
    }
    if (digits != null && digits.length == 0) {
      throw new InputException("--digits: empty, allowed: labels separated by commas");
    }
    Examples examples = new Examples(spec, digits, limit);
    int colon = spec.indexOf(':');
    String kind = colon < 0 ? spec : spec.substring(0, colon);
    String rest = colon < 0 ? "" : spec.substring(colon + 1);
    switch (kind) {
      case "glyphs" ->
          Glyphs.draw(colon < 0 ? Glyphs.DEFAULT_SIDE : side(spec, rest), seed, examples);
      case "idx" -> {
        String[] files = arguments(spec, rest);
        Path labels = files[1] == null ? null : path(spec, files[1]);
        IdxFiles.read(path(spec, files[0]), labels, examples);
      }
      case "csv" -> {
        String[] parts = arguments(spec, rest);
        CsvFile.read(path(spec, parts[0]), labelColumn(spec, parts[1]), examples);
      }
      default -> throw new InputException("--data " + spec + ": unknown kind, allowed: " + ALLOWED);
    }
    DataSet data = examples.finish();
    if (data.size() == 0) {
      throw new InputException("--data " + spec + ": no examples, at least 1 is needed");
    }
    return data;
  }

  private static int side(String spec, String text) {
    try {
      int side = Integer.parseInt(text);
      if (side >= Glyphs.MIN_SIDE && side <= Glyphs.MAX_SIDE) {
        return side;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a number out of range.
    }
    throw new InputException(
        String.format(
            "--data %s: side '%s', allowed: %d to %d",
            spec, text, Glyphs.MIN_SIDE, Glyphs.MAX_SIDE));
  }

  /** The one or two parts around a comma; the second is null when there is no comma. */
  private static String[] arguments(String spec, String rest) {
    String[] parts = rest.split(",", -1);
    if (parts.length > 2 || Arrays.asList(parts).contains("")) {
      throw new InputException("--data " + spec + ": allowed: " + ALLOWED);
    }
    return Arrays.copyOf(parts, 2);
  }

  private static String labelColumn(String spec, String argument) {
    if (argument == null) {
      return null;
    }
    if (!argument.startsWith("label=") || argument.length() == 6) {
      throw new InputException(
          "--data " + spec + ": '" + argument + "', allowed: csv:FILE[,label=COLUMN]");
    }
    return argument.substring(6);
  }

  private static Path path(String spec, String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InputException("--data " + spec + ": '" + text + "' is not a path", e);
    }
  }
}
