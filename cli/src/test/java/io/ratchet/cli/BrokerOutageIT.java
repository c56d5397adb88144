package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
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
              new Trainings(bootstrap, directory.resolve("checkpoints"))
                  .start(
                      "outage",
                      "--data",
                      "glyphs",
                      // So many that training takes longer than the outage.
                      "--batch",
                      "1000",
                      "--updates",
                      String.valueOf(UPDATES)))) {
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofSeconds(2))
            .until(() -> RunWindows.read(bootstrap, "outage").lastStep() > 5_000);
        broker.kill();
        broker.waitFor(PATIENCE);
        // What is waited for here is time itself: the outage has a length, not a condition.
        await().pollDelay(Duration.ofSeconds(10)).atMost(PATIENCE).until(() -> true);
        assertThat(training.isAlive()).as("training outlives the outage").isTrue();
        assertThat(directory.resolve("checkpoints/outage/step-" + UPDATES + ".avro"))
            .as("the outage is in the middle of training")
            .doesNotExist();
        broker = broker(bootstrap);
        training.output(0, PATIENCE);
      }
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(2))
          .until(() -> RunWindows.read(bootstrap, "outage").lastStep() == UPDATES - 1);

      assertThat(RunWindows.read(bootstrap, "outage").assertWhole(UPDATES, CHAINS)).isZero();
    } finally {
      broker.close();
    }
  }

  private RatchetProcess broker(String bootstrap) {
    return RatchetProcess.broker(directory.resolve("kafka"), bootstrap);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }
}
