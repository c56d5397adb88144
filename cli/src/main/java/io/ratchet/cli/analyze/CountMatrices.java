package io.ratchet.cli.analyze;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.TransitionCounts;
import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Square matrices of counts, row = state that is left. Several matrices are those of several
 * chains: matrix number m counts into slot m mod 32.
 */
final class CountMatrices {
  private final TextSource source;

  /** Number of states the user gave, or 0. */
  private final int given;

  private final TransitionCounts[] slots = new TransitionCounts[GroupedCounts.MAX_GROUPS];
  private long matrices;
  private long moving;
  private List<String> names;

  /** K, known after the first row; the row that comes next in its matrix. */
  private int states;

  private int row;

  /** Of the counts of the matrix so far. */
  private double sum;

  private long[] values = new long[64];

  private CountMatrices(TextSource source, int given) {
    this.source = source;
    this.given = given;
  }

  /** Reads to the end of the text. */
  static CountMatrices read(TextSource source, int given) throws IOException {
    CountMatrices matrices = new CountMatrices(source, given);
    if (source.firstByte() == '[') {
      matrices.readJson();
    } else {
      matrices.readText();
    }
    return matrices;
  }

  /** Number of matrices. */
  long matrices() {
    return matrices;
  }

  /** Number of matrices with a transition. */
  long moving() {
    return moving;
  }

  /** Number of states K; that given, or 0, of an empty text. */
  int states() {
    return states == 0 ? given : states;
  }

  /** The names of the header, or null. */
  List<String> names() {
    return names;
  }

  /** The counts by group, matrix number mod min(matrices, 32). */
  GroupedCounts groups() {
    int groups = (int) Math.max(1, Math.min(matrices, slots.length));
    GroupedCounts counts = GroupedCounts.empty(groups, Math.max(1, states()));
    for (int i = 0; i < groups; i++) {
      int group = i;
      if (slots[i] != null) {
        slots[i].forEach((from, to, count) -> counts.add(group, from, to, count));
      }
    }
    return counts;
  }

  private void readText() throws IOException {
    boolean labelled = readHeader();
    while (source.beginLine()) {
      int length = 0;
      int column = 0;
      int end;
      do {
        end = source.field();
        if (column == 0 && end != source.separator() && source.isEmpty()) {
          break;
        }
        if (column > 0 || !labelled) {
          long number = source.number();
          append(length++, count(number, number < 0 ? source.value() : "", source::error));
        }
        column++;
      } while (end == source.separator());
      if (column > 0) {
        endRow(length, source::lineError);
      } else {
        endMatrix(source::lineError);
      }
    }
    endMatrix(source::textError);
  }

  /** Takes the names of states from a first line of words; says whether rows begin with one. */
  private boolean readHeader() throws IOException {
    if (!source.beginLine()) {
      return false;
    }
    List<String> lines = source.peek(1);
    if (lines.isEmpty()) {
      return false;
    }
    Header header = Header.of(lines.get(0), source.separator());
    boolean labelled = header.names().size() > 1 && header.names().get(0).isEmpty();
    if (!labelled && header.isNumeric()) {
      return false;
    }
    names = labelled ? header.names().subList(1, header.names().size()) : header.names();
    checkStates(names.size(), source::lineError);
    states = names.size();
    int end;
    do {
      end = source.field();
    } while (end == source.separator());
    return labelled;
  }

  private void readJson() throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(source.rest())) {
      Function<String, InputException> error =
          complaint -> {
            JsonLocation at = parser.currentTokenLocation();
            return source.error(at.getLineNr(), at.getColumnNr(), complaint);
          };
      int depth = 0;
      int length = -1;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_ARRAY -> {
            if (length >= 0 || ++depth > 3) {
              throw error.apply("an array in a row of counts");
            }
            // The innermost array is a row; whether this is it shows at its first element.
            length = -1;
          }
          case END_ARRAY -> {
            if (length >= 0) {
              endRow(length, error);
              length = -1;
            } else {
              endMatrix(error);
            }
            depth--;
          }
          default -> {
            length = Math.max(0, length);
            long number =
                token == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                    ? parser.getLongValue()
                    : -1;
            append(length++, count(number, number < 0 ? parser.getText() : "", error));
          }
        }
      }
      endMatrix(source::textError);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw source.error(at.getLineNr(), at.getColumnNr(), "no JSON: " + e.getOriginalMessage());
    }
  }

  /**
   * A count.
   *
   * @param number its value, or negative if it was not written as a plain integer
   * @param value as it was written; not looked at for a plain integer
   */
  private static long count(long number, String value, Function<String, InputException> error) {
    if (number >= 0) {
      return number;
    }
    try {
      double count = Double.parseDouble(value);
      if (count >= 0 && count == Math.rint(count) && count <= 1L << 53) {
        return (long) count;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw error.apply(
        (value.isEmpty() ? "a count is missing" : "count " + StateLabels.shown(value))
            + ", allowed: a whole number, 0 or more");
  }

  private void append(int index, long value) {
    if (index == values.length) {
      values = Arrays.copyOf(values, 2 * index);
    }
    values[index] = value;
  }

  private void endRow(int length, Function<String, InputException> error) {
    if (states == 0) {
      checkStates(length, error);
      states = length;
    }
    if (length != states) {
      throw error.apply(
          "row %d has %,d counts, allowed: %,d, as many as %s"
              .formatted(row + 1, length, states, names == null ? "the first row" : "names"));
    }
    if (row == states) {
      throw error.apply(
          "row %,d of a matrix of %,d columns, allowed: square; a blank line parts matrices"
              .formatted(row + 1, states));
    }
    int slot = (int) (matrices % slots.length);
    if (slots[slot] == null) {
      slots[slot] = TransitionCounts.empty(states);
    }
    for (int to = 0; to < length; to++) {
      sum += values[to];
      try {
        slots[slot].add(row, to, values[to]);
      } catch (ArithmeticException e) {
        throw error.apply("the counts sum to more than %,d".formatted(Long.MAX_VALUE));
      }
    }
    row++;
  }

  private void endMatrix(Function<String, InputException> error) {
    if (row == 0) {
      return;
    }
    if (row < states) {
      throw error.apply("%,d rows of %,d counts, allowed: square".formatted(row, states));
    }
    matrices++;
    moving += sum > 0 ? 1 : 0;
    row = 0;
    sum = 0;
  }

  private void checkStates(int found, Function<String, InputException> error) {
    if (found > TransitionCounts.MAX_STATES) {
      throw error.apply(
          String.format(
              Locale.ROOT, "%,d states, allowed: at most %,d", found, TransitionCounts.MAX_STATES));
    }
    if (given > 0 && found != given) {
      throw error.apply("%,d columns, allowed: %,d (--states)".formatted(found, given));
    }
  }
}
