package io.ratchet.cli;

import io.ratchet.broker.BrokerStartException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns every failure into one line on standard error and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine commandLine = failure.getCommandLine();
    if (failure.getCause() instanceof UsageException usage) {
      return report(commandLine, usage);
    }
    return print(commandLine, message(failure), Ratchet.USAGE);
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    return report(commandLine, failure);
  }

  int report(CommandLine commandLine, Exception failure) {
    if (commandLine.getCommandSpec().root().userObject() instanceof Ratchet ratchet
        && ratchet.verbose()) {
      failure.printStackTrace(commandLine.getErr());
    }
    if (failure instanceof UsageException usage) {
      Settings settings = commandLine.getDefaultValueProvider() instanceof Settings s ? s : null;
      return print(commandLine, usage.message(settings), Ratchet.USAGE);
    }
    if (failure instanceof BrokerStartException) {
      return print(commandLine, failure.getMessage(), Ratchet.USAGE);
    }
    if (failure instanceof UnreachableException) {
      return print(commandLine, failure.getMessage(), Ratchet.UNREACHABLE);
    }
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return print(commandLine, message, Ratchet.FAILED);
  }

  private static int print(CommandLine commandLine, String message, int exitCode) {
    commandLine.getErr().println("ratchet: " + message.lines().findFirst().orElse(""));
    return exitCode;
  }

  /** Picocli's complaint in our form: what, where, the value, what is allowed. */
  private static String message(ParameterException failure) {
    CommandLine commandLine = failure.getCommandLine();
    String help = "; see " + commandLine.getCommandSpec().qualifiedName() + " --help";
    if (failure instanceof UnmatchedArgumentException unmatched) {
      String argument = unmatched.getUnmatched().get(0);
      List<String> similar = unmatched.getSuggestions();
      return (argument.startsWith("-") ? "unknown option " : "unexpected argument ")
          + argument
          + (similar.isEmpty() ? "" : ": did you mean " + String.join(" or ", similar) + "?")
          + help;
    }
    ArgSpec argument = failure.getArgSpec();
    if (failure.getValue() != null && argument instanceof OptionSpec option) {
      String name = option.longestName();
      String place =
          commandLine.getDefaultValueProvider() instanceof Settings settings
              ? settings.origin(name).place(name)
              : name;
      return place + " " + failure.getValue() + ": " + allowed(option.type());
    }
    String message = failure.getMessage();
    if (failure instanceof MissingParameterException || failure.getValue() == null) {
      message += help;
    }
    return Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }

  private static String allowed(Class<?> type) {
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "must be a whole number";
    }
    if (type == double.class || type == Double.class) {
      return "must be a number";
    }
    if (type == boolean.class) {
      return "must be true or false";
    }
    return "not allowed";
  }
}
