package io.ratchet.cli;

/** A service did not answer in time. Becomes exit code 69; the message names the address. */
final class UnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
