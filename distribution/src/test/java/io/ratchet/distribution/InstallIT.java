package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/operations.md} tells operators to type, in a root directory of its own. */
class InstallIT {
  private static final Pattern BLOCK =
      Pattern.compile(
          "<!-- not run: changes the system[^\\n]*-->\n```sh\n(.*?)```", Pattern.DOTALL);

  /** What needs a system, and only that, is played. */
  private static final String STAGE =
      """
      set -eu
      sudo() { "$@"; }
      useradd() { echo "useradd $*"; }
      systemctl() { echo "systemctl $*"; }
      """;

  @TempDir Path root;

  @Test
  void theBlocksOfThePage_installACommandThatRuns_andTheUnitsWithTheirSettings()
      throws IOException {
    for (String directory : List.of("opt", "usr/local/bin", "etc/bash_completion.d")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.createDirectories(root.resolve("etc/systemd/system"));
    Matcher block =
        BLOCK.matcher(
            Files.readString(Path.of(System.getProperty("ratchet.root"), "docs", "operations.md")));
    assertThat(block.find()).isTrue();
    assertThat(run(block.group(1)))
        .contains("useradd --system --home-dir " + root + "/var/lib/ratchet ")
        .endsWith(
            """
            systemctl daemon-reload
            systemctl enable --now ratchet-stream
            systemctl start ratchet-trainer@digits-1""");
    assertThat(root.resolve("etc/ratchet/stream.conf")).isNotEmptyFile();
    assertThat(root.resolve("etc/ratchet/digits-1.conf")).isNotEmptyFile();
    assertThat(root.resolve("etc/systemd/system/ratchet-trainer@.service")).isNotEmptyFile();
    assertThat(root.resolve("etc/bash_completion.d/ratchet")).isNotEmptyFile();
    String unit = Files.readString(root.resolve("etc/systemd/system/ratchet-stream.service"));
    assertThat(unit).contains("/opt/ratchet/bin/ratchet stream --config /etc/ratchet/stream.conf");
    assertThat(version()).contains("ratchet " + System.getProperty("ratchet.version"));

    assertThat(block.find()).isTrue();
    assertThat(run(block.group(1))).isEqualTo("systemctl restart ratchet-stream");
    assertThat(version()).contains("ratchet " + System.getProperty("ratchet.version"));
  }

  private String version() {
    return Program.run(
            root,
            Map.of("JAVA_HOME", System.getProperty("java.home")),
            root.resolve("usr/local/bin/ratchet").toString(),
            "--version")
        .out();
  }

  private String run(String block) {
    String script =
        STAGE
            + block
                .replace("-g ratchet ", "")
                .replaceAll("(?<= )/(opt|usr|etc|var)\\b", root + "/$1")
                .replace("ratchet-VERSION.tar.gz", Unpacked.ARCHIVE.toString())
                .replace("VERSION", System.getProperty("ratchet.version"));
    Program.Outcome outcome = Program.run(root, Map.of(), "sh", "-c", script);
    assertThat(outcome.exitCode()).as(outcome.err()).isZero();
    return outcome.out();
  }
}
