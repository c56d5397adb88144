package io.ratchet.cli;

/** Checks of option values; each throws a {@link UsageException} that says what is allowed. */
final class Check {
  private Check() {}

  static void range(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new UsageException(option, value, String.format("must be %,d to %,d", least, most));
    }
  }
}
