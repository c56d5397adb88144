package io.ratchet.trainer.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is whole and on the disk, under a temporary name beside the one it is meant for: one
 * rename makes it visible.
 */
public final class StagedFile {
  static final String SUFFIX = ".tmp";

  private final Path file;
  private final Path temporary;

  private StagedFile(Path file, Path temporary) {
    this.file = file;
    this.temporary = temporary;
  }

  static StagedFile write(Path file, byte[] bytes) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Files.createDirectories(directory);
    StagedFile staged =
        new StagedFile(file, Files.createTempFile(directory, file.getFileName() + ".", SUFFIX));
    ByteBuffer left = ByteBuffer.wrap(bytes);
    try (FileChannel channel = FileChannel.open(staged.temporary, StandardOpenOption.WRITE)) {
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
      return staged;
    } catch (IOException e) {
      staged.discard();
      String message =
          "%s cannot be written, %,d of %,d bytes were: %s"
              .formatted(file, left.position(), bytes.length, e.getMessage());
      throw new IOException(message, e);
    }
  }

  /** The name under which it will be visible. */
  public Path file() {
    return file;
  }

  /**
   * Makes it visible, in the place of what was there.
   *
   * @throws IOException if it cannot be renamed; what was there before is then untouched
   */
  public void commit() throws IOException {
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(file + ": its file system cannot rename atomically", e);
    } finally {
      Files.deleteIfExists(temporary);
    }
    // The rename itself must survive a power cut; not every platform lets a directory be opened.
    try (FileChannel channel =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      return;
    }
  }

  /** Removes it unseen. */
  public void discard() throws IOException {
    Files.deleteIfExists(temporary);
  }
}
