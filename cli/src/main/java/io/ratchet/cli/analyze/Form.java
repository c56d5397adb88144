package io.ratchet.cli.analyze;

import java.util.Locale;

/** How a text holds trajectories or counts. */
public enum Form {
  /** A chain a line, states apart by comma, semicolon, tab or blank; an empty line is a chain. */
  CHAINS,
  /** A state a line; blank lines end a chain. */
  COLUMN,
  /** A column a chain, with or without a header; empty cells at its end where it is shorter. */
  COLUMNS,
  /** A header that names a column of states and perhaps one of chains; a row a state. */
  TABLE,
  /** JSON values one after the other: arrays of states, or objects with a state and a chain. */
  JSON,
  /** K x K counts, row = from; several, apart by blank lines, are those of several chains. */
  COUNTS;

  /** The name that options and reports use. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
