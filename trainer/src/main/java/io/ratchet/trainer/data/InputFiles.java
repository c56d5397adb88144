package io.ratchet.trainer.data;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Says in a user's words why a file could not be read. */
final class InputFiles {

  private InputFiles() {}

  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    return "cannot be read (" + e.getMessage() + ")";
  }
}
