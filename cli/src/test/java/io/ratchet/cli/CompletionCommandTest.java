package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real shells take the text and offer what the command line has. */
class CompletionCommandTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path directory;

  @Test
  void bash_offersCommandsAndOptions() throws IOException {
    assumeTrue(RatchetProcess.exists("bash"), "bash is not installed");
    assertThat(offered("ratchet", "tr")).isEqualTo("train");
    assertThat(offered("./ratchet", "train", "--learn")).isEqualTo("--learning-rate");
    assertThat(offered("ratchet", "runs", "s")).isEqualTo("show");
  }

  private String offered(String... words) throws IOException {
    // compopt complains, and may, where no key was pressed.
    String script =
        "source %s 2>&1; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_ratchet 2>/dev/null; echo \"${COMPREPLY[*]}\""
            .formatted(script("bash"), String.join(" ", words), words.length - 1);
    return RatchetProcess.tool("bash", "--norc", "-c", script).output(0, PATIENCE).strip();
  }

  @Test
  void zsh_registersIt() throws IOException {
    assumeTrue(RatchetProcess.exists("zsh"), "zsh is not installed");
    String script = "source " + script("zsh") + "; print -r -- ${_comps[ratchet]}";
    assertThat(RatchetProcess.tool("zsh", "-f", "-c", script).output(0, PATIENCE))
        .contains("_complete_ratchet");
  }

  @Test
  void anotherShell_isRefused() {
    CommandLineRun run = CommandLineRun.of("completion", "fish");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).isEqualTo("ratchet: completion: fish, allowed: bash or zsh\n");
  }

  private Path script(String shell) throws IOException {
    CommandLineRun run = CommandLineRun.of("completion", shell);
    assertThat(run.exitCode()).isZero();
    return Files.writeString(directory.resolve("completion." + shell), run.out());
  }
}
