package io.ratchet.cli;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that is there whole or not at all: it is written beside its place, forced to the disk, and
 * renamed once it is complete. What was there before stays until then.
 */
final class OutputFile extends FilterOutputStream {
  private final Path path;
  private final Path part;
  private final Counter counter;
  private boolean complete;

  private static final class Counter extends FilterOutputStream {
    private long bytes;

    Counter(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      bytes++;
    }

    @Override
    public void write(byte[] values, int from, int length) throws IOException {
      out.write(values, from, length);
      bytes += length;
    }
  }

  private OutputFile(Path path, Path part, Counter counter) {
    super(new BufferedOutputStream(counter, 1 << 16));
    this.path = path;
    this.part = part;
    this.counter = counter;
  }

  /**
   * Makes sure that nothing is lost by a file in that place: a device or a directory never gives
   * way, a file only when that was asked for.
   */
  static void requireReplaceable(String option, Path path, boolean force) {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw Check.refused(option, path, "allowed: a file, this is a directory or a device");
    }
    if (Files.exists(path) && !force) {
      throw Check.refused(option, path, "exists; --force overwrites it");
    }
  }

  /**
   * Begins a file, whatever is in its place.
   *
   * @param option the option that names it, for the refusal
   * @throws io.ratchet.trainer.InputException if no file can be made there
   */
  static OutputFile create(String option, Path path) {
    Path absolute = path.toAbsolutePath();
    // By its pid two containers that share the directory would write the same file.
    Path part =
        absolute.resolveSibling("." + absolute.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      return new OutputFile(absolute, part, new Counter(new FileOutputStream(part.toFile())));
    } catch (IOException e) {
      throw Check.refused(option, path, "cannot be written (" + e.getMessage() + ")");
    }
  }

  @Override
  public void write(byte[] values, int from, int length) throws IOException {
    out.write(values, from, length); // not byte by byte
  }

  /** Puts the file in its place. */
  void complete() throws IOException {
    flush();
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(part, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    complete = true;
  }

  /** What went wrong, with path and size. */
  IOException failed(IOException cause) {
    return new IOException(
        "%s cannot be written, %,d bytes were: %s"
            .formatted(path, counter.bytes, cause.getMessage()),
        cause);
  }

  /** Ends the writing; what is not complete leaves nothing. */
  @Override
  public void close() throws IOException {
    try {
      counter.close(); // without a flush, which would fail again on a full disk
    } finally {
      if (!complete) {
        Files.deleteIfExists(part);
      }
    }
  }
}
