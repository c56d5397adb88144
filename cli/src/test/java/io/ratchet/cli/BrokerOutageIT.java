package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker is killed in the middle of a long training, and is away for ten seconds. */
@Tag("faults")
final class BrokerOutageIT {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int UPDATES = 65_000;
  private static final int CHAINS = 100;

  @TempDir Path directory;

  @Test
  void everySweepIsCountedExactlyOnce_andTrainingDoesNotWait() throws IOException {
    String bootstrap = "127.0.0.1:" + freePort();
    RatchetProcess broker = broker(bootstrap);
    try (RatchetProcess stream =
        RatchetProcess.stream(bootstrap, directory.resolve("state"), "--window", "5")) {
      stream.line();
      try (RatchetProcess training =
          RatchetProcess.ratchet(
              "train",
              "--bootstrap",
              bootstrap,
              "--run",
              "outage",
              "--data",
              "glyphs",
              "--batch",
              "100",
              "--updates",
              String.valueOf(UPDATES),
              "--checkpoint-dir",
              directory.resolve("checkpoints").toString())) {
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofSeconds(2))
            .until(() -> lastStep(bootstrap) > 5_000);
        broker.kill();
        broker.waitFor(PATIENCE);
        // What is waited for here is time itself: the outage has a length, not a condition.
        await().pollDelay(Duration.ofSeconds(10)).atMost(PATIENCE).until(() -> true);
        assertThat(training.isAlive()).as("training outlives the outage").isTrue();
        broker = broker(bootstrap);
        training.output(0, PATIENCE);
      }
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(2))
          .until(() -> lastStep(bootstrap) == UPDATES - 1);

      // Windows of five buckets: every fifth shares no step with the one before.
      List<JsonNode> windows = windows(bootstrap);
      long transitions = 0;
      long gaps = 0;
      for (int n = 0; n < windows.size(); n++) {
        JsonNode window = windows.get(n);
        assertThat(window.get("sequence").asLong()).isEqualTo(n);
        assertThat(window.get("late").asLong()).isZero();
        if (n % 5 == 4) {
          assertThat(window.get("fromStep").asLong()).isEqualTo((n - 4) * 25L);
          transitions += window.get("transitions").asLong();
          gaps += window.get("gaps").asLong();
        }
      }
      assertThat(windows).hasSize(UPDATES / 25);
      assertThat(gaps).isZero();
      assertThat(transitions).isEqualTo((long) UPDATES * CHAINS);
    } finally {
      broker.close();
    }
  }

  private RatchetProcess broker(String bootstrap) {
    RatchetProcess broker =
        RatchetProcess.broker(
            directory.resolve("kafka"),
            Integer.parseInt(bootstrap.substring(bootstrap.indexOf(':') + 1)));
    assertThat(broker.line()).isEqualTo(bootstrap);
    return broker;
  }

  private static List<JsonNode> windows(String bootstrap) throws IOException {
    CommandLineRun tail =
        CommandLineRun.of(
            "topics", "tail", "thermodynamics", "--run", "outage", "--bootstrap", bootstrap);
    List<JsonNode> windows = new ArrayList<>();
    for (String line : tail.out().lines().toList()) {
      windows.add(RecordJson.MAPPER.readTree(line));
    }
    return windows;
  }

  private static long lastStep(String bootstrap) throws IOException {
    List<JsonNode> windows = windows(bootstrap);
    return windows.isEmpty() ? -1 : windows.get(windows.size() - 1).get("toStep").asLong();
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }
}
