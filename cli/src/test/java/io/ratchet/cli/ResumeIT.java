package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.trainer.InputException;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Training processes are killed (SIGKILL) and go on, with a real broker and a stream. */
class ResumeIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Topics TOPICS = Topics.of("ratchet.");
  private static final int UPDATES = 6_000;
  private static final int BUCKET = 25;
  private static final int ROUNDS = Integer.getInteger("ratchet.rounds", 10);

  /** What is trained; em reads all examples in each update, so it is given few. */
  private static final NavigableMap<String, List<String>> KINDS =
      new TreeMap<>(
          Map.of(
              "latent-cycle", List.of("--model", "latent-cycle"),
              "tied", List.of("--model", "tied"),
              "full", List.of("--algorithm", "full"),
              "em", List.of("--algorithm", "em", "--limit", "300"),
              "rbm", List.of("--model", "rbm", "--hidden", "20")));

  @TempDir static Path directory;

  private static RatchetProcess broker;
  private static RatchetProcess stream;
  private static String bootstrap;

  @BeforeAll
  static void start() {
    broker = RatchetProcess.broker(directory, 0);
    bootstrap = broker.line();
    stream = RatchetProcess.stream(bootstrap, directory.resolve("state"), "--window", "5");
    stream.line();
  }

  @AfterAll
  static void stop() {
    stream.close();
    broker.close();
  }

  @Test
  void killedAtARandomStep_goesOnWithTheSameBits() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    killAndResume("killed-1", "latent-cycle", 1 + random.nextInt(UPDATES / 3));
    killAndResume("killed-2", "tied", 1 + random.nextInt(UPDATES / 3));
  }

  @Test
  @Tag("faults")
  void killedAgainAndAgain_goesOnWithTheSameBits() throws Exception {
    SplittableRandom random = new SplittableRandom(2);
    List<String> kinds = List.copyOf(KINDS.keySet());
    for (int round = 1; round <= ROUNDS; round++) {
      String kind = kinds.get(round % kinds.size());
      killAndResume("faults-" + round, kind, 1 + random.nextInt(UPDATES / 3));
    }
  }

  @Test
  void resumeFromAnOlderStep_supersedesWhatCameAfter() throws Exception {
    CommandLineRun.of(
        train("older", "latent-cycle", "--updates", "400", "--tag", "a", "--tag", "b,c=1"));
    assertLabels("older", List.of("a", "b", "c=1"), "");
    RunDirectory kept = RunDirectory.of(directory.resolve("runs/older"));
    Snapshot whole = kept.latest();
    assertThat(whole.step()).isEqualTo(400);

    CommandLineRun finished = resume("older");
    assertThat(finished.exitCode()).isZero();
    assertThat(finished.err()).contains("has finished already, at step 400");
    assertThat(kept.highestAttempt()).isEqualTo(1);

    CommandLineRun again = resume("older", "--at-step", "200", "--note", "from step 200");
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertLabels("older", List.of("a", "b", "c=1"), "from step 200");
    assertThat(again.out().strip()).isEqualTo(kept.file(400).toString());
    assertThat(kept.latest().attempt()).isEqualTo(2);
    assertSameBits(kept.latest(), whole);
    assertThat(kept.at(300).attempt()).as("--checkpoint-every is kept").isEqualTo(2);
    await().atMost(PATIENCE).until(() -> lastWindow("older").getAttempt() == 2);
    assertThat(attempts("older").get(2).keySet()).first().isEqualTo(200L);
  }

  /** What is given at a resume replaces what the run had; the rest stays. */
  private static void assertLabels(String run, List<String> tags, String note) {
    List<Run> records = new ArrayList<>();
    try (TopicReader reader = TopicReader.open(client(), TOPICS.runs(), null)) {
      reader.readToEnd(
          record -> {
            if (TopicReader.key(record).equals(run)) {
              records.add(decode(record.value(), Run.class));
            }
          });
    }
    Run last = records.get(records.size() - 1);
    assertThat(last.getTags()).isEqualTo(tags);
    assertThat(last.getNotes()).isEqualTo(note);
  }

  @Test
  void pastStep_comesBackInEveryBit_byRecordedGradients_orByTrainingAgain() throws Exception {
    for (String model : new String[] {"latent-cycle", "tied"}) {
      CommandLineRun.of(train("each-" + model, model, "--updates", "150"));
      CommandLineRun.of(train("kept-" + model, model, "--updates", "150", "--record-gradients"));
      long digest = past("each-" + model, "training again from step 100 to step 130");
      assertThat(past("kept-" + model, "step 130 by the recorded gradients from step 100 on"))
          .isEqualTo(digest);
      RunDirectory kept = RunDirectory.of(directory.resolve("runs/kept-" + model));
      assertThat(digest).isNotEqualTo(Checkpoints.model(kept.at(100)).digest());
      CommandLineRun.of(
          train("fine-" + model, model, "--updates", "150", "--checkpoint-every", "10"));
      RunDirectory fine = RunDirectory.of(directory.resolve("runs/fine-" + model));
      assertThat(digest).isEqualTo(Checkpoints.model(fine.at(130)).digest());
    }
    Path table = directory.resolve("samples.csv");
    Path image = directory.resolve("samples.png");
    for (Path out : new Path[] {table, image}) {
      CommandLineRun sampled =
          CommandLineRun.of(
              "sample",
              "--run",
              "each-tied",
              "--at-step",
              "130",
              "--checkpoint-dir",
              directory.resolve("runs").toString(),
              "--n",
              "20",
              "--latent",
              "0,3",
              "--out",
              out.toString());
      assertThat(sampled.exitCode()).as(sampled.err()).isZero();
    }
    assertThat(Files.readAllLines(table)).hasSize(41);
    assertThat(Files.readAllLines(table).get(40)).startsWith("3,").hasSize(1 + 2 * 256);
    BufferedImage read = ImageIO.read(image.toFile());
    assertThat(read.getWidth()).isEqualTo(20 * (2 * 16 + 2) + 2);
    assertThat(read.getHeight()).isEqualTo(2 * (2 * 16 + 2) + 2);
  }

  @Test
  void trainingAgain_thatEndsElsewhere_isRefused_andAnotherBuildIsNamed() throws Exception {
    CommandLineRun.of(train("other", "latent-cycle", "--updates", "150"));
    RunDirectory kept = RunDirectory.of(directory.resolve("runs/other"));
    Snapshot honest = kept.at(100);
    honest.parameter("b").values()[0] += 1e-12; // as another build might have it
    Checkpoints.write(kept.file(100), honest.with(Map.of("build", "0.0.1 abc"), -1));
    assertThatThrownBy(() -> past("other", ""))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--at-step: 100, the run had other parameters there");
    CommandLineRun resumed = resume("other", "--at-step", "100");
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("the checkpoint of step 100 is of 0.0.1 abc, this is ");
  }

  private static long past(String run, String how) throws InterruptedException {
    ModelOptions options =
        CommandLine.populateCommand(
            new ModelOptions(),
            "--bootstrap",
            bootstrap,
            "--timeout",
            "60",
            "--run",
            run,
            "--at-step",
            "130",
            "--checkpoint-dir",
            directory.resolve("runs").toString());
    List<String> talk = new ArrayList<>();
    long digest = options.load(talk::add).model().digest();
    assertThat(talk).containsExactly(how);
    return digest;
  }

  @Test
  void whatCannotGoOn_isRefused() throws Exception {
    CommandLineRun.of(train("bad", "latent-cycle", "--updates", "250"));
    RunDirectory kept = RunDirectory.of(directory.resolve("runs/bad"));
    refused(resume("nobody"), "no checkpoint");
    refused(resume("bad", "--at-step", "150"), "step-150.avro: no such file", "0, 100, 200, 250");
    refused(resume("bad", "--k", "11"), "--k: 11, allowed: 10, the setting of the checkpoint");
    refused(
        CommandLineRun.of(Map.of("RATCHET_BATCH", "64"), trainings().resume("bad")),
        "RATCHET_BATCH: 64, allowed: 100, the setting of the checkpoint");
    refused(resume("bad", "--workers", "2"), "--workers: 2, allowed: 1, the setting of the");
    refused(resume("bad", "--worker", "5"), "--worker: 5, allowed: 0, the setting of the");
    refused(resume("bad", "--elastic"), "--elastic: true, allowed: false, the setting of the");
    refused(resume("bad", "--updates", "300"), "--updates: 300, allowed: 250, the setting of");
    refused(resume("bad", "--at-step", "100", "--limit", "1000"), "--data glyphs: digest ");
    CommandLineRun started =
        CommandLineRun.of("train", "--bootstrap", bootstrap, "--run", "bad", "--at-step", "1");
    refused(started, "--at-step: 1, allowed: with --resume");

    byte[] bytes = Files.readAllBytes(kept.file(250));
    bytes[bytes.length / 2] ^= 4;
    Files.write(kept.file(250), bytes);
    refused(resume("bad"), "step-250.avro: not a checkpoint, or damaged");
    CommandLineRun older = resume("bad", "--at-step", "200");
    assertThat(older.exitCode()).as(older.err()).isZero();
  }

  private static void refused(CommandLineRun run, String... parts) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err().lines()).singleElement().asString().contains(parts);
  }

  private static void killAndResume(String run, String kind, long step) throws Exception {
    RunDirectory whole = RunDirectory.of(directory.resolve("runs/whole-" + kind));
    if (whole.isEmpty()) {
      assertThat(CommandLineRun.of(train("whole-" + kind, kind)).exitCode()).isZero();
    }
    RatchetProcess training = RatchetProcess.ratchet(train(run, kind));
    trainings().awaitSweep(training, run, step);
    training.kill();
    assertThat(training.waitFor(PATIENCE))
        .as("%s is killed before its end: %s", run, training.errors())
        .isEqualTo(128 + 9);

    CommandLineRun resumed = resume(run);
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    Snapshot last = Checkpoints.read(Path.of(resumed.out().strip()));
    assertThat(last.attempt()).isEqualTo(2);
    assertSameBits(last, whole.latest());
    assertOneLine(run, "whole-" + kind);
    assertSameWindows(run, "whole-" + kind);
  }

  /** Every bit that training goes on from: parameters, optimiser, chains, generators, data. */
  private static void assertSameBits(Snapshot actual, Snapshot expected) {
    assertThat(actual)
        .usingRecursiveComparison()
        .withEqualsForType(Double::equals, Double.class) // else 1e-15 is taken for equal
        .ignoringFields("run", "attempt", "sweep", "sequence")
        .isEqualTo(expected);
  }

  /** The log holds each step of the run exactly as if nothing had happened; no step is missing. */
  private static void assertOneLine(String run, String whole) {
    Map<Integer, NavigableMap<Long, ChainStates>> attempts = attempts(run);
    Map<Long, ChainStates> expected = attempts(whole).get(1);
    assertThat(attempts).containsOnlyKeys(1, 2);
    long startStep = attempts.get(2).firstEntry().getValue().getStartStep();
    for (long step = 0; step < UPDATES; step++) {
      ChainStates actual = attempts.get(step < startStep ? 1 : 2).get(step);
      assertThat(actual).as("step %d, attempt 2 from %d", step, startStep).isNotNull();
      assertThat(actual.getFrom()).isEqualTo(expected.get(step).getFrom());
      assertThat(actual.getTo()).isEqualTo(expected.get(step).getTo());
    }
    assertThat(attempts.get(2)).hasSize((int) (UPDATES - startStep));
  }

  /** The stream goes on counting windows; once they are full again they are those of the whole. */
  private static void assertSameWindows(String run, String whole) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> lastWindow(run).getToStep() == UPDATES - 1 && lastWindow(run).getAttempt() == 2);
    Map<Long, Thermodynamics> expected = new TreeMap<>();
    windows(whole).forEach(window -> expected.put(window.getToStep(), window));
    List<Thermodynamics> windows = windows(run);
    int compared = 0;
    for (int n = 0; n < windows.size(); n++) {
      Thermodynamics window = windows.get(n);
      assertThat(window.getSequence()).isEqualTo(n);
      assertThat(window.getGaps()).isZero();
      if (window.getToStep() - window.getFromStep() == 5 * BUCKET - 1) {
        Thermodynamics same = expected.get(window.getToStep());
        assertThat(window.getTransitions()).isEqualTo(same.getTransitions());
        assertThat(window.getCounts()).isEqualTo(same.getCounts());
        assertThat(window.getEntropyProduction()).isEqualTo(same.getEntropyProduction());
        assertThat(window.getPathEntropyProduction()).isEqualTo(same.getPathEntropyProduction());
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(UPDATES / BUCKET / 3);
  }

  private static String[] train(String run, String kind, String... more) {
    List<String> options = new ArrayList<>(List.of("--batch", "100", "--chains", "40"));
    options.addAll(KINDS.get(kind));
    if (!Arrays.asList(more).contains("--checkpoint-every")) {
      options.addAll(List.of("--checkpoint-every", "100"));
    }
    if (!Arrays.asList(more).contains("--updates")) {
      options.addAll(List.of("--updates", String.valueOf(UPDATES)));
    }
    options.addAll(List.of(more));
    return trainings().start(run, options.toArray(new String[0]));
  }

  /** Goes on with nothing but the run's name: the rest is in the checkpoint. */
  private static CommandLineRun resume(String run, String... more) {
    return CommandLineRun.of(trainings().resume(run, more));
  }

  private static Trainings trainings() {
    return new Trainings(bootstrap, directory.resolve("runs"));
  }

  /** Sweeps by attempt and step; the end of an attempt is left out. */
  private static Map<Integer, NavigableMap<Long, ChainStates>> attempts(String run) {
    Map<Integer, NavigableMap<Long, ChainStates>> attempts = new TreeMap<>();
    for (ChainStates sweep : read(TOPICS.chainStates(), run, ChainStates.class)) {
      if (sweep.getRun().equals(run) && !sweep.getEnd()) {
        attempts
            .computeIfAbsent(sweep.getAttempt(), attempt -> new TreeMap<>())
            .putIfAbsent(sweep.getStep(), sweep);
      }
    }
    return attempts;
  }

  private static List<Thermodynamics> windows(String run) {
    return read(TOPICS.thermodynamics(), run, Thermodynamics.class).stream()
        .filter(window -> window.getRun().equals(run))
        .toList();
  }

  private static Thermodynamics lastWindow(String run) {
    List<Thermodynamics> windows = windows(run);
    return windows.get(windows.size() - 1);
  }

  private static <T extends SpecificRecord> List<T> read(Topic topic, String run, Class<T> type) {
    List<T> records = new ArrayList<>();
    try (TopicReader reader = TopicReader.open(client(), topic, run)) {
      reader.readToEnd(record -> records.add(decode(record.value(), type)));
    }
    return records;
  }

  private static <T extends SpecificRecord> T decode(byte[] value, Class<T> type) {
    try {
      return RecordCodec.decode(value, type);
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, String> client() {
    return Map.of("bootstrap.servers", bootstrap);
  }
}
