package io.ratchet.cli;

import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.checkpoint.StagedFile;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import io.ratchet.trainer.publish.PublishSettings;
import io.ratchet.trainer.publish.RunIdentity;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.SweepObservation;
import io.ratchet.trainer.publish.UpdateObservation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of one worker from its data to its checkpoint: what {@code train} and {@code demo} do
 * with the trainer.
 */
final class TrainingRun {
  /** How long the end of a run waits for the broker; what is left then is in the spill file. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

  private final String id;
  private final TrainingOptions options;
  private final DataSet data;
  private final RunDirectory directory;
  private final int attempt;
  private final Instant created;
  private final long startStep;
  private final Forwarding publisher;
  private final TrainingLoop loop;

  private TrainingRun(
      String id,
      TrainingOptions options,
      DataSet data,
      RunDirectory directory,
      int attempt,
      Instant created,
      Forwarding publisher,
      TrainingLoop loop) {
    this.id = id;
    this.options = options;
    this.data = data;
    this.directory = directory;
    this.attempt = attempt;
    this.created = created;
    this.startStep = loop.step();
    this.publisher = publisher;
    this.loop = loop;
  }

  /** How a run ended. */
  record Outcome(WorkerState state, long step, Path checkpoint, boolean delivered) {}

  /**
   * Loads the data and makes everything ready to train; writes nothing yet.
   *
   * @param home where runs/ is made, unless the options name another directory
   * @param created now
   * @throws io.ratchet.trainer.InputException if anything given cannot be used
   */
  static TrainingRun prepare(
      String id, TrainingOptions options, Path home, long updates, Instant created) {
    TrainingSettings settings = options.settings(updates);
    options.expectation();
    RunDirectory directory = options.runDirectory(home, id);
    if (!options.force() && !directory.isEmpty()) {
      throw Check.refused(
          "--run",
          id,
          "exists already in " + directory.path() + "; choose another id, --resume or --force");
    }
    DataSet data = options.load();
    Forwarding publisher = new Forwarding();
    TrainingLoop loop = TrainingLoop.start(data, settings, publisher, System::nanoTime);
    return new TrainingRun(id, options, data, directory, 1, created, publisher, loop);
  }

  /**
   * Makes everything ready to go on from a checkpoint; writes nothing yet.
   *
   * @param options those of the checkpoint
   * @param registered highest attempt that the runs topic knows
   * @param created when the run was first registered
   * @throws io.ratchet.trainer.InputException if the data are not those of the checkpoint
   */
  static TrainingRun resume(
      Snapshot snapshot,
      TrainingOptions options,
      RunDirectory directory,
      int registered,
      Instant created) {
    options.expectation();
    DataSet data = options.load();
    Forwarding publisher = new Forwarding();
    TrainingLoop loop = TrainingLoop.resume(data, snapshot, publisher, System::nanoTime);
    int highest = Math.max(registered, Math.max(directory.highestAttempt(), snapshot.attempt()));
    return new TrainingRun(
        snapshot.run(), options, data, directory, highest + 1, created, publisher, loop);
  }

  /** Whether an earlier process left records that Kafka did not get. */
  static boolean hasUnsent(RunDirectory directory, String id) {
    return Files.exists(KafkaRunPublisher.spillFile(directory.path(), id, 0));
  }

  /** Updates that the run is to make. */
  long updates() {
    return settings().updates();
  }

  /** Updates made before. */
  long startStep() {
    return startStep;
  }

  private TrainingSettings settings() {
    return loop.settings();
  }

  /** Last step whose sweeps are published when the run reaches its end. */
  long lastPublishedStep() {
    long last = settings().updates() - 1;
    return last - last % settings().publishEvery();
  }

  /**
   * Trains, publishes {@code end} and writes the checkpoint, whether the run finishes or is
   * stopped; a run that fails keeps the checkpoints that it has.
   *
   * @param stop asked before each update
   * @param patience how long to wait for the broker at the end, asked then
   * @throws IOException if the checkpoint cannot be written
   */
  Outcome train(
      Map<String, String> client,
      Topics topics,
      Clock clock,
      BooleanSupplier stop,
      TrainingLoop.Progress progress,
      Supplier<Duration> patience)
      throws IOException {
    createDirectory();
    PublishSettings publishing = PublishSettings.of(client, topics, directory.path());
    // Takes the lock on the spill file: from here on no other process writes in the directory.
    KafkaRunPublisher kafka = KafkaRunPublisher.start(publishing, identity(), record(), clock);
    publisher.target = kafka;
    WorkerState state = WorkerState.FAILED;
    String message = "";
    boolean delivered = false;
    Periodic periodic = new Periodic(kafka);
    StagedFile last = null;
    try {
      directory.begin(attempt, startStep);
      if (attempt == 1) {
        stage().commit(); // so that there is always one to go on from
      }
      loop.run(
          stop,
          (step, logLikelihood) -> {
            progress.updated(step, logLikelihood);
            periodic.updated(step);
          });
      last = stage();
      state = loop.step() < updates() ? WorkerState.INTERRUPTED : WorkerState.FINISHED;
    } catch (IOException | RuntimeException | Error e) {
      message = String.valueOf(e.getMessage());
      throw e;
    } finally {
      delivered = kafka.close(state, loop.step(), message, patience.get());
    }
    periodic.close();
    last.commit();
    return new Outcome(state, loop.step(), last.file(), delivered);
  }

  private StagedFile stage() throws IOException {
    Map<String, String> texts = new LinkedHashMap<>(options.dataSettings());
    if (data.width() > 0) {
      texts.put("image-width", String.valueOf(data.width()));
    }
    texts.put("expect", options.expectation().toString().toLowerCase(Locale.ROOT));
    return Checkpoints.stage(
        directory.file(loop.step()), loop.snapshot(id, attempt, 0, 1).withSettings(texts));
  }

  /**
   * The checkpoints on the way. Each is made at its step, but seen only when a kill can no longer
   * cost what was published before it: a run that goes on from it leaves no gap in the log. While
   * the broker is away, they wait.
   */
  private final class Periodic {
    private record Waiting(StagedFile file, long mark) {}

    private final KafkaRunPublisher kafka;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    Periodic(KafkaRunPublisher kafka) {
      this.kafka = kafka;
    }

    void updated(long step) {
      try {
        while (!waiting.isEmpty() && kafka.isSafe(waiting.getFirst().mark())) {
          waiting.removeFirst().file().commit();
        }
        if (options.isCheckpoint(step) && step < updates()) {
          waiting.addLast(new Waiting(stage(), kafka.mark()));
        }
      } catch (IOException e) { // a full disk now is no reason to lose the training
        LOG.warn("step {}: a checkpoint cannot be written: {}", step, e.toString());
      }
    }

    /** What the publisher could not deliver is in its file now: the rest may be seen. */
    void close() throws IOException {
      while (!waiting.isEmpty()) {
        waiting.removeFirst().file().commit();
      }
    }
  }

  private void createDirectory() {
    try {
      Files.createDirectories(directory.path());
      Files.deleteIfExists(Files.createTempFile(directory.path(), "writable", ""));
    } catch (IOException e) {
      throw Check.refused(
          "--checkpoint-dir",
          directory.path().getParent(),
          "allowed: a directory that can be written (" + e + ")");
    }
  }

  private RunIdentity identity() {
    return new RunIdentity(
        id,
        attempt,
        0,
        new SecureRandom().nextLong(), // tells this process start from every other
        1,
        0,
        settings().chains(),
        startStep,
        options.expectation(),
        settings().states(),
        data.visible(),
        data.labelled() ? data.classShares() : null);
  }

  private Run record() {
    TrainingSettings settings = settings();
    Version version = new Version();
    Map<String, String> texts = new LinkedHashMap<>(settings.toMap());
    texts.putAll(options.dataSettings());
    Run.Builder run =
        Run.newBuilder()
            .setRun(id)
            .setAttempt(attempt)
            .setCreatedMillis(created.toEpochMilli())
            .setModel(settings.model().toString())
            .setAlgorithm(settings.algorithm().toString())
            .setExpectation(options.expectation())
            .setStates(settings.states())
            .setVisible(data.visible())
            .setWorkers(1)
            .setChains(settings.chains())
            .setUpdates(settings.updates())
            .setStartStep(startStep)
            .setSeed(settings.seed())
            .setData(data.spec())
            .setDataDigest(data.digest())
            .setExamples(data.size())
            .setClassNames(data.classNames())
            .setSettings(texts)
            .setVersions(
                Map.of(
                    "ratchet", version.version(),
                    "jdk", version.jdk(),
                    "kafka", org.apache.kafka.common.utils.AppInfoParser.getVersion()))
            .setCommit(version.commit())
            .setHost(host());
    if (data.width() > 0) {
      run.setImageWidth(data.width()).setImageHeight(data.height());
    }
    loop.classReader()
        .map(ClassReader::accuracy)
        .filter(Double::isFinite)
        .ifPresent(
            accuracy ->
                run.setClassifier("multinomial logistic regression")
                    .setClassifierAccuracy(accuracy));
    return run.build();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "";
    }
  }

  /** The publisher needs the class reader's accuracy, which the loop makes; so it comes second. */
  private static final class Forwarding implements RunPublisher {
    private RunPublisher target = RunPublisher.none();

    @Override
    public void offer(SweepObservation sweep) {
      target.offer(sweep);
    }

    @Override
    public void offer(UpdateObservation update) {
      target.offer(update);
    }

    @Override
    public long nextSweep() {
      return target.nextSweep();
    }

    @Override
    public long nextUpdate() {
      return target.nextUpdate();
    }
  }
}
