package io.ratchet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file that holds what nobody else may know. */
final class SecretFile {
  private static final Logger LOG = LoggerFactory.getLogger(SecretFile.class);

  private SecretFile() {}

  /** Says so if every user of this machine may read it. */
  static void warnIfShared(Path file) {
    try {
      if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
        LOG.warn("{} holds secrets and every user may read it; chmod o-r {}", file, file);
      }
    } catch (IOException | UnsupportedOperationException e) {
      // Who reads it next says why it cannot; without POSIX there are no such permissions.
    }
  }
}
