package io.ratchet.thermodynamics;

/** Checks of arguments, written so that NaN fails; each message has name, value and range. */
final class Arguments {
  private Arguments() {}

  static void checkRange(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d to %d".formatted(name, value, least, most));
    }
  }

  /** Checks a coverage or a confidence. */
  static void checkLevel(String name, double value) {
    if (!(value > 0 && value < 1)) {
      throw new IllegalArgumentException(
          name + " is " + value + "; it must lie between 0 and 1, both excluded");
    }
  }

  /** Checks a mean number of transitions a chain. */
  static void checkTransitionsPerChain(double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(
          "transitionsPerChain is " + value + "; it must be 0 or more, infinite if unknown");
    }
  }
}
