package io.ratchet.cli;

import picocli.CommandLine.ParameterException;

/** A command that only has subcommands. */
abstract class CommandGroup extends RatchetCommand {
  @Override
  public final Integer call() {
    throw new ParameterException(
        spec().commandLine(),
        "missing subcommand: " + String.join(" or ", spec().subcommands().keySet()));
  }
}
