package io.ratchet.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A disk in memory that is soon full; the system refuses it to all but root. */
final class SmallDisk implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Path path;

  private SmallDisk(Path path) {
    this.path = path;
  }

  /** Mounts one, or skips the test where that is not allowed. */
  static SmallDisk mount(Path path, int kibibytes) throws IOException {
    Files.createDirectories(path);
    RatchetProcess mount =
        RatchetProcess.tool(
            "mount", "-t", "tmpfs", "-o", "size=" + kibibytes + "k", "tmpfs", path.toString());
    assumeTrue(mount.waitFor(PATIENCE) == 0, "mounting a small disk needs root");
    return new SmallDisk(path);
  }

  Path path() {
    return path;
  }

  long free() throws IOException {
    FileStore disk = Files.getFileStore(path);
    return disk.getUsableSpace();
  }

  /** Takes all but so many bytes. */
  void fill(long left) throws IOException {
    byte[] block = new byte[4 << 10];
    try (OutputStream out = Files.newOutputStream(filler())) {
      while (free() >= left + block.length) {
        out.write(block);
      }
    }
  }

  /** Gives back what {@link #fill} took. */
  void empty() throws IOException {
    Files.delete(filler());
  }

  @Override
  public void close() {
    RatchetProcess.tool("umount", "--lazy", path.toString()).output(0, PATIENCE);
  }

  private Path filler() {
    return path.resolve("filler");
  }
}
