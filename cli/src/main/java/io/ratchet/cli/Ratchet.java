package io.ratchet.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.ratchet.trainer.InputException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code ratchet} command: what every subcommand shares, and the program's entry point. */
@Command(
    name = "ratchet",
    description =
        "Trains generative models that sample by a Markov chain and shows their thermodynamics live.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      DemoCommand.class,
      BrokerCommand.class,
      TopicsCommand.class,
      TrainCommand.class,
      StreamCommand.class,
      RunsCommand.class,
      ReplayCommand.class,
      ExportCommand.class,
      AlertsCommand.class,
      EvaluateCommand.class,
      SampleCommand.class,
      AnalyzeCommand.class,
      ConfigCommand.class,
      DoctorCommand.class,
      CompletionCommand.class
    })
public final class Ratchet implements Runnable {
  /** The exit codes; 130 and 143 are the JVM's own on SIGINT and SIGTERM. */
  static final int DONE = 0;

  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int DIFFERENT = 3;
  static final int UNREACHABLE = 69;

  @Spec private CommandSpec spec;

  private boolean quiet;
  private boolean verbose;

  @Option(names = "--quiet", scope = ScopeType.INHERIT, description = "Say nothing but errors.")
  void setQuiet(boolean quiet) {
    this.quiet = quiet;
    if (quiet) {
      level(Logger.ROOT_LOGGER_NAME, Level.ERROR);
    }
  }

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Log also what Kafka says, and show stack traces.")
  void setVerbose(boolean verbose) {
    this.verbose = verbose;
    if (verbose) {
      level(Logger.ROOT_LOGGER_NAME, Level.INFO);
      level("kafka", Level.INFO);
      level("org.apache.kafka", Level.INFO);
    }
  }

  @Option(
      names = "--color",
      paramLabel = "auto|always|never",
      defaultValue = "auto",
      scope = ScopeType.INHERIT,
      description = "Colours: ${DEFAULT-VALUE}, on a terminal only. NO_COLOR is obeyed under auto.")
  void setColor(String color) {
    Ansi ansi =
        switch (color) {
          case "auto" -> Terminal.OUT.isTerminal() ? Ansi.AUTO : Ansi.OFF;
          case "always" -> Ansi.ON;
          case "never" -> Ansi.OFF;
          default -> throw Check.refused("--color", color, "allowed: auto, always or never");
        };
    spec.commandLine().setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
  }

  @Option(
      names = Settings.CONFIG_OPTION,
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description =
          "Settings, one key=value a line; a flag or RATCHET_... in the environment wins.")
  void setConfig(String file) {
    // Read before parsing, see Settings; declared here for the help text.
  }

  boolean quiet() {
    return quiet;
  }

  boolean verbose() {
    return verbose;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "missing command");
  }

  /** Runs one command line in this JVM and returns its exit code. */
  static int run(
      Map<String, String> environment, PrintWriter out, PrintWriter err, String... args) {
    CommandLine commandLine = new CommandLine(new Ratchet());
    commandLine.setOut(out);
    commandLine.setErr(err);
    Settings settings;
    try {
      settings = Settings.read(commandLine, environment, args);
    } catch (InputException e) {
      return Failures.usage(commandLine, e.getMessage());
    }
    Failures failures = new Failures(settings);
    commandLine.setParameterExceptionHandler(failures);
    commandLine.setExecutionExceptionHandler(failures);
    settings.install(commandLine);
    return commandLine.execute(args);
  }

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(System.getenv(), out, err, args));
  }

  /** Sets from which level on a logger speaks; null for as its parent. */
  static void level(String logger, Level level) {
    ((Logger) LoggerFactory.getLogger(logger)).setLevel(level);
  }
}
