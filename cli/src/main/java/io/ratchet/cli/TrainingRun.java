package io.ratchet.cli;

import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.checkpoint.StagedFile;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.learning.Gradient;
import io.ratchet.trainer.learning.GradientExchange;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import io.ratchet.trainer.publish.LogExchange;
import io.ratchet.trainer.publish.PublishSettings;
import io.ratchet.trainer.publish.RunIdentity;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.RunRegistry;
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
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run, or one worker's part of it, from its data to its checkpoint: what {@code train} and
 * {@code demo} do with the trainer.
 */
final class TrainingRun {
  /** How long the end of a run waits for the broker; what is left then is in the spill file. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The setting of a checkpoint that names the program that wrote it. */
  private static final String BUILD = "build";

  private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

  private final String id;
  private final TrainingOptions options;
  private final WorkerOptions workers;
  private final DataSet data;
  private final RunDirectory directory;

  /** Where an earlier run of this name may have left something; null if this goes on with it. */
  private final RunDirectory anew;

  private final LogExchange.Terms terms;
  private final long startStep;
  private final Forwarding publisher;
  private final TrainingLoop loop;
  private int attempt;
  private Instant created;

  /** What the runs topic knew of the run. */
  private Optional<Run> before = Optional.empty();

  private TrainingRun(
      String id,
      TrainingOptions options,
      WorkerOptions workers,
      DataSet data,
      RunDirectory directory,
      RunDirectory anew,
      LogExchange.Terms terms,
      Instant created,
      Forwarding publisher,
      TrainingLoop loop) {
    this.id = id;
    this.options = options;
    this.workers = workers;
    this.data = data;
    this.directory = directory;
    this.anew = anew;
    this.terms = terms;
    this.created = created;
    this.startStep = loop.step();
    this.publisher = publisher;
    this.loop = loop;
    this.attempt = 1;
  }

  /**
   * How a run ended.
   *
   * @param delivered whether Kafka took everything
   * @param denial the right that it refused instead, in words; empty for none
   */
  record Outcome(
      WorkerState state, long step, Path checkpoint, boolean delivered, Optional<String> denial) {}

  /**
   * Loads the data and makes everything ready to train; writes nothing yet.
   *
   * @param home where runs/ is made, unless the options name another directory
   * @param created now
   * @throws io.ratchet.trainer.InputException if anything given cannot be used
   */
  static TrainingRun prepare(
      String id,
      TrainingOptions options,
      WorkerOptions workers,
      Path home,
      long updates,
      Instant created) {
    Shard shard = workers.shard();
    TrainingSettings settings = options.settings(updates, workers.areSeveral());
    options.expectation();
    RunDirectory ofRun = options.runDirectory(home, id);
    RunDirectory directory = workers.areSeveral() ? ofRun.ofWorker(shard.worker()) : ofRun;
    if (!options.force() && (!directory.isEmpty() || ofRun.hasCheckpoint())) {
      throw Check.refused(
          "--run",
          id,
          "exists already in " + directory.path() + "; choose another id, --resume or --force");
    }
    DataSet data = options.load();
    Forwarding publisher = new Forwarding();
    TrainingLoop loop =
        TrainingLoop.start(
            data, settings, shard, options.team(), publisher, publisher, System::nanoTime);
    LogExchange.Terms terms = LogExchange.Terms.ofStart(workers.elastic());
    return new TrainingRun(
        id, options, workers, data, directory, ofRun, terms, created, publisher, loop);
  }

  /**
   * Makes everything ready to go on from a checkpoint; writes nothing yet.
   *
   * @param options those of the checkpoint
   * @param fromHere whether to begin there, whatever the others have recorded after it
   * @param registry what the runs topic knows
   * @param now when the run was first registered, if the runs topic does not know
   * @throws io.ratchet.trainer.InputException if the data are not those of the checkpoint
   */
  static TrainingRun resume(
      Snapshot snapshot,
      TrainingOptions options,
      WorkerOptions workers,
      boolean fromHere,
      RunDirectory directory,
      RunRegistry registry,
      Instant now) {
    options.expectation();
    options.labels().check();
    DataSet data = options.load();
    Forwarding publisher = new Forwarding();
    TrainingLoop loop =
        TrainingLoop.resume(data, snapshot, options.team(), publisher, publisher, System::nanoTime);
    LogExchange.Terms terms =
        new LogExchange.Terms(
            snapshot.attempt(),
            directory.attemptAfter(snapshot),
            snapshot.gradientOffset(),
            !fromHere,
            workers.elastic());
    Optional<Run> before = registry.run(snapshot.run());
    Instant created = before.map(Run::getCreatedMillis).map(Instant::ofEpochMilli).orElse(now);
    TrainingRun run =
        new TrainingRun(
            snapshot.run(),
            options,
            workers,
            data,
            directory,
            null,
            terms,
            created,
            publisher,
            loop);
    run.before = before;
    run.attempt = run.nextAttempt(registry, snapshot.attempt());
    return run;
  }

  /**
   * The attempt that begins, or, of several workers, the highest if this one has had no part in it
   * yet: then it waits for this one to begin.
   */
  private int nextAttempt(RunRegistry registry, int last) {
    int own = Math.max(last, directory.highestAttempt());
    Worker word = registry.workers(id).get(loop.shard().worker());
    if (word != null) {
      own = Math.max(own, word.getAttempt());
    }
    int highest = Math.max(own, registry.highestAttempt(id));
    return workers.areSeveral() && own < highest ? highest : highest + 1;
  }

  /**
   * Takes part in a run that worker 0 has registered.
   *
   * @throws io.ratchet.trainer.InputException if the settings differ, or another process has this
   *     worker's part
   */
  void join(RunRegistry registry) {
    Run run = registry.run(id).orElseThrow();
    int worker = loop.shard().worker();
    if (registry.workers(id).containsKey(worker)) {
      throw Check.refused(
          "--worker",
          worker,
          "of run " + id + " was started already; stop it and --resume, or choose another id");
    }
    Map<String, String> own = settingsOfAll();
    for (String name : new TreeSet<>(own.keySet())) {
      String theirs = run.getSettings().getOrDefault(name, name.equals("workers") ? "1" : "none");
      if (!name.equals("data") && !own.get(name).equals(theirs)) {
        throw Check.refused(
            "--" + name, own.get(name), "allowed: " + theirs + ", the setting of worker 0");
      }
    }
    if (!run.getDataDigest().equals(data.digest())) {
      throw Check.refused(
          "--data",
          data.spec(),
          "digest " + data.digest() + ", allowed: the data of worker 0, " + run.getDataDigest());
    }
    created = Instant.ofEpochMilli(run.getCreatedMillis());
    attempt = nextAttempt(registry, 0);
  }

  /** What all workers of a run have in common. */
  private Map<String, String> settingsOfAll() {
    Map<String, String> texts = new LinkedHashMap<>(settings().toMap());
    texts.putAll(options.dataSettings());
    texts.putAll(workers.texts());
    texts.put("expect", options.expectation().toString().toLowerCase(Locale.ROOT));
    return texts;
  }

  /** What to tell of a checkpoint that another program goes on from; empty if it is the same. */
  static Optional<String> otherBuild(Snapshot snapshot) {
    String written = snapshot.settings().getOrDefault(BUILD, "an unnamed build");
    String here = new Version().build();
    return written.equals(here)
        ? Optional.empty()
        : Optional.of(
            "the checkpoint of step "
                + snapshot.step()
                + " is of "
                + written
                + ", this is "
                + here
                + ": other bits may come of it");
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
    if (anew != null) {
      clear();
      if (!workers.areSeveral()) { // those register later, by their first step
        stage(null).commit(); // before Kafka knows of the run: there is always one to go on from
      }
    }
    PublishSettings publishing = PublishSettings.of(client, topics, directory.path());
    // Takes the lock on the spill file: from here on no other process writes in the directory.
    LogExchange exchange = null;
    KafkaRunPublisher kafka;
    if (workers.areSeveral()) {
      requirePublishable();
      exchange =
          LogExchange.open(
              publishing, identity(), record(), directory, terms, clock, System::nanoTime);
      kafka = exchange.publisher();
      publisher.exchange = exchange;
      publisher.target = exchange;
    } else {
      kafka = KafkaRunPublisher.start(publishing, identity(), record(), clock);
      publisher.target = kafka;
    }
    WorkerState state = WorkerState.FAILED;
    String message = "";
    boolean delivered = false;
    Periodic periodic = new Periodic(kafka, exchange);
    StagedFile last = null;
    try {
      directory.removeStaged();
      if (anew != null || exchange == null) { // else it is not known yet where the attempt begins
        directory.begin(attempt, startStep);
      }
      if (anew != null && exchange != null) {
        stage(exchange).commit();
      }
      loop.run(
          stop,
          new TrainingLoop.Progress() {
            @Override
            public void updated(long step, double logLikelihood) {
              progress.updated(step, logLikelihood);
              periodic.updated(step);
            }

            @Override
            public void angle(double radians) {
              progress.angle(radians);
            }
          });
      last = loop.isWhole() ? stage(exchange) : null;
      state = loop.step() < updates() ? WorkerState.INTERRUPTED : WorkerState.FINISHED;
    } catch (IOException | RuntimeException | Error e) {
      message = String.valueOf(e.getMessage());
      throw e;
    } finally {
      delivered =
          exchange == null
              ? kafka.close(state, loop.step(), message, patience.get())
              : exchange.close(state, loop.step(), message, patience.get());
    }
    periodic.close();
    if (last == null) {
      // Stopped while it waited for others: it will catch up by what they recorded.
      Path newest = directory.file(directory.latest().step());
      return new Outcome(state, loop.step(), newest, delivered, kafka.denial());
    }
    last.commit();
    return new Outcome(state, loop.step(), last.file(), delivered, kafka.denial());
  }

  /**
   * Removes what an earlier run of this name left, which {@code --force} allows. Of the workers the
   * first begins before all others, and removes those too that there are no more.
   */
  private void clear() throws IOException {
    KafkaRunPublisher.forgetUnsent(directory.path(), id, 0); // refused while another process trains
    anew.clear();
    if (workers.worker() == 0) {
      for (int worker : anew.workers()) {
        anew.ofWorker(worker).clear();
      }
    }
    directory.clear();
  }

  /** A gradient that no record holds would never reach the others. */
  private void requirePublishable() {
    long bytes = 0;
    for (Snapshot.NamedArray parameter : loop.snapshot(id, attempt).parameters()) {
      bytes += (long) Float.BYTES * parameter.values().length;
    }
    int most = Topics.MAX_RECORD_BYTES - (64 << 10);
    if (bytes > most) {
      throw Check.refused(
          "--workers",
          workers.shard().workers(),
          "a gradient has " + bytes + " bytes, allowed: " + most + "; lower --k or --hidden");
    }
  }

  private StagedFile stage(LogExchange exchange) throws IOException {
    Map<String, String> texts = new LinkedHashMap<>(options.dataSettings());
    texts.putAll(workers.texts());
    if (workers.areSeveral()) {
      texts.put("worker", String.valueOf(workers.worker()));
    }
    if (data.width() > 0) {
      texts.put("image-width", String.valueOf(data.width()));
    }
    texts.put("expect", options.expectation().toString().toLowerCase(Locale.ROOT));
    texts.put(BUILD, new Version().build());
    texts.put("checkpoint-every", String.valueOf(options.checkpointEvery()));
    int current = exchange == null ? attempt : Math.max(exchange.attempt(), 1);
    long offset = exchange == null ? Snapshot.NOWHERE : exchange.gradientOffset();
    return Checkpoints.stage(
        directory.file(loop.step()), loop.snapshot(id, current).with(texts, offset));
  }

  /**
   * The checkpoints on the way. Each is made at its step, but seen only when a kill can no longer
   * cost what was published before it: a run that goes on from it leaves no gap in the log. While
   * the broker is away, they wait.
   */
  private final class Periodic {
    private record Waiting(StagedFile file, long mark) {}

    private final KafkaRunPublisher kafka;
    private final LogExchange exchange;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    Periodic(KafkaRunPublisher kafka, LogExchange exchange) {
      this.kafka = kafka;
      this.exchange = exchange;
    }

    void updated(long step) {
      try {
        while (!waiting.isEmpty() && kafka.isSafe(waiting.getFirst().mark())) {
          waiting.removeFirst().file().commit();
        }
        if (options.isCheckpoint(step) && step < updates()) {
          waiting.addLast(new Waiting(stage(exchange), kafka.mark()));
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
    Shard shard = loop.shard();
    return new RunIdentity(
        id,
        attempt,
        shard.worker(),
        new SecureRandom().nextLong(), // tells this process start from every other
        shard.workers(),
        shard.worker() * settings().chains(),
        shard.workers() * settings().chains(),
        startStep,
        options.expectation(),
        settings().states(),
        data.visible(),
        data.labelled() ? data.classShares() : null);
  }

  private Run record() {
    TrainingSettings settings = settings();
    Version version = new Version();
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
            .setWorkers(loop.shard().workers())
            .setChains(loop.shard().workers() * settings.chains())
            .setUpdates(settings.updates())
            .setStartStep(startStep)
            .setSeed(settings.seed())
            .setData(data.spec())
            .setDataDigest(data.digest())
            .setExamples(data.size())
            .setClassNames(data.classNames())
            .setSettings(settingsOfAll())
            .setVersions(
                Map.of(
                    "ratchet", version.version(),
                    "jdk", version.jdk(),
                    "kafka", org.apache.kafka.common.utils.AppInfoParser.getVersion()))
            .setCommit(version.commit())
            .setHost(host());
    options.labels().label(run, before);
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
  private static final class Forwarding implements RunPublisher, GradientExchange {
    private RunPublisher target = RunPublisher.none();
    private GradientExchange exchange = GradientExchange.alone();

    @Override
    public Shard mean(UpdateObservation own, Gradient gradient, BooleanSupplier stop) {
      return exchange.mean(own, gradient, stop);
    }

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
