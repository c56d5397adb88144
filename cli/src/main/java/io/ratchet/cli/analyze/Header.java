package io.ratchet.cli.analyze;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The names in the first line of a table, and which of its columns matter. */
record Header(List<String> names) {
  private static final String STATE = "state";

  /** The second is what Stan's posterior package writes. */
  private static final Set<String> CHAIN = Set.of("chain", ".chain");

  /** Columns that number the rows; never the states of a chain. */
  private static final Set<String> INDEX =
      Set.of("", "index", "step", "t", "time", "iteration", ".iteration", "draw", ".draw");

  static Header of(String line, int separator) {
    List<String> names = new ArrayList<>();
    StringBuilder name = new StringBuilder();
    boolean inQuotes = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      inQuotes ^= c == '"';
      if (c == separator && !inQuotes) {
        names.add(clean(name));
        name.setLength(0);
      } else {
        name.append(c);
      }
    }
    names.add(clean(name));
    return new Header(names);
  }

  private static String clean(StringBuilder name) {
    String text = name.toString().strip();
    return text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")
        ? text.substring(1, text.length() - 1).replace("\"\"", "\"")
        : text;
  }

  /** Column of the states, or -1. */
  int state(Layout layout) {
    return layout.stateColumn() == null
        ? indexOf(Set.of(STATE))
        : names.indexOf(layout.stateColumn());
  }

  /** Column of the chains, or -1. */
  int chain(Layout layout) {
    return layout.chainColumn() == null ? indexOf(CHAIN) : names.indexOf(layout.chainColumn());
  }

  private int indexOf(Set<String> wanted) {
    for (int i = 0; i < names.size(); i++) {
      if (wanted.contains(names.get(i).toLowerCase(Locale.ROOT))) {
        return i;
      }
    }
    return -1;
  }

  /** Whether the line begins with a number, as no header does. */
  boolean isNumeric() {
    return names.get(0).matches("[+-]?\\.?[0-9].*|(?i)[+-]?(nan|inf(inity)?)|NA");
  }

  /** Whether a column only numbers the rows. */
  boolean isIndex(int column) {
    return INDEX.contains(names.get(column).toLowerCase(Locale.ROOT));
  }

  /** The names of its columns that number the rows. */
  Set<String> indices() {
    Set<String> indices = new TreeSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (isIndex(i)) {
        indices.add(names.get(i).isEmpty() ? "(unnamed)" : names.get(i));
      }
    }
    return indices;
  }
}
