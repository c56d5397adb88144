package io.ratchet.cli;

import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.stream.Rights;
import io.ratchet.stream.TopicProvisioner;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.publish.RunRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A training run that is published to a Kafka. */
@Command(
    name = "train",
    description =
        "Trains a model and publishes what its chains do; prints the path of its last checkpoint.")
final class TrainCommand extends RatchetCommand {
  private static final Path HOME = Path.of("ratchet-data");

  /** Time between two looks whether worker 0 has registered the run. */
  private static final long REGISTRY_MILLIS = 500;

  @Mixin private Connection connection;

  @Option(
      names = "--run",
      paramLabel = "ID",
      required = true,
      description = "Id of the run, " + Topics.RUN_ID + ", not used before unless --resume.")
  private String run;

  @Option(
      names = "--updates",
      paramLabel = "N",
      defaultValue = "3000",
      description = "Updates of the parameters. Default: ${DEFAULT-VALUE}.")
  private long updates;

  @Mixin private TrainingOptions options;

  @Mixin private WorkerOptions workers;

  @Option(
      names = "--resume",
      description =
          "Go on from the run's newest checkpoint, as a new attempt: with its settings, and the bits"
              + " of a run that never stopped.")
  private boolean resume;

  @Option(
      names = "--at-step",
      paramLabel = "N",
      description =
          "With --resume: go on from the checkpoint of step N; what came after is superseded.")
  private Long atStep;

  @Override
  public Integer call() throws Exception {
    Check.runId(run);
    if (atStep != null && !resume) {
      throw Check.refused("--at-step", atStep, "allowed: with --resume");
    }
    Map<String, String> client = connection.clientProperties();
    try (Interrupt interrupt = Interrupt.install()) {
      TrainingRun training = resume ? resumed(client) : started(client, interrupt);
      if (training == null) {
        return Ratchet.DONE;
      }
      Topics topics = connection.topics();
      Rights rights = workers.areSeveral() ? Rights.ofWorker(topics) : Rights.ofTrainer(topics);
      new TopicProvisioner(client, topics, rights, false, connection.timeout()).provision();
      TrainingRun.Outcome outcome;
      try (Progress progress =
          Progress.of(run, Progress.Unit.UPDATE, training.startStep(), updates, this).start()) {
        outcome =
            training.train(
                client,
                topics,
                Clock.systemUTC(),
                interrupt::requested,
                progress,
                () -> TrainingRun.PATIENCE);
      }
      out().println(outcome.checkpoint());
      boolean finished = outcome.state() == WorkerState.FINISHED;
      say("run " + run + (finished ? " finished" : " stopped") + " at step " + outcome.step());
      if (!outcome.delivered() && outcome.denial().isPresent()) {
        throw new IllegalStateException(
            outcome.denial().get()
                + "; what was not published is kept beside "
                + outcome.checkpoint()
                + " and sent by --resume");
      }
      if (!outcome.delivered()) {
        throw new UnreachableException(
            "not everything could be published to "
                + connection.bootstrap()
                + " in time; the rest is kept beside "
                + outcome.checkpoint(),
            null);
      }
    }
    return Ratchet.DONE;
  }

  /** The run from its beginning on; null if told to stop before worker 0 had registered it. */
  private TrainingRun started(Map<String, String> client, Interrupt interrupt)
      throws InterruptedException {
    TrainingRun training =
        TrainingRun.prepare(run, options, workers, HOME, updates, Clock.systemUTC().instant());
    RunRegistry registry = registry(client);
    if (workers.worker() == 0) {
      registry.requireNew(run);
      return training;
    }
    registry.requireNotHidden(run);
    if (registry.run(run).isEmpty()) {
      say("waits for worker 0 to register run " + run);
    }
    while (registry.run(run).isEmpty()) {
      if (interrupt.await(REGISTRY_MILLIS, TimeUnit.MILLISECONDS)) {
        return null;
      }
      registry = RunRegistry.read(client, connection.topics(), connection.timeout());
    }
    training.join(registry);
    return training;
  }

  /** The run from its checkpoint on; null if there is nothing left to do. */
  private TrainingRun resumed(Map<String, String> client) throws InterruptedException {
    RunDirectory directory = directory();
    Snapshot snapshot = atStep == null ? directory.latest() : directory.at(atStep);
    if (!snapshot.run().equals(run)) {
      throw Check.refused(
          "--run", run, "allowed: " + snapshot.run() + ", the run of " + directory.path());
    }
    Map<String, String> kept = new HashMap<>(WorkerOptions.ALONE);
    kept.putAll(snapshot.settings());
    CheckpointSettings.apply(spec(), kept);
    RunRegistry registry = registry(client);
    registry.requireNotHidden(run);
    if (snapshot.step() == updates && !TrainingRun.hasUnsent(directory, run)) {
      out().println(directory.file(updates));
      say("run " + run + " has finished already, at step " + updates);
      return null;
    }
    TrainingRun.otherBuild(snapshot).ifPresent(this::say);
    return TrainingRun.resume(
        snapshot,
        options,
        workers,
        atStep != null,
        directory,
        registry,
        Clock.systemUTC().instant());
  }

  /** Where the worker keeps its checkpoints; that it is one of several shows there. */
  private RunDirectory directory() {
    RunDirectory directory = options.runDirectory(HOME, run);
    List<Integer> several = directory.workers();
    if (directory.hasCheckpoint() || several.isEmpty()) {
      return directory;
    }
    if (!several.contains(workers.worker())) {
      throw Check.refused(
          "--worker", workers.worker(), "allowed: one that has checkpoints here, of " + several);
    }
    return directory.ofWorker(workers.worker());
  }

  private RunRegistry registry(Map<String, String> client) throws InterruptedException {
    connection.connect().close();
    return RunRegistry.read(client, connection.topics(), connection.timeout());
  }
}
