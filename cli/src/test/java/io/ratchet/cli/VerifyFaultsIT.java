package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run of a million transitions, watched by a stream that is killed, over a broker that is killed:
 * what was published is what the log says, byte for byte. So it is of its replays at any speed,
 * each watched by a stream that is killed. (That a difference of one bit is found: {@link
 * HistoryIT}.)
 */
@Tag("faults")
final class VerifyFaultsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int CHAINS = 100;
  private static final int UPDATES = 1_000_000 / CHAINS;

  @TempDir Path directory;
  private final String bootstrap = "127.0.0.1:" + EmbeddedBroker.freePort();
  private RatchetProcess broker;
  private RatchetProcess stream;

  @Test
  void whatWasPublishedUnderFaults_isWhatTheLogSays_atAnySpeed() throws Exception {
    broker = broker();
    stream = stream();
    try {
      long began = System.nanoTime();
      try (RatchetProcess training = training()) {
        awaitStep(1_000);
        assertThat(training.isAlive()).isTrue();
        replaceStream();
        awaitStep(3_000);
        assertThat(training.isAlive()).isTrue();
        broker.kill();
        broker.waitFor(PATIENCE);
        broker = broker();
        awaitStep(5_000);
        assertThat(training.isAlive()).isTrue();
        replaceStream();
        training.output(0, PATIENCE);
      }
      Duration recorded = Duration.ofNanos(System.nanoTime() - began);
      System.out.println("faults: " + verified().strip());
      for (String speed : new String[] {"max", "100x", "1x"}) {
        long start = System.nanoTime();
        String said = replay(speed, recorded.plus(PATIENCE)); // at 1x it takes as long as it took
        System.out.printf(
            "faults: replay at %s in %d s: %s%n",
            speed, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start), said.strip());
      }
      assertThat(RunWindows.read(bootstrap, "live").assertWhole(UPDATES, CHAINS)).isZero();
    } finally {
      stream.close();
      broker.close();
    }
  }

  /** Replays and verifies; meanwhile the stream is killed. */
  private String replay(String speed, Duration patience) {
    try (RatchetProcess replay =
        RatchetProcess.ratchet(
            "replay",
            "--run",
            "live",
            "--as",
            "replayed-" + speed,
            "--speed",
            speed,
            "--verify",
            "--timeout",
            "120",
            "--bootstrap",
            bootstrap)) {
      String live = replay.line();
      assertThat(live).contains("live: ", "byte for byte");
      replaceStream();
      return replay.output(0, patience);
    }
  }

  private String verified() {
    CommandLineRun verified =
        CommandLineRun.of(
            "replay", "--run", "live", "--verify", "--timeout", "120", "--bootstrap", bootstrap);
    assertThat(verified.exitCode()).as(verified.err()).isZero();
    return verified.out();
  }

  private void replaceStream() {
    stream.kill();
    stream.waitFor(PATIENCE);
    stream = stream();
  }

  private RatchetProcess stream() {
    RatchetProcess started =
        RatchetProcess.stream(bootstrap, directory.resolve("state"), "--window", "5");
    started.line();
    return started;
  }

  private RatchetProcess broker() {
    return RatchetProcess.broker(directory.resolve("kafka"), bootstrap);
  }

  private RatchetProcess training() {
    return RatchetProcess.ratchet(
        new Trainings(bootstrap, directory.resolve("runs"))
            .start(
                "live",
                // Large enough to train for longer than three restarts take.
                "--data",
                "glyphs:28",
                "--k",
                "30",
                "--batch",
                "1500",
                "--updates",
                String.valueOf(UPDATES)));
  }

  private void awaitStep(long step) throws IOException {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> RunWindows.read(bootstrap, "live").lastStep() >= step);
  }
}
