package io.ratchet.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The settings of a run that goes on: those of its checkpoint, whatever the defaults are now. */
final class CheckpointSettings {
  /** Data may have moved: their digest is compared. How often one saves changes no bit. */
  private static final Set<String> FREE = Set.of("--data", "--checkpoint-every");

  private CheckpointSettings() {}

  /**
   * Sets every option that is also a setting of the checkpoint, and that nobody gave, to what it
   * was then.
   *
   * @param command a command whose line has been parsed
   * @param kept settings of the checkpoint, by name of the option
   * @throws io.ratchet.trainer.InputException if a flag, the environment or a file says otherwise
   */
  static void apply(CommandSpec command, Map<String, String> kept) {
    for (OptionSpec option : command.options()) {
      String name = option.longestName();
      String value = kept.get(name.substring("--".length()));
      if (value == null) {
        continue;
      }
      if (!isGiven(command, option)) {
        option.setValue(value(option.type(), value));
      } else if (!FREE.contains(name) && !text(option.getValue()).equals(value)) {
        throw Check.refused(
            name, text(option.getValue()), "allowed: " + value + ", the setting of the checkpoint");
      }
    }
  }

  private static boolean isGiven(CommandSpec command, OptionSpec option) {
    try {
      return command.commandLine().getParseResult().hasMatchedOption(option)
          || command.defaultValueProvider().defaultValue(option) != null;
    } catch (Exception e) { // declared by picocli; the provider here is Settings
      throw new IllegalStateException(e);
    }
  }

  private static String text(Object value) {
    return value instanceof List<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
        : String.valueOf(value);
  }

  private static Object value(Class<?> type, String text) {
    if (type == int.class || type == Integer.class) {
      return Integer.valueOf(text);
    }
    if (type == long.class || type == Long.class) {
      return Long.valueOf(text);
    }
    if (type == double.class) {
      return Double.valueOf(text);
    }
    if (type == boolean.class) {
      return Boolean.valueOf(text);
    }
    return type == List.class
        ? Arrays.stream(text.split(",")).map(Integer::valueOf).toList()
        : text;
  }
}
