package io.ratchet.cli;

import io.ratchet.schema.Topics;
import io.ratchet.trainer.InputException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Checks of option values, and the one form in which a value is refused. */
final class Check {
  private static final Pattern CREDENTIALS = Pattern.compile("[^\\s/,@]*:[^\\s,@]*@");

  private Check() {}

  /**
   * The refusal of an option's value. When it is reported, the option is replaced by what really
   * held the value.
   *
   * @param reason why, such as "allowed: 1 to 1,024"
   */
  static InputException refused(String option, Object value, String reason) {
    return new InputException(
        option + ": " + withoutPassword(String.valueOf(value)) + ", " + reason);
  }

  /** A value as it may be shown: what stands before an @ in an address may be a password. */
  static String withoutPassword(String value) {
    return CREDENTIALS.matcher(value).replaceAll("(hidden)@");
  }

  /** The refusal of a file that an option names: the complaint says where in it, what, and why. */
  static InputException unusable(String option, String complaint) {
    return new InputException(option + ": " + complaint);
  }

  static void range(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw refused(option, value, String.format(Locale.ROOT, "allowed: %,d to %,d", least, most));
    }
  }

  static void runId(String run) {
    if (!Topics.isRunId(run)) {
      throw refused("--run", run, "allowed: " + Topics.RUN_ID);
    }
  }
}
