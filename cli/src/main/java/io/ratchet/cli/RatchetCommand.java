package io.ratchet.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What a subcommand needs of its surroundings: data to standard output, talk to standard error. */
abstract class RatchetCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** Where data go. */
  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Where talk goes. */
  final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Tells the user something that is no error; nothing with {@code --quiet}. */
  final void say(String line) {
    if (!ratchet().quiet()) {
      err().println(line);
    }
  }

  final Ratchet ratchet() {
    return (Ratchet) spec.root().userObject();
  }

  final CommandSpec spec() {
    return spec;
  }
}
