package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything in one process. */
class DemoIT {
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path directory;

  @Test
  void once_endsAfterTheLastWindow_andItsDataAreThereAfterwards() throws Exception {
    for (String run : new String[] {"demo-1", "demo-2"}) {
      String out = demo("--once", "--updates", "60", "--pace", "0").output(0, PATIENCE);
      assertThat(out.lines()).singleElement().asString().startsWith("http://127.0.0.1:");
      assertThat(directory.resolve("runs").resolve(run).resolve("step-60.avro")).exists();
      Files.writeString(directory.resolve("kafka/demo-runs"), ""); // as a kill may leave it
    }
    try (RatchetProcess broker = RatchetProcess.broker(directory, 0)) {
      String bootstrap = broker.line();
      for (String run : new String[] {"demo-1", "demo-2"}) {
        CommandLineRun tail =
            CommandLineRun.of(
                "topics", "tail", "thermodynamics", "--run", run, "--bootstrap", bootstrap);
        assertThat(tail.out().lines()).hasSize(3); // 25 + 25 + 10 steps
        JsonNode last = RecordJson.MAPPER.readTree(tail.out().lines().toList().get(2));
        assertThat(last.get("transitions").asLong()).isEqualTo(60 * 100);
      }
    }
  }

  @Test
  void sigterm_endsTheRunCleanly() throws Exception {
    try (RatchetProcess demo = demo()) {
      assertThat(demo.line()).startsWith("http://127.0.0.1:");
      demo.terminate();
      assertThat(demo.waitFor(PATIENCE)).isEqualTo(143);
      assertThat(directory.resolve("runs/demo-1"))
          .isDirectoryContaining(file -> file.getFileName().toString().endsWith(".avro"));
    }
  }

  @Test
  void secondDemoOnTheSameDirectory_isRefused_andLeavesNoRun() throws Exception {
    try (RatchetProcess first = demo()) {
      assertThat(first.line()).startsWith("http://127.0.0.1:");
      RatchetProcess second = demo();
      assertThat(second.output(2, PATIENCE)).isEmpty();
      assertThat(second.errors().lines())
          .singleElement()
          .asString()
          .contains("--dir: ", "in use by another running broker");
      assertThat(directory.resolve("runs/demo-2")).doesNotExist();
    }
  }

  private RatchetProcess demo(String... more) {
    List<String> args = new ArrayList<>(List.of("demo", "--dir", directory.toString()));
    // No port that somebody else on this machine may be about to take.
    args.addAll(List.of("--http", "127.0.0.1:0", "--port", "0"));
    args.addAll(List.of(more));
    return RatchetProcess.ratchet(args.toArray(new String[0]));
  }
}
