package io.ratchet.cli.analyze;

import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads trajectories from text in one pass. Memory grows with the distinct pairs of states, not
 * with the length of the text or the number of its chains; only in the two forms that interleave
 * chains ({@link Form#TABLE} and {@link Form#COLUMNS}, likewise JSON objects) each chain takes some
 * bytes as well.
 *
 * <p>The form, unless it is given: text that begins with [ or { is {@link Form#JSON}. A first line
 * that begins with a word or an empty field is a header if it names the column of states, if it
 * begins with an empty field, or if the line after it begins with a number: {@link Form#TABLE} with
 * such a column, else {@link Form#COLUMNS}. All other text is {@link Form#CHAINS}, or {@link
 * Form#COLUMN} if no line has more than one state.
 */
public final class TrajectoryReader {
  private final TextSource source;
  private final String name;
  private final Layout layout;
  private final StateLabels labels;
  private final TransitionTally tally;
  private final List<String> remarks = new ArrayList<>();

  private TrajectoryReader(String name, TextSource source, Layout layout, TransitionTally tally) {
    this.name = name;
    this.source = source;
    this.layout = layout;
    this.tally = tally;
    this.labels = new StateLabels(layout.states(), layout.named());
  }

  /**
   * Reads a whole text, plain or gzip.
   *
   * @param name what messages call it
   * @param in its bytes
   * @param layout what the user says of it
   * @throws InputException if it cannot be used
   * @throws IOException if it cannot be read
   */
  public static Sample read(String name, InputStream in, Layout layout) throws IOException {
    return read(name, in, layout, new TransitionTally(VisitLog.LIMIT));
  }

  /** Reads a whole text into a tally that the caller can look at. */
  static Sample read(String name, InputStream in, Layout layout, TransitionTally tally)
      throws IOException {
    return new TrajectoryReader(name, TextSource.of(name, in), layout, tally).read();
  }

  private Sample read() throws IOException {
    if (layout.form() == Form.COUNTS) {
      return readCounts();
    }
    Form form = readTrajectories();
    int states = labels.states();
    int[][] visits = tally.visits();
    return new Sample(
        name,
        form,
        states,
        labels.names(),
        OptionalLong.of(tally.chains()),
        tally.movingChains(),
        tally.groups(Math.max(1, states)),
        tally.blocks(Math.max(1, states)),
        visits == null ? null : List.of(visits),
        remarks);
  }

  private Sample readCounts() throws IOException {
    CountMatrices matrices = CountMatrices.read(source, layout.states());
    boolean several = matrices.matrices() > 1;
    return new Sample(
        name,
        Form.COUNTS,
        matrices.states(),
        matrices.names(),
        several ? OptionalLong.of(matrices.matrices()) : OptionalLong.empty(),
        matrices.moving(),
        matrices.groups(),
        null,
        null,
        List.of());
  }

  private Form readTrajectories() throws IOException {
    Form form = layout.form();
    int first = source.firstByte();
    if (form == Form.JSON || (form == null && (first == '[' || first == '{'))) {
      JsonChains.read(source, labels, tally, layout);
      return Form.JSON;
    }
    if (form == Form.CHAINS || form == Form.COLUMN || !source.beginLine()) {
      return ChainLines.read(source, labels, tally, form);
    }

    List<String> lines = source.peek(2);
    if (lines.isEmpty()) {
      return ChainLines.read(source, labels, tally, null); // blank lines, or one beyond the buffer
    }
    Header header = Header.of(lines.get(0), source.separator());
    boolean named = layout.stateColumn() != null || layout.chainColumn() != null;
    if (form == Form.TABLE || named || header.state(layout) >= 0) {
      checkColumns(header);
      TableRows.readTable(source, labels, tally, header, layout);
      return Form.TABLE;
    }
    boolean hasHeader =
        !header.isNumeric()
            && (header.names().get(0).isEmpty()
                || (lines.size() > 1 && Header.of(lines.get(1), source.separator()).isNumeric()));
    if (form == null && !hasHeader) {
      return ChainLines.read(source, labels, tally, null);
    }
    if (hasHeader && header.chain(layout) >= 0) {
      checkColumns(header);
    }
    if (hasHeader && !header.indices().isEmpty()) {
      remarks.add(
          "columns that number the rows are not read: " + String.join(", ", header.indices()));
    }
    TableRows.readColumns(source, labels, tally, hasHeader ? header : null);
    return Form.COLUMNS;
  }

  private void checkColumns(Header header) {
    String has = "; the columns are " + StateLabels.shown(String.join(", ", header.names()));
    if (header.state(layout) < 0) {
      throw source.lineError(
          (layout.stateColumn() == null
                  ? "no column of states, allowed: one named state or by --state-column"
                  : "no column " + layout.stateColumn() + " (--state-column)")
              + has);
    }
    if (layout.chainColumn() != null && header.chain(layout) < 0) {
      throw source.lineError("no column " + layout.chainColumn() + " (--chain-column)" + has);
    }
  }
}
