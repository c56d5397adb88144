package io.ratchet.cli;

import java.nio.file.Path;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** The settings, and what each is now. */
@Command(
    name = "config",
    description = "Shows the settings.",
    subcommands = ConfigCommand.Show.class)
final class ConfigCommand extends CommandGroup {

  /** One line for each setting, and one for each property of the Kafka client file. */
  @Command(
      name = "show",
      description = "Prints every setting as key=value, as a command would take it without flags.")
  static final class Show extends RatchetCommand {
    private static final String CLIENT_CONFIG = "client-config";

    @Option(names = "--origin", description = "Also say where each value came from.")
    private boolean origin;

    @Override
    public Integer call() {
      Settings settings = (Settings) spec().commandLine().getDefaultValueProvider();
      settings
          .catalogue()
          .forEach(
              (key, option) -> {
                Settings.Given given = settings.given("--" + key);
                if (given == null) {
                  print(key, byDefault(option), Settings.Origin.DEFAULT);
                } else {
                  print(key, given.value(), given.origin());
                }
              });
      Settings.Given client = settings.given("--" + CLIENT_CONFIG);
      if (client != null) {
        new TreeMap<>(ClientOptions.read(Path.of(client.value())))
            .forEach(
                (key, value) ->
                    print(
                        CLIENT_CONFIG + ":" + key,
                        ClientOptions.mayBeShown(key) ? value : "(hidden)",
                        client.origin()));
      }
      return Ratchet.DONE;
    }

    private void print(String key, String value, Settings.Origin from) {
      out().println(key + "=" + Check.withoutPassword(value) + (origin ? "  # " + from : ""));
    }

    private static String byDefault(OptionSpec option) {
      if (option.defaultValue() != null) {
        return option.defaultValue();
      }
      return option.type() == boolean.class ? "false" : "";
    }
  }
}
