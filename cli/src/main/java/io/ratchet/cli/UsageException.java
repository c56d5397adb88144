package io.ratchet.cli;

/** The user gave what cannot be used. Becomes one line and exit code 2. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String option;
  private final String complaint;

  /**
   * A value of an option that is not allowed.
   *
   * @param option with its dashes; where its value came from is added when it is reported
   * @param value as given
   * @param allowed what would be, such as "must be 1 to 1,024"
   */
  UsageException(String option, Object value, String allowed) {
    super(option + " " + value + ": " + allowed);
    this.option = option;
    this.complaint = value + ": " + allowed;
  }

  /** Something else, with a message that is complete. */
  UsageException(String message) {
    super(message);
    this.option = null;
    this.complaint = message;
  }

  /** The message, naming what really held the value: the flag, a variable, a line of a file. */
  String message(Settings settings) {
    if (option == null || settings == null) {
      return getMessage();
    }
    return settings.origin(option).place(option) + " " + complaint;
  }
}
