package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.stream.runs.RunState;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four workers train one model through a real broker. */
class WorkersIT {
  private static final int WORKERS = 4;
  private static final int UPDATES = 60;
  private static final int CHAINS = 8;
  private static final Topics TOPICS = Topics.of("ratchet.");
  private static final DataSet DATA = DataSets.load("glyphs:8", null, 400, 1);

  @TempDir static Path directory;

  private static EmbeddedBroker broker;

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @Test
  void fourWorkers_holdTheSameBits_asTheirShardsInOneProcess() throws Exception {
    together(worker -> train("four", "--worker", worker)); // the others wait for worker 0

    List<Snapshot> last = new ArrayList<>();
    for (int worker = 0; worker < WORKERS; worker++) {
      last.add(kept("four").ofWorker(worker).latest());
    }
    TrainingSettings settings = TrainingSettings.of(last.get(0).settings());
    List<Snapshot> expected = OneProcess.train(DATA, settings, WORKERS);
    for (int worker = 0; worker < WORKERS; worker++) {
      assertSameBits(last.get(worker), expected.get(worker));
    }
    // What is compared can tell: the same sums in single precision end elsewhere.
    double[] other =
        OneProcess.trainInSinglePrecision(DATA, settings, WORKERS).get(0).parameter("W").values();
    assertThat(Arrays.equals(other, expected.get(0).parameter("W").values())).isFalse();

    everyStepHasOneDigest();
    everyChainIsThere();
    pastStepComesBack();
    lateWorkerFinishesByWhatWasRecorded(expected.get(1));
    workerThatComesBackToARewoundRun_goesItsWay_notTheOneBefore(expected.get(1));
    whatDoesNotFitIsRefused();
  }

  @Test
  void forcedRun_leavesNothingOfTheOneBefore() throws Exception {
    Snapshot former = OneProcess.train(DATA, settings(), 1).get(0);
    for (RunDirectory left : List.of(kept("forced"), kept("forced").ofWorker(WORKERS))) {
      Checkpoints.write(left.file(former.step()), former);
      left.begin(1, 0);
      left.begin(7, 0);
    }
    refused(train("forced", "--worker", "0"), "--run: forced", "exists already in");
    together(worker -> train("forced", "--worker", worker, "--force"));
    assertThat(kept("forced").hasCheckpoint()).isFalse();
    assertThat(kept("forced").ofWorker(WORKERS).hasCheckpoint()).isFalse();
    assertThat(kept("forced").furthest().latest().run()).isEqualTo("forced");
  }

  private static TrainingSettings settings() {
    return TrainingSettings.builder()
        .updates(1)
        .batch(20)
        .chains(CHAINS)
        .recordGradients(true)
        .build();
  }

  /** All workers at once; the first that fails ends it, for the others would wait for that one. */
  private static void together(Function<String, CommandLineRun> command) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
    try {
      CompletionService<CommandLineRun> running = new ExecutorCompletionService<>(threads);
      for (int worker = WORKERS - 1; worker >= 0; worker--) {
        String number = String.valueOf(worker);
        running.submit(() -> command.apply(number));
      }
      for (int worker = 0; worker < WORKERS; worker++) {
        CommandLineRun done = running.take().get();
        assertThat(done.exitCode()).as(done.err()).isZero();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  static void assertSameBits(Snapshot actual, Snapshot expected) {
    assertThat(actual)
        .usingRecursiveComparison()
        .withEqualsForType(Double::equals, Double.class) // else 1e-15 is taken for equal
        .ignoringFields("run", "attempt", "sweep", "sequence", "gradientOffset", "settings")
        .isEqualTo(expected);
  }

  private static void everyStepHasOneDigest() throws InterruptedException {
    Map<Long, List<GradientUpdate>> steps = new TreeMap<>();
    run("four")
        .readAll(
            TOPICS.gradientUpdates(),
            GradientUpdate.class,
            update -> steps.computeIfAbsent(update.getStep(), s -> new ArrayList<>()).add(update));
    assertThat(steps).hasSize(UPDATES);
    steps.forEach(
        (step, updates) -> {
          assertThat(updates).extracting(GradientUpdate::getWorker).containsOnly(0, 1, 2, 3);
          assertThat(updates).hasSize(WORKERS);
          assertThat(updates).extracting(GradientUpdate::getWorkers).containsOnly(WORKERS);
          assertThat(updates.stream().map(GradientUpdate::getParametersDigest).distinct())
              .as("step %d", step)
              .hasSize(1);
        });
    assertThat(steps.get(1L).get(0).getParametersDigest())
        .isNotEqualTo(steps.get(0L).get(0).getParametersDigest());
  }

  private static void everyChainIsThere() throws InterruptedException {
    Map<Integer, Integer> sweeps = new TreeMap<>();
    run("four")
        .readAll(
            TOPICS.chainStates(),
            ChainStates.class,
            sweep -> {
              assertThat(sweep.getChains()).isEqualTo(WORKERS * CHAINS);
              assertThat(sweep.getChainOffset()).isEqualTo(sweep.getWorker() * CHAINS);
              sweeps.merge(sweep.getWorker(), sweep.getEnd() ? 0 : 1, Integer::sum);
            });
    assertThat(sweeps).containsOnlyKeys(0, 1, 2, 3).containsValue(UPDATES).doesNotContainValue(0);
  }

  private static void pastStepComesBack() throws Exception {
    CommandLineRun fine =
        CommandLineRun.of(
            "evaluate",
            "--run",
            "four",
            "--at-step",
            "37",
            "--json",
            "--bootstrap",
            broker.bootstrap(),
            "--checkpoint-dir",
            directory.resolve("runs").toString(),
            "--data",
            "glyphs:8",
            "--limit",
            "400");
    assertThat(fine.exitCode()).as(fine.err()).isZero();
    assertThat(fine.err()).contains("step 37 by the recorded gradients from step 20 on");
  }

  /** As if it had been killed after its last gradient: nobody waits for it any more. */
  private static void lateWorkerFinishesByWhatWasRecorded(Snapshot expected) throws Exception {
    RunDirectory late = kept("four").ofWorker(1);
    Files.delete(late.file(UPDATES));
    CommandLineRun resumed = resume("--worker", "1");
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(late.latest().attempt()).isEqualTo(1);
    assertSameBits(late.latest(), expected);
    assertThat(late.highestAttempt()).isEqualTo(2);
    assertThat(
            RunState.of(
                run("four").registered().orElseThrow(),
                run("four").workers(),
                Clock.systemUTC().instant()))
        .isEqualTo(RunState.FINISHED);
  }

  private static void workerThatComesBackToARewoundRun_goesItsWay_notTheOneBefore(Snapshot expected)
      throws Exception {
    together(worker -> resume("--at-step", "20", "--worker", worker));
    RunDirectory late = kept("four").ofWorker(1);
    int rewound = late.latest().attempt();
    assertThat(rewound).isEqualTo(3);
    Files.delete(late.file(40));
    Files.delete(late.file(UPDATES));
    assertThat(late.latest().attempt()).isEqualTo(1);

    CommandLineRun resumed = resume("--worker", "1");
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(late.latest().attempt()).isEqualTo(rewound);
    assertSameBits(late.latest(), expected);
  }

  private static CommandLineRun resume(String... more) {
    return CommandLineRun.of(trainings().resume("four", more));
  }

  private static void whatDoesNotFitIsRefused() throws InterruptedException {
    refused(train("four", "--worker", "4"), "--worker: 4, allowed: 0 to 3, below --workers");
    refused(train("four", "--worker", "2"), "--run: four", "exists already in");
    refused(
        train("four", "--worker", "2", "--force"), "--worker: 2, of run four was started already");
    refused(train("five", "--worker", "0", "--algorithm", "em"), "--algorithm: em, allowed with");
    refused(train("five", "--worker", "0", "--batch", "101"), "--batch: 101, allowed: at most 100");

    Run other = Run.newBuilder(run("four").registered().orElseThrow()).setRun("six").build();
    try (RecordSender sender = RecordSender.open(Map.of("bootstrap.servers", broker.bootstrap()))) {
      sender.send(TOPICS.runs(), "six", other);
      sender.flush();
    }
    refused(
        train("six", "--worker", "1", "--learning-rate", "0.02"),
        "--learning-rate: 0.02, allowed: 0.01, the setting of worker 0");
    refused(
        train("six", "--worker", "1", "--data", "glyphs:9"),
        "--data: glyphs:9, digest ",
        "allowed: the data of worker 0");
  }

  private static void refused(CommandLineRun run, String... parts) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err().lines()).singleElement().asString().contains(parts);
  }

  private static RecordedRun run(String id) throws InterruptedException {
    return trainings().recorded(id);
  }

  private static Trainings trainings() {
    return new Trainings(broker.bootstrap(), directory.resolve("runs"));
  }

  private static RunDirectory kept(String run) {
    return RunDirectory.of(directory.resolve("runs").resolve(run));
  }

  private static CommandLineRun train(String run, String... more) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--workers",
                String.valueOf(WORKERS),
                "--limit",
                "400",
                "--updates",
                String.valueOf(UPDATES),
                "--chains",
                String.valueOf(CHAINS),
                "--checkpoint-every",
                "20"));
    options.addAll(List.of(more));
    if (!options.contains("--batch")) {
      options.addAll(List.of("--batch", "20"));
    }
    if (!options.contains("--data")) {
      options.addAll(List.of("--data", "glyphs:8"));
    }
    return CommandLineRun.of(trainings().start(run, options.toArray(new String[0])));
  }
}
