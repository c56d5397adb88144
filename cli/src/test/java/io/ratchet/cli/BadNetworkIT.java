package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.broker.FlakyNetwork;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trainer, stream, replay and its verification, each behind the same network, which is delayed,
 * stalled, cut and reset at random: training is not held up, and every sweep is counted once.
 */
@Tag("faults")
final class BadNetworkIT {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int UPDATES = 20_000;
  private static final int CHAINS = 100;
  private static final long SEED = Long.getLong("ratchet.seed", new Random().nextLong());

  /** Longest time from one harm to the next. */
  private static final int MAX_REST_MILLIS = 2_000;

  @TempDir private Path directory;
  private final Random random = new Random(SEED);

  @Test
  void betweenAnyTwoParts_aBadNetworkLosesNothing_andDoublesNothing() throws Exception {
    int port = EmbeddedBroker.freePort();
    try (FlakyNetwork network = FlakyNetwork.to(port);
        EmbeddedBroker broker =
            EmbeddedBroker.start(directory.resolve("kafka"), port, network.port())) {
      assertThat(broker.bootstrap()).endsWith(":" + port);
      String bootstrap = "127.0.0.1:" + network.port();
      Trainings trainings = new Trainings(bootstrap, directory.resolve("runs"));
      try (RatchetProcess stream =
          RatchetProcess.stream(bootstrap, directory.resolve("state"), "--window", "5")) {
        stream.line();
        try (RatchetProcess training =
            RatchetProcess.ratchet(
                trainings.start(
                    "live",
                    "--updates",
                    String.valueOf(UPDATES),
                    "--batch",
                    "100",
                    "--chains",
                    String.valueOf(CHAINS)))) {
          trainings.awaitSweep(training, "live", 100);
          harm(network, () -> !training.isAlive());
          assertThat(training.waitFor(PATIENCE)).as(training.errors()).isZero();
        }
        assertCountedOnce(trainings, "live");

        CompletableFuture<CommandLineRun> replay =
            CompletableFuture.supplyAsync(
                () ->
                    CommandLineRun.of(
                        "replay",
                        "--run",
                        "live",
                        "--as",
                        "again",
                        "--verify",
                        "--timeout",
                        "60",
                        "--bootstrap",
                        bootstrap));
        harm(network, replay::isDone);
        assertThat(replay.join().exitCode()).as(replay.join().err()).isZero();
        assertCountedOnce(trainings, "again");
        assertThat(stream.isAlive()).isTrue();
      }
      assertThat(network.harmed()).containsKeys(FlakyNetwork.Fault.values());
      System.out.printf(
          "faults, seed %d: harmed connections %s of %d under a training and a replay%n",
          SEED, network.harmed(), network.opened());
    }
  }

  private void harm(FlakyNetwork network, BooleanSupplier over) throws InterruptedException {
    while (!over.getAsBoolean()) {
      network.harm(random);
      Thread.sleep(random.nextInt(MAX_REST_MILLIS));
    }
  }

  private static void assertCountedOnce(Trainings trainings, String run) throws Exception {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> RunWindows.read(trainings.bootstrap(), run).lastStep() == UPDATES - 1);
    LoggedSweeps log = LoggedSweeps.read(trainings.recorded(run));
    assertThat(log.attempts()).containsOnlyKeys(1);
    assertThat(log.attempts().get(1))
        .containsExactlyElementsOf(LongStream.range(0, UPDATES).boxed().toList());
    log.assertCountedOnce(CHAINS);
  }
}
