package io.ratchet.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Text in UTF-8 that goes to a command's standard output; a reader that has gone ends it. */
final class WriterStream extends OutputStream {
  private final PrintWriter writer;

  WriterStream(PrintWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int value) {
    throw new UnsupportedOperationException("a byte is not a text");
  }

  /** Takes whole characters only. */
  @Override
  public void write(byte[] text, int from, int length) throws IOException {
    writer.write(new String(text, from, length, StandardCharsets.UTF_8));
    if (writer.checkError()) {
      throw new IOException("nobody reads the output any more");
    }
  }
}
