package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what docs/operations.md tells to do, block by block: a backup, a restore in another place, a
 * move to another Kafka. What was there is {@link KeptCopy}'s.
 */
final class BackupIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;

  @Test
  void whatIsBackedUp_isRestoredElsewhere_andMoved_withTheSameWindows() throws IOException {
    Path copy = directory.resolve("copy");
    KeptCopy.unpack(copy);
    Files.move(copy.resolve("kafka"), directory.resolve("kafka-data"));
    Files.createDirectory(directory.resolve("ratchet-data"));
    Files.move(copy.resolve("runs"), directory.resolve("ratchet-data/runs"));
    String windows = Files.readString(copy.resolve("windows.ndjson"));
    writeLauncher();

    String said = run(section("Back up"), "", "");
    // All that was backed up is lost, and the stream's state, which was not.
    said +=
        RatchetProcess.tool("rm", "-r", directory + "/kafka-data", directory + "/ratchet-data")
            .output(0, PATIENCE);
    assertThat(said).isEmpty();
    String restore = section("Restore");
    run(restore.substring(0, restore.indexOf("./ratchet")), "", "");
    Path restored = directory.resolve("restored");
    assertThat(restored.resolve("ratchet-data/runs/kept/step-80.avro")).isRegularFile();
    try (RatchetProcess broker = RatchetProcess.broker(restored.resolve("kafka-data"), 0)) {
      String bootstrap = broker.line();
      try (RatchetProcess stream =
          RatchetProcess.stream(bootstrap, restored.resolve("stream"), KeptCopy.WINDOWS)) {
        stream.line();
        assertThat(run(restore.substring(restore.indexOf("./ratchet runs")), bootstrap, ""))
            .contains("kept")
            .contains("finished")
            .contains("byte for byte");
        assertThat(KeptCopy.windows(bootstrap, KeptCopy.RUN)).isEqualTo(windows);
        assertThat(evaluated(restored)).contains("log-likelihood");
        move(bootstrap, windows);
      }
    }
  }

  /** To another Kafka that has nothing of it, and a stream of its own. */
  private void move(String from, String windows) throws IOException {
    try (RatchetProcess broker = RatchetProcess.broker(directory.resolve("other"), 0)) {
      String to = broker.line();
      try (RatchetProcess stream =
          RatchetProcess.stream(to, directory.resolve("other-stream"), KeptCopy.WINDOWS)) {
        stream.line();
        assertThat(run(section("Move a run to another Kafka"), from, to)).contains("byte for byte");
        assertThat(KeptCopy.windows(to, KeptCopy.RUN)).isEqualTo(windows);
      }
    }
  }

  private String evaluated(Path restored) {
    return CommandLineRun.of(
            "evaluate",
            "--checkpoint",
            restored + "/ratchet-data/runs/kept/step-80.avro",
            "--data",
            "glyphs:8",
            "--limit",
            "200")
        .out();
  }

  /** The first block under a heading. */
  private static String section(String heading) throws IOException {
    String page = Files.readString(Documentation.ROOT.resolve("docs/operations.md"));
    Matcher block =
        Pattern.compile("\n## " + heading + "\n.*?\n```sh\n(.*?)\n```\n", Pattern.DOTALL)
            .matcher(page);
    assertThat(block.find()).as(heading).isTrue();
    return block.group(1);
  }

  private String run(String script, String bootstrap, String target) {
    return RatchetProcess.tool(
            "env",
            "-C",
            directory.toString(),
            "sh",
            "-euc",
            script
                .replace("digits-1", KeptCopy.RUN)
                .replace("other-kafka:9092", target)
                .replace("localhost:9092", bootstrap))
        .output(0, PATIENCE);
  }

  /** As the launcher does it, but with the classes under test. */
  private void writeLauncher() throws IOException {
    Path launcher = directory.resolve("ratchet");
    Files.writeString(
        launcher,
        "#!/bin/sh\nexec %s/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -cp '%s' %s \"$@\"\n"
            .formatted(
                System.getProperty("java.home"),
                System.getProperty("java.class.path"),
                Ratchet.class.getName()));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
