package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk is full under the broker, the stream's state, a checkpoint, an export, a spill file.
 * Each says so with path and size, nothing is cut short, and when there is space again all goes on.
 */
@Tag("faults")
final class FullDiskIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int CHAINS = 100;

  /**
   * KiB of a disk that is full only while it is filled: 50 MB of log or state come of a run, more
   * of a slow one, and a disk that is full again, later, ends a process that nobody starts again.
   */
  private static final int SPACIOUS = 192 << 10;

  private static final String NO_SPACE = "No space left on device";

  @TempDir Path directory;
  private String bootstrap;
  private RatchetProcess broker;

  @BeforeEach
  void choosePort() {
    bootstrap = "127.0.0.1:" + EmbeddedBroker.freePort();
  }

  @AfterEach
  void stopBroker() {
    if (broker != null) {
      broker.close();
    }
  }

  @Test
  void broker_endsWithTheReason_andHasEveryAcknowledgedRecordAfterwards() throws IOException {
    int updates = 40_000;
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), SPACIOUS)) {
      startBroker(disk.path());
      try (RatchetProcess stream = stream(directory.resolve("state"));
          RatchetProcess training = train("full", updates, directory.resolve("runs"))) {
        awaitStep(stream, 500);
        disk.fill(1 << 20);
        assertThat(broker.waitFor(PATIENCE)).isNotZero();
        assertThat(broker.errors())
            .contains("broker directory " + disk.path() + "/kafka: Kafka cannot go on, ")
            .contains("bytes of its disk are free");
        disk.empty();
        startBroker(disk.path());
        training.output(0, PATIENCE);
        assertThat(stream.isAlive()).isTrue();
        awaitStep(stream, updates - 1);
      }
      assertThat(RunWindows.read(bootstrap, "full").assertWhole(updates, CHAINS)).isZero();
      assertVerified("full");
    }
  }

  @Test
  void stream_endsWithTheReason_andBuildsItsStateAgain() throws IOException {
    int updates = 20_000;
    startBroker(directory.resolve("kafka"));
    // Slow enough to train on until the stores have more to write than they keep in memory.
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), SPACIOUS);
        RatchetProcess training =
            train("full", updates, directory.resolve("runs"), "--k", "30", "--batch", "2000")) {
      try (RatchetProcess stream = stream(disk.path())) {
        awaitStep(stream, 500);
        disk.fill(4 << 10);
        assertThat(stream.waitFor(PATIENCE)).isEqualTo(1);
        assertThat(stream.errors())
            .contains("ratchet: the stream stopped: state directory " + disk.path() + " (")
            .contains("bytes of its disk are free)", NO_SPACE);
      }
      disk.empty();
      try (RatchetProcess stream = stream(disk.path())) {
        training.output(0, PATIENCE);
        awaitStep(stream, updates - 1);
        assertThat(stream.isAlive()).isTrue();
      }
    }
    assertThat(RunWindows.read(bootstrap, "full").assertWhole(updates, CHAINS)).isZero();
    assertVerified("full");
  }

  @Test
  void checkpoint_saysSo_andTheOneBeforeIsGoodToGoOnFrom() throws IOException {
    startBroker(directory.resolve("kafka"));
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 4 << 10)) {
      disk.fill(160 << 10); // room for that of step 0, of 113,000 bytes
      try (RatchetProcess training = train("full", 500, disk.path())) {
        assertThat(training.waitFor(PATIENCE)).isEqualTo(1);
        assertThat(training.errors())
            .contains("ratchet: " + disk.path() + "/full/step-500.avro cannot be written, ")
            .contains(" bytes were: " + NO_SPACE);
      }
      disk.empty();
      CommandLineRun resumed =
          CommandLineRun.of(new Trainings(bootstrap, disk.path()).resume("full"));
      assertThat(resumed.exitCode()).as(resumed.err()).isZero();
      assertThat(disk.path().resolve("full/step-500.avro")).isRegularFile();
    }
  }

  @Test
  void export_saysSo_andLeavesWhatWasThere() throws IOException {
    startBroker(directory.resolve("kafka"));
    try (RatchetProcess training = train("full", 2_500, directory.resolve("runs"))) {
      training.output(0, PATIENCE);
    }
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 1 << 10)) {
      Path csv = disk.path().resolve("sweeps.csv");
      Files.writeString(csv, "what was there");
      disk.fill(64 << 10);
      CommandLineRun full = export(csv);
      assertThat(full.exitCode()).isEqualTo(1);
      assertThat(full.err())
          .startsWith("ratchet: " + csv + " cannot be written, ")
          .contains(" bytes were: " + NO_SPACE);
      assertThat(csv).hasContent("what was there");
      try (Stream<Path> files = Files.list(disk.path())) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactlyInAnyOrder("sweeps.csv", "filler");
      }

      // Whoever writes in place is left with a part: the disk is as full as that.
      byte[] whole = Files.readAllBytes(exported());
      assertThatThrownBy(() -> Files.write(csv, whole)).hasMessageContaining(NO_SPACE);
      assertThat(csv.toFile().length()).isLessThan(whole.length);
    }
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("larger"), 64 << 10)) {
      Path csv = disk.path().resolve("sweeps.csv");
      assertThat(export(csv).exitCode()).isZero();
      assertThat(Files.readAllLines(csv)).hasSize(1 + 2_500 + 1); // a title, and the end
    }
  }

  @Test
  void spill_saysSo_trainingGoesOn_andOnlyWhatIsCountedIsMissing() throws IOException {
    int updates = 40_000;
    startBroker(directory.resolve("kafka"));
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 16 << 10);
        RatchetProcess stream = stream(directory.resolve("state"));
        RatchetProcess training = train("full", updates, disk.path(), "--batch", "2000")) {
      awaitStep(stream, 500);
      disk.fill(1 << 20);
      broker.kill();
      broker.waitFor(PATIENCE);
      await().atMost(PATIENCE).until(() -> disk.free() < (8 << 10));
      // What is waited for here is time itself, in which the queue fills too and records are lost.
      await().pollDelay(Duration.ofSeconds(12)).atMost(PATIENCE).until(() -> true);
      assertThat(training.isAlive()).as("training outlives the full disk").isTrue();
      assertThat(disk.path().resolve("full/step-" + updates + ".avro")).doesNotExist();
      disk.empty();
      startBroker(directory.resolve("kafka"));
      training.output(0, PATIENCE);
      assertThat(training.errors())
          .contains(disk.path() + "/full/full-0.spill: cannot be written at ")
          .contains(" bytes: " + NO_SPACE);
      awaitStep(stream, updates - 1);
      assertThat(stream.isAlive()).isTrue();
    }
    List<String> sweeps = Files.readAllLines(exported());
    CommandLineRun shown =
        CommandLineRun.of("runs", "show", "full", "--json", "--bootstrap", bootstrap);
    long dropped = RecordJson.MAPPER.readTree(shown.out()).at("/workerRecords/0/dropped").asLong();
    int missing = 1 + updates + 1 - sweeps.size(); // a title, and the end
    assertThat(missing).isBetween(1, Math.toIntExact(dropped));
    assertThat(sweeps).doesNotHaveDuplicates();
    assertVerified("full");
  }

  private Path exported() {
    Path csv = directory.resolve("sweeps.csv");
    assertThat(export(csv).exitCode()).isZero();
    return csv;
  }

  private CommandLineRun export(Path csv) {
    return CommandLineRun.of(
        "export",
        "--run",
        "full",
        "--what",
        "states",
        "--out",
        csv.toString(),
        "--force",
        "--bootstrap",
        bootstrap);
  }

  private void startBroker(Path data) {
    broker = RatchetProcess.broker(data, bootstrap);
  }

  private RatchetProcess stream(Path state) {
    RatchetProcess stream = RatchetProcess.stream(bootstrap, state, "--window", "5");
    stream.line();
    return stream;
  }

  private RatchetProcess train(String run, int updates, Path runs) {
    return train(run, updates, runs, "--batch", "100");
  }

  private RatchetProcess train(String run, int updates, Path runs, String... size) {
    List<String> options =
        new ArrayList<>(List.of("--data", "glyphs", "--updates", String.valueOf(updates)));
    options.addAll(List.of(size));
    return RatchetProcess.ratchet(
        new Trainings(bootstrap, runs).start(run, options.toArray(String[]::new)));
  }

  private void awaitStep(RatchetProcess stream, long step) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              assertThat(broker.isAlive()).as("the broker lives").isTrue();
              assertThat(stream.isAlive()).as("the stream lives").isTrue();
              return RunWindows.read(bootstrap, "full").lastStep() >= step;
            });
  }

  private void assertVerified(String run) {
    CommandLineRun verified =
        CommandLineRun.of("replay", "--run", run, "--verify", "--bootstrap", bootstrap);
    assertThat(verified.exitCode()).as(verified.err()).isZero();
  }
}
