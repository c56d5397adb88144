package io.ratchet.cli;

import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One run of one worker from its data to its checkpoint: what {@code train} and {@code demo} do
 * with the trainer.
 */
final class TrainingRun {
  /** How long the end of a run waits for the broker; what is left then is in the spill file. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int FIRST_ATTEMPT = 1;

  private final String id;
  private final TrainingOptions options;
  private final TrainingSettings settings;
  private final DataSet data;
  private final Forwarding publisher = new Forwarding();
  private final TrainingLoop loop;
  private final Path directory;

  private TrainingRun(
      String id, TrainingOptions options, TrainingSettings settings, DataSet data, Path directory) {
    this.id = id;
    this.options = options;
    this.settings = settings;
    this.data = data;
    this.directory = directory;
    this.loop = TrainingLoop.start(data, settings, publisher, System::nanoTime);
  }

  /** How a run ended. */
  record Outcome(WorkerState state, long step, Path checkpoint, boolean delivered) {}

  /**
   * Loads the data and makes everything ready to train; writes nothing yet.
   *
   * @param home where runs/ is made, unless the options name another directory
   * @throws io.ratchet.trainer.InputException if anything given cannot be used
   */
  static TrainingRun prepare(String id, TrainingOptions options, Path home, long updates) {
    TrainingSettings settings = options.settings(updates);
    options.expectation();
    Path directory = options.checkpointDirectory(home).resolve(id);
    if (!options.force() && !isEmpty(directory)) {
      throw Check.refused(
          "--run", id, "exists already in " + directory + "; choose another id, or --force");
    }
    return new TrainingRun(id, options, settings, options.load(), directory);
  }

  private static boolean isEmpty(Path directory) {
    if (!Files.isDirectory(directory)) {
      return true;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  /** Updates that the run is to make. */
  long updates() {
    return settings.updates();
  }

  /** Last step whose sweeps are published when the run reaches its end. */
  long lastPublishedStep() {
    long last = settings.updates() - 1;
    return last - last % settings.publishEvery();
  }

  /**
   * Trains, publishes {@code end} and writes the checkpoint, whether the run finishes, is stopped
   * or fails.
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
    KafkaRunPublisher kafka =
        KafkaRunPublisher.start(
            PublishSettings.of(client, topics, directory), identity(), record(clock), clock);
    publisher.target = kafka;
    WorkerState state = WorkerState.FAILED;
    String message = "";
    boolean delivered = false;
    Path checkpoint = null;
    try {
      loop.run(stop, progress);
      checkpoint = directory.resolve("step-" + loop.step() + ".avro");
      Checkpoints.write(checkpoint, loop.snapshot(id, FIRST_ATTEMPT, 0, 1));
      state = loop.step() < settings.updates() ? WorkerState.INTERRUPTED : WorkerState.FINISHED;
    } catch (IOException | RuntimeException | Error e) {
      message = String.valueOf(e.getMessage());
      throw e;
    } finally {
      delivered = kafka.close(state, loop.step(), message, patience.get());
    }
    return new Outcome(state, loop.step(), checkpoint, delivered);
  }

  private void createDirectory() {
    try {
      Files.createDirectories(directory);
      Files.deleteIfExists(Files.createTempFile(directory, "writable", ""));
    } catch (IOException e) {
      throw Check.refused(
          "--checkpoint-dir",
          directory.getParent(),
          "allowed: a directory that can be written (" + e + ")");
    }
  }

  private RunIdentity identity() {
    return new RunIdentity(
        id,
        FIRST_ATTEMPT,
        0,
        new SecureRandom().nextLong(), // tells this process start from every other
        1,
        0,
        settings.chains(),
        0,
        options.expectation(),
        settings.states(),
        data.visible(),
        data.labelled() ? data.classShares() : null);
  }

  private Run record(Clock clock) {
    Version version = new Version();
    Map<String, String> texts = new LinkedHashMap<>(settings.toMap());
    texts.putAll(options.dataSettings());
    Run.Builder run =
        Run.newBuilder()
            .setRun(id)
            .setAttempt(FIRST_ATTEMPT)
            .setCreatedMillis(clock.millis())
            .setModel(settings.model().toString())
            .setAlgorithm(settings.algorithm())
            .setExpectation(options.expectation())
            .setStates(settings.states())
            .setVisible(data.visible())
            .setWorkers(1)
            .setChains(settings.chains())
            .setUpdates(settings.updates())
            .setStartStep(0)
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
