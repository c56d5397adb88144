package io.ratchet.trainer;

/**
 * Input that cannot be used. The message is one line, complete for the user: which option, or file
 * and line; the value; what is allowed.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with a complete message. */
  public InputException(String message) {
    super(message);
  }

  /** An error with a complete message, and what showed it. */
  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
