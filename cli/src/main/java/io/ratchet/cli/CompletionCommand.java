package io.ratchet.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The shell's side of the command line: what TAB offers after {@code ratchet}. */
@Command(
    name = "completion",
    description = {
      "Prints what makes bash or zsh complete commands and options. For this shell:",
      "    source <(./ratchet completion bash)",
      "For every one: write it to /etc/bash_completion.d/ratchet, or source it in ~/.bashrc or"
          + " ~/.zshrc."
    })
final class CompletionCommand extends RatchetCommand {
  @Parameters(paramLabel = "bash|zsh", description = "The shell.")
  private String shell;

  @Override
  public Integer call() {
    if (!shell.equals("bash") && !shell.equals("zsh")) {
      throw Check.refused("completion", shell, "allowed: bash or zsh");
    }
    // One text for both: under zsh it begins by turning bash's completion on.
    String name = spec().root().name();
    out().println(AutoComplete.bash(name, spec().root().commandLine()));
    return Ratchet.DONE;
  }
}
