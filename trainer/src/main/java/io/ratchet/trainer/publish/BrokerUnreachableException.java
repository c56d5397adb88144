package io.ratchet.trainer.publish;

/** The broker did not answer in time. The message is complete for the user and has the address. */
public final class BrokerUnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BrokerUnreachableException(String message, Throwable cause) {
    super(message, cause);
  }
}
