package io.ratchet.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** The settings, and what each is now. */
@Command(
    name = "config",
    description = "Shows the settings.",
    subcommands = ConfigCommand.Show.class)
final class ConfigCommand extends CommandGroup {

  /** One line for each setting. */
  @Command(
      name = "show",
      description = "Prints every setting as key=value, as a command would take it without flags.")
  static final class Show extends RatchetCommand {
    @Option(names = "--origin", description = "Also say where each value came from.")
    private boolean origin;

    @Override
    public Integer call() {
      Settings settings = (Settings) spec().commandLine().getDefaultValueProvider();
      settings
          .catalogue()
          .forEach(
              (key, option) -> {
                Settings.Given given = settings.given(key);
                String value = given == null ? byDefault(option) : given.value();
                Settings.Origin from = given == null ? Settings.Origin.DEFAULT : given.origin();
                out().println(key + "=" + value + (origin ? "  # " + from : ""));
              });
      return Ratchet.DONE;
    }

    private static String byDefault(OptionSpec option) {
      if (option.defaultValue() != null) {
        return option.defaultValue();
      }
      return option.type() == boolean.class ? "false" : "";
    }
  }
}
