package io.ratchet.cli;

import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where the values of options come from: flag, then {@code RATCHET_...} in the environment, then
 * the file of {@code --config}, then the default.
 *
 * <p>The catalogue of settings is the options themselves, as the commands declare them: name, type,
 * default and description stand in one place. {@code --learning-rate} is {@code
 * RATCHET_LEARNING_RATE} and {@code learning-rate=}. What only directs one call of a command
 * ({@link #ACTS}) is an option but no setting.
 */
final class Settings implements IDefaultValueProvider {
  static final String CONFIG_OPTION = "--config";

  /** Options that say what to do now; taken from nowhere but the command line. */
  private static final Set<String> ACTS =
      Set.of(
          "help",
          "version",
          "as",
          "config",
          "at-step",
          "chain-column",
          "counts",
          "follow",
          "force",
          "form",
          "format",
          "from-step",
          "json",
          "latent",
          "level",
          "n",
          "names",
          "once",
          "origin",
          "out",
          "plot",
          "resume",
          "speed",
          "state-column",
          "states",
          "target",
          "to-step",
          "trajectory",
          "verify",
          "what");

  /** Variables of that prefix that are not for the program: the launcher's. */
  private static final Set<String> LAUNCHER = Set.of("RATCHET_JAVA_OPTS");

  private static final String PREFIX = "RATCHET_";

  private final Map<String, OptionSpec> catalogue;
  private final Map<String, Given> given;

  /** A value and what held it. */
  record Given(String value, Origin origin) {}

  /**
   * What held a value.
   *
   * @param kind environment, config or default
   * @param place the variable, or file, line and key; empty for a default
   */
  record Origin(String kind, String place) {
    static final Origin DEFAULT = new Origin("default", "");

    @Override
    public String toString() {
      return place.isEmpty() ? kind : kind + " " + place;
    }
  }

  private Settings(Map<String, OptionSpec> catalogue, Map<String, Given> given) {
    this.catalogue = catalogue;
    this.given = given;
  }

  /**
   * Reads environment and file. The arguments are only searched for {@code --config}: defaults must
   * be known before they are parsed.
   *
   * @throws InputException for an unknown key or a file that cannot be read
   */
  static Settings read(CommandLine root, Map<String, String> environment, String... args) {
    Map<String, OptionSpec> catalogue = new TreeMap<>();
    collect(root, catalogue);
    Map<String, Given> given = new HashMap<>();
    String file = configFile(args);
    if (file != null) {
      readFile(file, catalogue, given);
    }
    readEnvironment(environment, catalogue, given);
    return new Settings(catalogue, given);
  }

  /** Makes every command take its defaults from here. */
  void install(CommandLine root) {
    root.setDefaultValueProvider(this);
  }

  /** The settings by key, in alphabetical order. */
  Map<String, OptionSpec> catalogue() {
    return catalogue;
  }

  /** What environment or file give for an option, such as --k; null for nothing. */
  Given given(String option) {
    return given.get(key(option));
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option)) {
      return null;
    }
    Given value = given(option.longestName());
    return value == null ? null : value.value();
  }

  private static String key(String option) {
    return option.substring("--".length());
  }

  /** The variable of the environment that holds a setting. */
  static String variable(String key) {
    return PREFIX + key.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  private static void collect(CommandLine command, Map<String, OptionSpec> catalogue) {
    for (OptionSpec option : command.getCommandSpec().options()) {
      String key = key(option.longestName());
      if (!ACTS.contains(key)) {
        // A command that leaves a default open, as demo does, does not speak for the others.
        catalogue.merge(key, option, (a, b) -> a.defaultValue() == null ? b : a);
      }
    }
    command.getSubcommands().values().forEach(sub -> collect(sub, catalogue));
  }

  private static String configFile(String... args) {
    String file = null;
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals(CONFIG_OPTION) && i + 1 < args.length) {
        file = args[i + 1];
      } else if (args[i].startsWith(CONFIG_OPTION + "=")) {
        file = args[i].substring(CONFIG_OPTION.length() + 1);
      }
    }
    return file;
  }

  private static void readEnvironment(
      Map<String, String> environment,
      Map<String, OptionSpec> catalogue,
      Map<String, Given> given) {
    Map<String, String> keys = new HashMap<>();
    catalogue.keySet().forEach(key -> keys.put(variable(key), key));
    new TreeMap<>(environment)
        .forEach(
            (variable, value) -> {
              if (!variable.startsWith(PREFIX) || LAUNCHER.contains(variable)) {
                return;
              }
              String key = keys.get(variable);
              if (key == null) {
                throw new InputException(
                    "environment variable " + variable + ", unknown setting" + suggestion());
              }
              given.put(key, new Given(value, new Origin("environment", variable)));
            });
  }

  private static void readFile(
      String file, Map<String, OptionSpec> catalogue, Map<String, Given> given) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw Check.refused(CONFIG_OPTION, file, "no such file");
    } catch (MalformedInputException e) {
      throw Check.refused(CONFIG_OPTION, file, "allowed: UTF-8 text");
    } catch (IOException e) {
      throw Check.refused(CONFIG_OPTION, file, "cannot be read (" + e.getMessage() + ")");
    }
    for (int i = 0; i < lines.size(); i++) {
      Properties line = new Properties(); // one line at a time, to know its number
      try {
        line.load(new StringReader(lines.get(i)));
      } catch (IOException | IllegalArgumentException e) {
        throw noSetting(file, i, lines.get(i), catalogue);
      }
      // Properties also take "key value" and "key:value", and read a forgotten "=" as they please.
      String beforeEquals = lines.get(i).split("=", 2)[0].strip();
      if (!line.isEmpty() && (!lines.get(i).contains("=") || !line.containsKey(beforeEquals))) {
        throw noSetting(file, i, lines.get(i), catalogue);
      }
      for (String key : line.stringPropertyNames()) {
        String place = file + ":" + (i + 1);
        if (!catalogue.containsKey(key)) {
          throw new InputException(place + ": " + key + ", unknown setting" + suggestion());
        }
        Given before =
            given.put(
                key, new Given(line.getProperty(key), new Origin("config", place + ": " + key)));
        if (before != null) {
          throw new InputException(
              place + ": " + key + ", given twice, also in " + before.origin().place());
        }
      }
    }
  }

  /**
   * The line is shown if it is about a setting, none of which is secret; else it may be a password.
   */
  private static InputException noSetting(
      String file, int line, String text, Map<String, OptionSpec> catalogue) {
    String key = text.strip().split("[\\s:=]", 2)[0];
    String shown = catalogue.containsKey(key) ? Check.withoutPassword(text) : "no setting";
    return new InputException(file + ":" + (line + 1) + ": " + shown + ", allowed: key=value");
  }

  private static String suggestion() {
    return "; ratchet config show lists all";
  }
}
