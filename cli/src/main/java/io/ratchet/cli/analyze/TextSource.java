package io.ratchet.cli.analyze;

import io.ratchet.trainer.InputException;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Bytes of a text, plain or gzip, as fields of lines; knows where it is. Memory is one buffer,
 * whatever the length of the text or of its lines.
 *
 * <p>Buffer and position are open to the reader of the package that has a faster way through the
 * common case; it hands back here at whatever is not common.
 */
final class TextSource implements Closeable {
  /** What ended the last field of the text. */
  static final int END = -1;

  /** No separator has been seen: each line is one field. */
  static final int NO_SEPARATOR = -2;

  /** Large enough that refilling costs nothing beside parsing, small enough for the L2 cache. */
  private static final int BUFFER = 1 << 18;

  /** A longer field is no state and no count. */
  private static final int LONGEST_FIELD = 1 << 16;

  /** In this order: a tab or blank beside a comma is decoration. */
  private static final byte[] SEPARATORS = {',', ';', '\t', ' '};

  /** How files of arrays and archives begin that users give by mistake. */
  private static final String[][] BINARIES = {
    {"\u0093NUMPY", "a NumPy array; write text: numpy.savetxt(FILE, chains, \"%d\", \",\")"},
    {"PK\u0003\u0004", "a zip archive (npz, pt, xlsx); allowed: text"},
    {"\u0089HDF", "an HDF5 file; allowed: text"},
    {"PAR1", "a Parquet file; allowed: text"},
    {"\u00ff\u00fe", "UTF-16; allowed: UTF-8"},
    {"\u00fe\u00ff", "UTF-16; allowed: UTF-8"},
  };

  final byte[] buffer = new byte[BUFFER];
  int position;
  int limit;

  private final String name;
  private final InputStream in;

  private int separator = NO_SEPARATOR;
  private long line = 1;

  /** Offset in the text of the first byte of the line, and of buffer[0]. */
  private long lineStart;

  private long bufferStart;

  private boolean lineEnded;
  private int fieldStart;
  private int fieldEnd;
  private boolean quoted;

  private TextSource(String name, InputStream in) {
    this.name = name;
    this.in = in;
  }

  /**
   * A text that begins where the stream is.
   *
   * @param name what messages call it
   * @param in plain or gzip, told apart by the first two bytes
   */
  static TextSource of(String name, InputStream in) throws IOException {
    byte[] head = in.readNBytes(2);
    InputStream whole = new SequenceInputStream(new ByteArrayInputStream(head), in);
    boolean gzip = head.length == 2 && head[0] == 0x1f && head[1] == (byte) 0x8b;
    TextSource source = new TextSource(name, gzip ? new GZIPInputStream(whole, BUFFER / 4) : whole);
    while (source.limit < 4 && source.fill()) {
      // a pipe may give less than the longest of the marks below
    }
    source.skipByteOrderMark();
    source.refuseBinaries();
    return source;
  }

  /**
   * Reads more, keeping what has not been read.
   *
   * @return false at the end of the text
   */
  boolean fill() throws IOException {
    System.arraycopy(buffer, position, buffer, 0, limit - position);
    bufferStart += position;
    limit -= position;
    position = 0;
    int read = in.read(buffer, limit, buffer.length - limit);
    limit += Math.max(0, read);
    return read > 0;
  }

  /** The next byte that is no white space, which stays unread; {@link #END} if there is none. */
  int firstByte() throws IOException {
    int offset = 0;
    while (at(offset) != END && at(offset) <= ' ') {
      offset++;
    }
    return at(offset);
  }

  /** Bytes not yet read, as a stream; this object cannot be read any more. */
  InputStream rest() {
    return new SequenceInputStream(
        new ByteArrayInputStream(buffer, position, limit - position), in);
  }

  /** What separates the fields of a line: a byte, or {@link #NO_SEPARATOR}. */
  int separator() {
    return separator;
  }

  /**
   * Begins a line: goes past lines of comment (#), and finds the separator if none is known.
   *
   * @return false at the end of the text
   */
  boolean beginLine() throws IOException {
    nextLine();
    while (position < limit || fill()) {
      if (buffer[position] != '#') {
        if (separator == NO_SEPARATOR) {
          separator = separatorOfLine();
        }
        return true;
      }
      while (buffer[position] != '\n') {
        position++;
        if (position == limit && !fill()) {
          return false;
        }
      }
      position++;
      newLine();
    }
    return false;
  }

  /** The first separator of the first line that is not blank, as far as it lies in the buffer. */
  private int separatorOfLine() throws IOException {
    int start = 0;
    while (at(start) == ' ' || at(start) == '\r' || at(start) == '\n') {
      start++;
    }
    int end = start;
    while (end < LONGEST_FIELD && at(end) != '\n' && at(end) != END) {
      end++;
    }
    while (end > start && isSpace(buffer[position + end - 1])) {
      end--;
    }
    for (byte candidate : SEPARATORS) {
      boolean inQuotes = false;
      for (int i = start; i < end; i++) {
        byte b = buffer[position + i];
        inQuotes ^= b == '"';
        if (b == candidate && !inQuotes) {
          return candidate;
        }
      }
    }
    return NO_SEPARATOR;
  }

  /** The byte so many places after the position, or {@link #END}; never moves the position. */
  private int at(int offset) throws IOException {
    while (position + offset >= limit) {
      if (offset > LONGEST_FIELD) {
        fieldStart = position;
        throw error("more than 65,536 bytes without a separator: no state and no count");
      }
      if (!fill()) {
        return END;
      }
    }
    return buffer[position + offset] & 0xff;
  }

  /**
   * The line at the position and those after it, without moving; comments and blank lines are left
   * out.
   *
   * @param count most lines to return; fewer if the buffer or the text ends before
   */
  List<String> peek(int count) throws IOException {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (lines.size() < count && start <= LONGEST_FIELD && at(start) != END) {
      int end = start;
      while (end <= LONGEST_FIELD && at(end) != '\n' && at(end) != END) {
        end++;
      }
      String text = new String(buffer, position + start, end - start, StandardCharsets.UTF_8);
      if (!text.isBlank() && text.charAt(0) != '#') {
        lines.add(text);
      }
      start = end + 1;
    }
    return lines;
  }

  /**
   * Reads the next field; {@link #value}, {@link #isEmpty} and {@link #number} are about it until
   * the next one.
   *
   * @return what ended it: the separator, {@code '\n'} or {@link #END}
   */
  int field() throws IOException {
    nextLine();
    int start = 0;
    while (separator == ' ' && at(start) == ' ') {
      start++;
    }
    int offset = start;
    boolean inQuotes = false;
    int end = at(offset);
    while (end != '\n' && end != END && (end != separator || inQuotes)) {
      inQuotes ^= end == '"';
      end = at(++offset);
    }
    int next = offset + 1;
    if (end == ' ') {
      // Blanks separate in runs, and mean nothing at the end of a line.
      while (at(next) == ' ' || at(next) == '\r') {
        next++;
      }
      if (at(next) == '\n' || at(next) == END) {
        end = at(next++);
      }
    }
    fieldStart = position + start;
    fieldEnd = position + offset;
    trim();
    position += end == END ? next - 1 : next;
    lineEnded = end == '\n';
    return end;
  }

  private void trim() {
    while (fieldStart < fieldEnd && isSpace(buffer[fieldStart])) {
      fieldStart++;
    }
    while (fieldEnd > fieldStart && isSpace(buffer[fieldEnd - 1])) {
      fieldEnd--;
    }
    quoted = fieldEnd - fieldStart >= 2 && buffer[fieldStart] == '"' && buffer[fieldEnd - 1] == '"';
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  /** Goes to the line of the position, if the last field ended one. */
  void nextLine() {
    if (lineEnded) {
      newLine();
      lineEnded = false;
    }
  }

  /** Says that a new line begins at the position. */
  void newLine() {
    line++;
    lineStart = bufferStart + position;
  }

  /** Whether the field has no characters; quoted ones count as some. */
  boolean isEmpty() {
    return fieldStart == fieldEnd;
  }

  /** The field as a whole number without sign, or -1 if it is none below 10^18. */
  long number() {
    if (fieldStart == fieldEnd || fieldEnd - fieldStart > 18) {
      return -1;
    }
    long number = 0;
    for (int i = fieldStart; i < fieldEnd; i++) {
      int digit = buffer[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = 10 * number + digit;
    }
    return number;
  }

  /** The field without quotes and the white space around it. */
  String value() {
    return quoted
        ? new String(buffer, fieldStart + 1, fieldEnd - fieldStart - 2, StandardCharsets.UTF_8)
            .replace("\"\"", "\"")
        : new String(buffer, fieldStart, fieldEnd - fieldStart, StandardCharsets.UTF_8);
  }

  /** An error at the field: {@code file:line:column: complaint}; columns count bytes from 1. */
  InputException error(String complaint) {
    return error(line, bufferStart + fieldStart - lineStart + 1, complaint);
  }

  /** An error of the whole line. */
  InputException lineError(String complaint) {
    return error(line, 1, complaint);
  }

  /** An error elsewhere. */
  InputException error(long atLine, long column, String complaint) {
    return new InputException(name + ":" + atLine + ":" + column + ": " + complaint);
  }

  /** An error of the whole text. */
  InputException textError(String complaint) {
    return new InputException(name + ": " + complaint);
  }

  private void skipByteOrderMark() {
    if (startsWith("\u00ef\u00bb\u00bf")) {
      position += 3;
      lineStart += 3;
    }
  }

  private void refuseBinaries() {
    for (String[] binary : BINARIES) {
      if (startsWith(binary[0])) {
        throw textError("is " + binary[1]);
      }
    }
  }

  private boolean startsWith(String mark) {
    byte[] bytes = mark.getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.equals(buffer, 0, Math.min(limit, bytes.length), bytes, 0, bytes.length);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
