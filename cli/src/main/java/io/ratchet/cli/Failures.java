package io.ratchet.cli;

import io.ratchet.broker.BrokerStartException;
import io.ratchet.trainer.InputException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns every failure into one line on standard error and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  /** How the message of an unusable value begins. */
  private static final Pattern OPTION = Pattern.compile("^(--[a-z-]+)(?=[: ])");

  private final Settings settings;

  Failures(Settings settings) {
    this.settings = settings;
  }

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine commandLine = failure.getCommandLine();
    if (failure.getCause() instanceof InputException refused) {
      return usage(commandLine, refused.getMessage());
    }
    if (failure.getValue() != null && failure.getArgSpec() instanceof OptionSpec option) {
      String name = option.longestName();
      Settings.Given given = settings.given(name);
      boolean flag = given == null || !given.value().equals(failure.getValue());
      InputException refused = Check.refused(name, failure.getValue(), allowed(option.type()));
      return usage(commandLine, flag ? refused.getMessage() : placed(refused.getMessage(), given));
    }
    return usage(commandLine, complaint(failure));
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    if (((Ratchet) commandLine.getCommandSpec().root().userObject()).verbose()) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      commandLine.getErr().print(Check.withoutPassword(trace.toString()));
    }
    if (failure instanceof InputException) {
      return usage(commandLine, placed(failure.getMessage(), parsed));
    }
    if (failure instanceof BrokerStartException broker) {
      String option = broker.culprit() == BrokerStartException.Culprit.PORT ? "--port" : "--dir";
      String message = Check.refused(option, broker.value(), broker.reason()).getMessage();
      return usage(commandLine, placed(message, parsed));
    }
    if (failure instanceof UnreachableException
        || failure instanceof io.ratchet.stream.BrokerUnreachableException
        || failure instanceof io.ratchet.trainer.publish.BrokerUnreachableException) {
      return print(commandLine, failure.getMessage(), Ratchet.UNREACHABLE);
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigException) { // all other Kafka settings are made here
        return usage(commandLine, placed("--client-config: " + cause.getMessage(), parsed));
      }
    }
    if (failure instanceof UncheckedIOException wrapped) {
      return print(commandLine, wrapped.getCause().getMessage(), Ratchet.FAILED);
    }
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return print(commandLine, message, Ratchet.FAILED);
  }

  static int usage(CommandLine commandLine, String message) {
    return print(commandLine, message, Ratchet.USAGE);
  }

  private static int print(CommandLine commandLine, String message, int exitCode) {
    String line = Printable.of(Check.withoutPassword(message.lines().findFirst().orElse("")));
    commandLine.getErr().println("ratchet: " + line);
    return exitCode;
  }

  /** The message with what really held the value: the flag, a variable, a line of a file. */
  private String placed(String message, ParseResult parsed) {
    Matcher option = OPTION.matcher(message);
    if (!option.find()) {
      return message;
    }
    for (ParseResult level = parsed; level != null; level = level.subcommand()) {
      if (level.hasMatchedOption(option.group(1))) {
        return message;
      }
    }
    return placed(message, settings.given(option.group(1)));
  }

  private static String placed(String message, Settings.Given given) {
    return given == null
        ? message
        : OPTION.matcher(message).replaceFirst(Matcher.quoteReplacement(given.origin().place()));
  }

  /** Picocli's complaint about the shape of a command line, and where help is. */
  private static String complaint(ParameterException failure) {
    String help = "; see " + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    if (failure instanceof UnmatchedArgumentException unmatched) {
      String argument = unmatched.getUnmatched().get(0);
      List<String> similar = unmatched.getSuggestions();
      return (argument.startsWith("-") ? "unknown option " : "unexpected argument ")
          + Check.withoutPassword(argument)
          + (similar.isEmpty() ? "" : ", did you mean " + String.join(" or ", similar) + "?")
          + help;
    }
    String message = failure.getMessage();
    return Character.toLowerCase(message.charAt(0)) + message.substring(1) + help;
  }

  private static String allowed(Class<?> type) {
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "allowed: a whole number";
    }
    if (type == double.class || type == Double.class) {
      return "allowed: a number";
    }
    if (type == List.class) {
      return "allowed: whole numbers separated by commas";
    }
    return type == boolean.class ? "allowed: true or false" : "not allowed";
  }
}
