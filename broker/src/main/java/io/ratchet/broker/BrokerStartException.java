package io.ratchet.broker;

/**
 * The broker cannot be started with what it was given: a directory that cannot be used or is in use
 * by another process, or a port that is taken. The message is complete for the user.
 */
public final class BrokerStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BrokerStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
