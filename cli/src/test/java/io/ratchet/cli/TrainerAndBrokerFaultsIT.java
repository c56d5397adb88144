package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The broker is killed while a run is published, the trainer when it spills; both are started
 * again. What was in the log or the spill file is counted once, or superseded by the attempt that
 * goes on; what is missing was in the killed process's memory.
 */
@Tag("faults")
final class TrainerAndBrokerFaultsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int UPDATES = 3_000;
  private static final int CHAINS = 400;

  /** A fifth, as of all harm of which one round takes a quarter of a minute or more. */
  private static final int ROUNDS = Math.max(1, Integer.getInteger("ratchet.rounds", 10) / 5);

  private static final long SEED = Long.getLong("ratchet.seed", new Random().nextLong());

  @TempDir Path directory;
  private String bootstrap;
  private RatchetProcess broker;
  private RatchetProcess stream;

  @BeforeEach
  void start() {
    bootstrap = "127.0.0.1:" + EmbeddedBroker.freePort();
    startBroker();
    stream = RatchetProcess.stream(bootstrap, directory.resolve("state"), "--window", "5");
    stream.line();
  }

  @AfterEach
  void stop() {
    stream.close();
    broker.close();
  }

  @Test
  void whatReachedLogOrSpillFile_isCountedOnce_andTheLineOfStepsIsWhole() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    int spilled = 0;
    int held = 0;
    int superseded = 0;
    for (int round = 1; round <= ROUNDS; round++) {
      String run = "round-" + round;
      Set<Long> left = killBoth(run, random);
      resume(run);

      LoggedSweeps log = counted(run);
      assertThat(log.attempts()).containsOnlyKeys(1, 2);
      NavigableSet<Long> first = log.attempts().get(1);
      assertThat(first).as("what was in the spill file").containsAll(left);
      long goesOnAt = log.attempts().get(2).first();
      Set<Long> line = new TreeSet<>(first.headSet(goesOnAt));
      line.addAll(log.attempts().get(2));
      assertThat(line).as("steps of the line").hasSize(UPDATES).contains(0L, UPDATES - 1L);
      assertThat(log.windows())
          .filteredOn(window -> window.getAttempt() == 2)
          .isNotEmpty()
          .allSatisfy(window -> assertThat(window.getGaps()).isZero());

      spilled += left.size();
      held += Math.toIntExact(first.last() + 1 - first.size());
      superseded += first.tailSet(goesOnAt).size();
    }
    System.out.printf(
        "faults, seed %d: %d rounds, %d sweeps in the spill files when both were killed, %d between"
            + " those acknowledged and those spilled were in memory, %d superseded%n",
        SEED, ROUNDS, spilled, held, superseded);
  }

  /** The twin: what protects the product is the file. */
  @Test
  void withoutTheSpillFile_whatWasInItIsMissing() throws Exception {
    Set<Long> left = killBoth("twin", new SplittableRandom(SEED));
    Files.delete(spill("twin"));
    resume("twin");
    assertThat(counted("twin").attempts().get(1)).doesNotContainAnyElementsOf(left);
  }

  /** Returns the steps of the sweeps that the spill file holds then. */
  private Set<Long> killBoth(String run, SplittableRandom random) throws Exception {
    long step = random.nextLong(300, 800);
    long bytes = random.nextLong(8L << 20);
    try (RatchetProcess training = train(run)) {
      trainings().awaitSweep(training, run, step);
      broker.kill();
      broker.waitFor(PATIENCE);
      long empty = Files.size(spill(run));
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> !training.isAlive() || Files.size(spill(run)) > empty + bytes);
      training.kill();
      assertThat(training.waitFor(PATIENCE)).as("killed before its end").isEqualTo(128 + 9);
    }
    startBroker();
    Set<Long> left = spilled(spill(run));
    assertThat(left).as("sweeps in the spill file").isNotEmpty();
    RunDirectory kept = RunDirectory.of(directory.resolve("runs").resolve(run));
    assertThat(kept.latest().step()).as("a checkpoint on the way").isPositive();
    return left;
  }

  private LoggedSweeps counted(String run) throws InterruptedException {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> RunWindows.read(bootstrap, run).lastStep() == UPDATES - 1);
    LoggedSweeps log = LoggedSweeps.read(trainings().recorded(run));
    log.assertCountedOnce(CHAINS);
    CommandLineRun verified =
        CommandLineRun.of("replay", "--run", run, "--verify", "--bootstrap", bootstrap);
    assertThat(verified.exitCode()).as(verified.err()).isZero();
    return log;
  }

  /** Reads the file by its format; a torn end is no record. */
  private static Set<Long> spilled(Path file) throws IOException {
    Set<Long> steps = new TreeSet<>();
    ByteBuffer left = ByteBuffer.wrap(Files.readAllBytes(file)).position(Long.BYTES);
    while (left.remaining() > 2 * Integer.BYTES) {
      int length = left.getInt();
      left.getInt(); // the checksum
      if (length > left.remaining()) {
        break;
      }
      left.position(left.position() + 1 + Long.BYTES); // kind and time
      byte[] value = new byte[length - 1 - Long.BYTES];
      left.get(value);
      try {
        steps.add(RecordCodec.decode(value, ChainStates.class).getStep());
      } catch (DecodeException e) {
        // A record of another topic.
      }
    }
    return steps;
  }

  private Path spill(String run) {
    return KafkaRunPublisher.spillFile(directory.resolve("runs").resolve(run), run, 0);
  }

  private void startBroker() {
    broker = RatchetProcess.broker(directory.resolve("kafka"), bootstrap);
  }

  private RatchetProcess train(String run) {
    return RatchetProcess.ratchet(
        trainings()
            .start(
                run,
                "--updates",
                String.valueOf(UPDATES),
                "--batch",
                "100",
                "--chains",
                String.valueOf(CHAINS),
                "--observe-every",
                "1", // large records: the queue is soon full
                "--checkpoint-every",
                "100"));
  }

  private void resume(String run) {
    CommandLineRun resumed = CommandLineRun.of(trainings().resume(run));
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
  }

  private Trainings trainings() {
    return new Trainings(bootstrap, directory.resolve("runs"));
  }
}
