package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.TransitionCounts;
import io.ratchet.trainer.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What the states of a text are called: integers from 0, or names numbered in the order of their
 * first appearance. The first state of the text decides, unless names are asked for.
 */
final class StateLabels {
  private final int given;
  private Map<String, Integer> names;
  private boolean decided;
  private int bound;

  /**
   * No state seen yet.
   *
   * @param given number of states the user gave; 0 if none
   * @param named whether integers are names, too
   */
  StateLabels(int given, boolean named) {
    this.given = given;
    if (named) {
      decideNames();
    }
  }

  /** One above the highest integer seen; 0 of names, which are always looked up. */
  int bound() {
    return names == null ? bound : 0;
  }

  /** Number of states K: the one given, else what was seen asks for. */
  int states() {
    return given > 0 ? given : names == null ? bound : names.size();
  }

  /** The names by number, or null for integers. */
  List<String> names() {
    return names == null ? null : List.copyOf(names.keySet());
  }

  /** Number of the state in the current field of a text. */
  int index(TextSource source) {
    long number = names == null ? source.number() : -1;
    if (number >= 0) {
      return index(number, source::error);
    }
    return index(source.value(), source::error);
  }

  /**
   * Number of a state.
   *
   * @param text as it was written, not blank
   * @param error makes the exception for a complaint
   */
  int index(String text, Function<String, InputException> error) {
    if (isMissing(text)) {
      throw error.apply(
          (text.isEmpty() ? "a state is missing" : "state " + shown(text))
              + ", allowed: "
              + allowed());
    }
    if (text.chars().anyMatch(c -> Character.isISOControl(c) || c == '\uFFFD')) {
      throw error.apply("state " + shown(text) + ", allowed: UTF-8 text");
    }
    if (!decided && !looksNumeric(text)) {
      decideNames();
    }
    return names == null ? index(wholeNumber(text, error), error) : named(text, error);
  }

  /** Number of a state that is written as a number. */
  int index(long number, Function<String, InputException> error) {
    if (names != null) {
      return named(Long.toString(number), error);
    }
    decided = true;
    if (number < 0 || number >= most()) {
      throw error.apply("state " + number + ", allowed: " + allowed());
    }
    bound = Math.max(bound, (int) number + 1);
    return (int) number;
  }

  private int named(String name, Function<String, InputException> error) {
    Integer index = names.get(name);
    if (index != null) {
      return index;
    }
    if (names.size() == most()) {
      throw error.apply(
          "state %s: a name more than the %,d states %s"
              .formatted(shown(name), most(), given > 0 ? "of --states" : "that are possible"));
    }
    names.put(name, names.size());
    return names.size() - 1;
  }

  private void decideNames() {
    names = new LinkedHashMap<>();
    decided = true;
  }

  private int most() {
    return given > 0 ? given : TransitionCounts.MAX_STATES;
  }

  private String allowed() {
    if (names != null) {
      return "a name";
    }
    return String.format(Locale.ROOT, "an integer from 0 to %,d", most() - 1)
        + (given > 0 ? " (--states " + given + ")" : "");
  }

  /** Numbers of floating point are taken if they are whole: numpy.savetxt writes 1.000e+00. */
  private long wholeNumber(String text, Function<String, InputException> error) {
    try {
      double number = Double.parseDouble(text);
      if (number == Math.rint(number) && Math.abs(number) < 1e18) {
        return (long) number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw error.apply(
        "state "
            + shown(text)
            + ", allowed: "
            + allowed()
            + (looksNumeric(text) ? "" : "; --names takes all states as names"));
  }

  private static boolean looksNumeric(String text) {
    return text.matches("[+-]?\\.?[0-9].*") || text.matches("(?i)[+-]?inf(inity)?");
  }

  private static boolean isMissing(String text) {
    return text.isEmpty() || text.equals("NA") || text.matches("(?i)[+-]?nan");
  }

  /** A value as messages show it: one line, not too long. */
  static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 40 ? line : line.substring(0, 40) + "...";
  }
}
