package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers, each a process, lose each other and the broker, and still equal one process. */
@Tag("faults")
class WorkerFaultsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Topics TOPICS = Topics.of("ratchet.");
  private static final DataSet DATA = DataSets.load("glyphs:8", null, 600, 1);
  private static final int WORKERS = 3;
  private static final int CHAINS = 12;
  private static final int UPDATES = 1_500;

  @TempDir static Path directory;

  private static RatchetProcess broker;
  private static RatchetProcess stream;
  private static String bootstrap;

  @BeforeAll
  static void start() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      bootstrap = "127.0.0.1:" + free.getLocalPort();
    }
    broker = broker();
    stream = RatchetProcess.stream(bootstrap, directory.resolve("state"), "--window", "5");
    stream.line();
  }

  @AfterAll
  static void stop() {
    stream.close();
    broker.close();
  }

  private static RatchetProcess broker() {
    return RatchetProcess.broker(directory.resolve("kafka"), bootstrap);
  }

  @Test
  void killedWorker_stopsTheOthers_andAllGoOnWithTheSameBits() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    for (int victim : new int[] {1, 0}) {
      String run = "killed-" + victim;
      List<RatchetProcess> workers = start(run);
      awaitStep(run, 100 + random.nextInt(UPDATES / 2));
      workers.get(victim).kill();
      assertThat(workers.get(victim).waitFor(PATIENCE)).isEqualTo(128 + 9);

      int other = victim == 0 ? 1 : 0;
      await()
          .atMost(PATIENCE)
          .until(() -> word(run, other).get("message").asText().contains("waits for"));
      assertThat(word(run, other).get("state").asText()).isEqualTo("stalled");
      assertThat(word(run, other).get("message").asText())
          .startsWith("waits for worker " + victim + " at step ");
      assertThat(show(run).get("state").asText()).isEqualTo("stalled");

      workers.set(victim, RatchetProcess.ratchet(resume(run, victim)));
      finish(workers);
      assertSameBits(run, OneProcess.train(DATA, settings(run), WORKERS));
      assertOneLine(run, 2, WORKERS);
    }
  }

  @Test
  void allWorkersStopped_goOnTogether() throws Exception {
    List<RatchetProcess> workers = start("stopped");
    awaitStep("stopped", 300);
    workers.forEach(RatchetProcess::terminate);
    for (RatchetProcess worker : workers) {
      assertThat(worker.waitFor(PATIENCE)).as(worker.errors()).isEqualTo(128 + 15);
    }
    workers.clear();
    for (int worker = WORKERS - 1; worker >= 0; worker--) {
      workers.add(0, RatchetProcess.ratchet(resume("stopped", worker)));
    }
    finish(workers);
    assertSameBits("stopped", OneProcess.train(DATA, settings("stopped"), WORKERS));
    // Who comes later takes part in the attempt that waits for it, or begins the next.
    assertOneLine("stopped", attempts("stopped"), WORKERS);
  }

  @Test
  void brokerAway_workersWait_andGoOnWithTheSameBits() throws Exception {
    List<RatchetProcess> workers = start("outage");
    awaitStep("outage", 300);
    broker.kill();
    broker.waitFor(PATIENCE);
    // What is waited for here is time itself: the outage has a length, not a condition.
    await().pollDelay(Duration.ofSeconds(8)).atMost(PATIENCE).until(() -> true);
    assertThat(workers).allMatch(RatchetProcess::isAlive);
    broker = broker();
    finish(workers);
    assertThat(workers.get(0).errors()).contains("outage waits for the broker");
    assertSameBits("outage", OneProcess.train(DATA, settings("outage"), WORKERS));
    assertOneLine("outage", 1, WORKERS);
  }

  @Test
  void elastic_theOthersGoOn_asARecordedAttempt() throws Exception {
    List<RatchetProcess> workers = start("elastic", "--elastic", "--elastic-after", "4");
    awaitStep("elastic", 300);
    workers.remove(1).kill();
    finish(workers);

    List<GradientUpdate> updates = gradients("elastic");
    GradientUpdate first =
        updates.stream().filter(update -> update.getAttempt() == 2).findFirst().orElseThrow();
    assertThat(first.getMembers()).containsExactly(0, 2);
    assertThat(first.getWorkers()).isEqualTo(2);
    JsonNode shown = show("elastic");
    assertThat(shown.get("workers").asInt()).isEqualTo(2);
    assertThat(shown.get("chains").asInt()).isEqualTo(2 * CHAINS);
    assertThat(shown.get("startStep").asLong()).isEqualTo(first.getStep());

    List<Snapshot> expected =
        OneProcess.trainWithout(DATA, settings("elastic"), WORKERS, 1, first.getStep());
    WorkersIT.assertSameBits(kept("elastic").ofWorker(0).latest(), expected.get(0));
    WorkersIT.assertSameBits(kept("elastic").ofWorker(2).latest(), expected.get(2));
    assertOneLine("elastic", 2, 2);
    CommandLineRun past =
        CommandLineRun.of(
            "evaluate",
            "--run",
            "elastic",
            "--at-step",
            String.valueOf(UPDATES - 1),
            "--bootstrap",
            bootstrap,
            "--checkpoint-dir",
            directory.resolve("runs").toString(),
            "--data",
            "glyphs:8");
    assertThat(past.exitCode()).as(past.err()).isZero();
    assertThat(past.err()).contains("by the recorded gradients from step ");

    CommandLineRun late = CommandLineRun.of(resume("elastic", 1));
    assertThat(late.exitCode()).as(late.err()).isEqualTo(1);
    assertThat(late.err())
        .contains("attempt 2 began at step " + first.getStep() + " without this worker");
  }

  private static List<RatchetProcess> start(String run, String... more) {
    List<RatchetProcess> workers = new ArrayList<>();
    for (int worker = 0; worker < WORKERS; worker++) {
      List<String> options =
          new ArrayList<>(
              List.of(
                  "--workers",
                  String.valueOf(WORKERS),
                  "--worker",
                  String.valueOf(worker),
                  "--data",
                  "glyphs:8",
                  "--limit",
                  "600",
                  "--batch",
                  "40",
                  "--chains",
                  String.valueOf(CHAINS),
                  "--updates",
                  String.valueOf(UPDATES),
                  "--checkpoint-every",
                  "100"));
      options.addAll(Arrays.asList(more));
      workers.add(RatchetProcess.ratchet(trainings().start(run, options.toArray(new String[0]))));
    }
    return workers;
  }

  private static String[] resume(String run, int worker) {
    return trainings().resume(run, "--worker", String.valueOf(worker));
  }

  private static void finish(List<RatchetProcess> workers) {
    for (RatchetProcess worker : workers) {
      worker.output(0, PATIENCE);
    }
  }

  private static void awaitStep(String run, long step) {
    boolean[] reached = new boolean[1];
    Map<String, String> client = Map.of("bootstrap.servers", bootstrap);
    try (TopicReader reader = TopicReader.open(client, TOPICS.gradientUpdates(), run)) {
      reader.follow(
          () -> reached[0],
          record -> {
            GradientUpdate update = decoded(record.value());
            reached[0] |= update.getRun().equals(run) && update.getStep() >= step;
          });
    }
  }

  private static GradientUpdate decoded(byte[] value) {
    try {
      return RecordCodec.decode(value, GradientUpdate.class);
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }

  private static RunDirectory kept(String run) {
    return RunDirectory.of(directory.resolve("runs").resolve(run));
  }

  private static TrainingSettings settings(String run) {
    return TrainingSettings.of(kept(run).ofWorker(0).latest().settings());
  }

  private static void assertSameBits(String run, List<Snapshot> expected) {
    for (int worker = 0; worker < WORKERS; worker++) {
      Snapshot last = kept(run).ofWorker(worker).latest();
      assertThat(last.step()).isEqualTo(UPDATES);
      WorkersIT.assertSameBits(last, expected.get(worker));
    }
  }

  /**
   * Of each step the line of attempts has one sweep and one gradient of each worker, all gradients
   * of a step were made by the same parameters, and the stream counts all of it and no more.
   */
  private static void assertOneLine(String run, int attempts, int lastWorkers) throws Exception {
    List<GradientUpdate> updates = gradients(run);
    Map<Integer, Long> begins = new TreeMap<>();
    updates.forEach(update -> begins.merge(update.getAttempt(), update.getStep(), Math::min));
    assertThat(begins).hasSize(attempts);
    Map<Long, Set<Long>> digests = new TreeMap<>();
    updates.forEach(
        update ->
            digests
                .computeIfAbsent(update.getStep(), step -> new HashSet<>())
                .add(update.getParametersDigest()));
    assertThat(digests).hasSize(UPDATES).allSatisfy((step, made) -> assertThat(made).hasSize(1));

    Map<Long, Map<Integer, Integer>> line = new TreeMap<>();
    run(run)
        .readAll(
            TOPICS.chainStates(),
            ChainStates.class,
            sweep -> {
              int attempt = sweep.getAttempt();
              boolean superseded =
                  begins.entrySet().stream()
                      .anyMatch(
                          begin -> begin.getKey() > attempt && begin.getValue() <= sweep.getStep());
              if (!sweep.getEnd() && !superseded) {
                line.computeIfAbsent(sweep.getStep(), step -> new TreeMap<>())
                    .merge(sweep.getWorker(), sweep.getFrom().remaining(), Integer::sum);
              }
            });
    long last = begins.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    assertThat(line).hasSize(UPDATES);
    line.forEach(
        (step, workers) ->
            assertThat(workers)
                .as("step %d", step)
                .hasSize(step < last ? WORKERS : lastWorkers)
                .allSatisfy((worker, chains) -> assertThat(chains).isEqualTo(CHAINS)));

    await().atMost(PATIENCE).until(() -> lastStep(run) == UPDATES - 1);
    List<Thermodynamics> windows = windows(run);
    Thermodynamics window = windows.get(windows.size() - 1);
    assertThat(window.getAttempt()).isEqualTo(attempts);
    assertThat(window.getGaps()).isZero();
    assertThat(window.getMissingWorkers()).isEmpty();
    assertThat(window.getTransitions())
        .isEqualTo((window.getToStep() - window.getFromStep() + 1) * lastWorkers * CHAINS);
    CommandLineRun verified =
        CommandLineRun.of("replay", "--run", run, "--verify", "--bootstrap", bootstrap);
    assertThat(verified.exitCode()).as(verified.err()).isZero();
  }

  private static int attempts(String run) throws InterruptedException {
    return gradients(run).stream().mapToInt(GradientUpdate::getAttempt).max().orElseThrow();
  }

  private static List<GradientUpdate> gradients(String run) throws InterruptedException {
    List<GradientUpdate> updates = new ArrayList<>();
    run(run).readAll(TOPICS.gradientUpdates(), GradientUpdate.class, updates::add);
    return updates;
  }

  private static long lastStep(String run) throws InterruptedException {
    List<Thermodynamics> windows = windows(run);
    return windows.isEmpty() ? -1 : windows.get(windows.size() - 1).getToStep();
  }

  private static List<Thermodynamics> windows(String run) throws InterruptedException {
    List<Thermodynamics> windows = new ArrayList<>();
    run(run).readAll(TOPICS.thermodynamics(), Thermodynamics.class, windows::add);
    return windows;
  }

  private static JsonNode show(String run) throws IOException {
    CommandLineRun shown =
        CommandLineRun.of("runs", "show", run, "--json", "--bootstrap", bootstrap);
    return RecordJson.MAPPER.readTree(shown.out());
  }

  private static JsonNode word(String run, int worker) throws IOException {
    for (JsonNode record : show(run).get("workerRecords")) {
      if (record.get("worker").asInt() == worker) {
        return record;
      }
    }
    throw new AssertionError("worker " + worker + " has not spoken");
  }

  private static RecordedRun run(String id) throws InterruptedException {
    return trainings().recorded(id);
  }

  private static Trainings trainings() {
    return new Trainings(bootstrap, directory.resolve("runs"));
  }
}
