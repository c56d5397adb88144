package io.ratchet.stream.accept;

/**
 * A record that is refused whatever came before it.
 *
 * <p>No stack trace is recorded: a flood of bad records must stay cheap.
 */
public final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /**
   * A refusal.
   *
   * @param reason the word for machines
   * @param detail what is wrong: field, value, what is allowed
   */
  public RejectedException(Reason reason, String detail) {
    super(detail, null, false, false);
    this.reason = reason;
  }

  /** The word for machines. */
  public Reason reason() {
    return reason;
  }
}
