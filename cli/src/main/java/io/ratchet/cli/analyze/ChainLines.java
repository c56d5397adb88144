package io.ratchet.cli.analyze;

import io.ratchet.cli.analyze.TransitionTally.Chain;
import java.io.IOException;

/**
 * The plain forms: a chain a line, or a state a line.
 *
 * <p>Which of the two a text is shows at its first line of two states, which may come late; until
 * then the states make one chain. A chain of one state adds no transition, so that going over to a
 * chain a line is exact: forget the counts, keep the number of lines.
 */
final class ChainLines {
  private final TextSource source;
  private final StateLabels labels;
  private final TransitionTally tally;

  /** Null while both are possible. */
  private Form form;

  private boolean atLineStart = true;
  private Chain chain;

  /** Lines before the position but for blank ones at the end; of a state, or blank. */
  private long lines;

  private long blankLines;

  private ChainLines(TextSource source, StateLabels labels, TransitionTally tally, Form form) {
    this.source = source;
    this.labels = labels;
    this.tally = tally;
    this.form = form;
  }

  /**
   * Reads to the end of the text.
   *
   * @param form {@link Form#CHAINS}, {@link Form#COLUMN} or null to tell from the text
   * @return the form that the text has
   */
  static Form read(TextSource source, StateLabels labels, TransitionTally tally, Form form)
      throws IOException {
    return new ChainLines(source, labels, tally, form).read();
  }

  private Form read() throws IOException {
    while (true) {
      if (lines > 0 && blankLines == 0) {
        readPlainIntegers();
      }
      if (atLineStart && !source.beginLine()) {
        break;
      }
      int end = source.field();
      boolean last = end != source.separator();
      if (atLineStart && last && source.isEmpty()) {
        blankLines++;
      } else {
        if (!atLineStart && form != Form.CHAINS) {
          turnToChains();
        }
        int state = labels.index(source);
        if (atLineStart) {
          beginLine();
        }
        tally.enter(chain, state);
      }
      atLineStart = last;
    }
    return form != null ? form : lines > 1 ? Form.COLUMN : Form.CHAINS;
  }

  /** At the first state of a line. */
  private void beginLine() {
    if (form == Form.CHAINS) {
      chain = tally.startChains(blankLines + 1);
    } else if (lines == 0 || blankLines > 0) {
      chain = tally.startChain();
    }
    lines += blankLines + 1;
    blankLines = 0;
  }

  /** At the second state of a line: the first such line, or else the text is ragged. */
  private void turnToChains() {
    if (form == Form.COLUMN) {
      throw source.error("a second state in the line, allowed: one with --form column");
    }
    form = Form.CHAINS;
    tally.clear();
    int first = chain.state;
    chain = tally.startChains(lines);
    tally.enter(chain, first);
  }

  /**
   * The fast way through states already met that are written as plain integers: as far as they lie
   * in the buffer, stopping before whatever is not one of them.
   *
   * <p>Counts into the tally's own cells as long as these are the right ones, which is until the
   * chain or the block ends: a call for each transition would double the time.
   */
  private void readPlainIntegers() {
    source.nextLine();
    byte[] buffer = source.buffer;
    int limit = source.limit;
    int bound = labels.bound();
    // While the form is not known, a separator decides it, in the slow way.
    int separator = form == Form.CHAINS ? source.separator() : TextSource.NO_SEPARATOR;
    int side = tally.side();
    int p = source.position;
    boolean lineStart = atLineStart;
    int from = chain.state;
    long[] cells = null;
    long room = 0;
    while (p < limit) {
      int state = buffer[p] - '0';
      if (state < 0 || state > 9) {
        break;
      }
      int q = p + 1;
      int digit;
      while (q < limit && (digit = buffer[q] - '0') >= 0 && digit <= 9 && state < bound) {
        state = 10 * state + digit;
        q++;
      }
      if (q == limit || state >= bound) {
        break;
      }
      byte end = buffer[q];
      if (end != separator && end != '\n') {
        break;
      }
      if (end == ' ' && (q + 1 == limit || buffer[q + 1] < '0')) {
        break; // several blanks are one, and none at the end of a line
      }
      if (room > 0 && !(lineStart && form == Form.CHAINS)) {
        cells[from * side + state]++;
        room--;
        lines += lineStart ? 1 : 0;
      } else {
        tally.filled(cells, room);
        chain.state = from;
        if (lineStart) {
          beginLine();
        }
        tally.enter(chain, state);
        cells = tally.cells(chain);
        room = cells == null ? 0 : tally.room();
      }
      from = state;
      p = q + 1;
      lineStart = end == '\n';
      if (lineStart) {
        source.position = p;
        source.newLine();
      }
    }
    tally.filled(cells, room);
    chain.state = from;
    source.position = p;
    atLineStart = lineStart;
  }
}
