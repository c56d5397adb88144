package io.ratchet.broker;

import java.util.Locale;

/**
 * The broker cannot be started with what it was given: a directory that cannot be used or is in use
 * by another process, or a port that is taken.
 */
public final class BrokerStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What cannot be used. */
  public enum Culprit {
    DIRECTORY,
    PORT
  }

  private final Culprit culprit;
  private final String value;
  private final String reason;

  BrokerStartException(Culprit culprit, Object value, String reason, Throwable cause) {
    super("broker " + culprit.name().toLowerCase(Locale.ROOT) + " " + value + ": " + reason, cause);
    this.culprit = culprit;
    this.value = value.toString();
    this.reason = reason;
  }

  /** What cannot be used. */
  public Culprit culprit() {
    return culprit;
  }

  /** Its value. */
  public String value() {
    return value;
  }

  /** Why, and what could be used instead. */
  public String reason() {
    return reason;
  }
}
