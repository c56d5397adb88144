package io.ratchet.cli.analyze;

import io.ratchet.cli.analyze.TransitionTally.Chain;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tables: a row a state with its chain, or a column a chain. Chains may be interleaved, which takes
 * the last state of each: these two forms need memory for every chain.
 */
final class TableRows {
  private final TextSource source;
  private final StateLabels labels;
  private final TransitionTally tally;

  private TableRows(TextSource source, StateLabels labels, TransitionTally tally) {
    this.source = source;
    this.labels = labels;
    this.tally = tally;
  }

  /** Reads a table whose header names a column of states and perhaps one of chains. */
  static void readTable(
      TextSource source, StateLabels labels, TransitionTally tally, Header header, Layout layout)
      throws IOException {
    new TableRows(source, labels, tally)
        .readTable(header.names().size(), header.state(layout), header.chain(layout));
  }

  /**
   * Reads a table of a column a chain.
   *
   * @param header its header, not yet read, or null if it has none
   */
  static void readColumns(
      TextSource source, StateLabels labels, TransitionTally tally, Header header)
      throws IOException {
    new TableRows(source, labels, tally).readColumns(header);
  }

  private void readTable(int columns, int stateColumn, int chainColumn) throws IOException {
    skipLine();
    Map<String, Chain> chains = new HashMap<>();
    Chain chain = null;
    while (source.beginLine()) {
      int state = -1;
      int column = 0;
      int end;
      do {
        end = source.field();
        if (column == columns) {
          throw source.error("a field more than the " + columns + " of the header");
        }
        if (column == 0 && isBlankLine(end)) {
          break;
        }
        if (column == stateColumn) {
          state = labels.index(source);
        } else if (column == chainColumn) {
          chain = chains.computeIfAbsent(source.value(), id -> tally.startChain());
        }
        column++;
      } while (end == source.separator());
      if (column == 0) {
        chain = null; // with a column of chains each row says its own
      } else if (column < columns) {
        throw source.lineError(column + " fields, allowed: " + columns + " as in the header");
      } else {
        chain = chain == null ? tally.startChain() : chain;
        tally.enter(chain, state);
      }
    }
  }

  private void readColumns(Header header) throws IOException {
    int columns = header == null ? 0 : header.names().size();
    if (header != null) {
      skipLine();
    }
    List<Chain> chains = new ArrayList<>(); // null where a column numbers the rows
    BitSet ended = new BitSet();
    while (source.beginLine()) {
      boolean first = chains.isEmpty();
      int column = 0;
      int end;
      do {
        end = source.field();
        if (columns != 1 && column == 0 && isBlankLine(end)) {
          break;
        }
        if (columns > 0 && column == columns) {
          throw source.error("a field more than the " + columns + " of the first line");
        }
        if (first) {
          chains.add(header != null && header.isIndex(column) ? null : tally.startChain());
        }
        if (source.isEmpty()) {
          ended.set(column);
        } else if (chains.get(column) != null) {
          int state = labels.index(source);
          if (ended.get(column)) {
            throw source.error("a state below an empty cell: the chain of this column has ended");
          }
          tally.enter(chains.get(column), state);
        }
        column++;
      } while (end == source.separator());
      columns = columns == 0 ? column : columns;
      if (column > 0 && column < columns) {
        throw source.lineError(
            column
                + " fields, allowed: "
                + columns
                + " as in the first line; empty where a chain"
                + " has ended");
      }
    }
  }

  /** Whether the first field of a line is all of it, and empty. */
  private boolean isBlankLine(int end) {
    return end != source.separator() && source.isEmpty();
  }

  /** Goes past the header, the first line that is not blank; it was read by peeking. */
  private void skipLine() throws IOException {
    int end = source.field();
    while (isBlankLine(end)) {
      source.beginLine();
      end = source.field();
    }
    while (end == source.separator()) {
      end = source.field();
    }
  }
}
