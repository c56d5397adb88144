package io.ratchet.cli;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.learning.GradientReplay;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.RbmModel;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.StepGradients;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which trained model: that of a checkpoint file, or a run's at any step of its past. */
final class ModelOptions {
  @Option(names = "--checkpoint", paramLabel = "FILE", description = "Checkpoint of a run.")
  private Path checkpoint;

  @Option(
      names = "--run",
      paramLabel = "ID",
      description = "A run with its checkpoints in --checkpoint-dir, in the place of a file.")
  private String run;

  @Option(
      names = "--at-step",
      paramLabel = "N",
      description =
          "With --run: the parameters after N updates, bit for bit: from the checkpoint before, by the"
              + " recorded gradients in Kafka or, without those and for em, by training again."
              + " Default: the newest checkpoint.")
  private Long step;

  @Option(
      names = "--checkpoint-dir",
      paramLabel = "DIR",
      defaultValue = "ratchet-data/runs",
      description = "Where each run keeps its checkpoints. Default: ${DEFAULT-VALUE}.")
  private Path checkpointDirectory;

  @Mixin private Connection connection;

  /**
   * A trained model.
   *
   * @param rbm the model if it is a restricted Boltzmann machine, else null
   * @param settings the settings of its run
   */
  record Trained(
      LatentCycleModel model, RbmModel rbm, String run, long step, Map<String, String> settings) {
    private static Trained of(Snapshot snapshot) {
      boolean isRbm = isRbm(snapshot);
      return new Trained(
          isRbm ? null : Checkpoints.model(snapshot),
          isRbm ? Checkpoints.rbm(snapshot) : null,
          snapshot.run(),
          snapshot.step(),
          snapshot.settings());
    }

    /** The model; that it is an rbm is refused. */
    @Override
    public LatentCycleModel model() {
      if (model == null) {
        throw Check.refused("--model", "rbm", "allowed here: latent-cycle or tied");
      }
      return model;
    }
  }

  private static boolean isRbm(Snapshot snapshot) {
    return LatentCycleModel.Kind.of(snapshot.model()) == LatentCycleModel.Kind.RBM;
  }

  /**
   * The model.
   *
   * @param talk told how it was found
   * @throws io.ratchet.trainer.InputException if nothing given leads to one
   */
  Trained load(Consumer<String> talk) throws InterruptedException {
    if ((checkpoint == null) == (run == null)) {
      throw Check.refused(
          "--checkpoint",
          checkpoint == null ? "missing" : checkpoint,
          "allowed: a file, or --run ID, one of the two");
    }
    if (checkpoint != null) {
      if (step != null) {
        throw Check.refused("--at-step", step, "allowed: with --run");
      }
      return Trained.of(Checkpoints.read(checkpoint));
    }
    Check.runId(run);
    RunDirectory directory = RunDirectory.of(checkpointDirectory.resolve(run)).furthest();
    if (step == null) {
      return Trained.of(directory.latest());
    }
    Snapshot before = directory.nearest(step);
    TrainingSettings settings = TrainingSettings.of(before.settings());
    if (step < 0 || step > settings.updates()) {
      throw Check.refused(
          "--at-step", step, "allowed: 0 to " + settings.updates() + ", the updates of the run");
    }
    if (before.step() == step) {
      return Trained.of(before);
    }
    int attempt = directory.attemptAfter(before);
    if (settings.recordGradients() && settings.algorithm() != Algorithm.EM) {
      Optional<Trained> replayed = replay(before, attempt, settings.decay(), talk);
      if (replayed.isPresent()) {
        return replayed.get();
      }
    }
    if (before.workers() > 1) {
      throw Check.refused(
          "--at-step",
          step,
          "allowed: a step up to which the log is there; one worker of "
              + before.workers()
              + " cannot train it again");
    }
    talk.accept("training again from step " + before.step() + " to step " + step);
    TrainingRun.otherBuild(before).ifPresent(talk);
    TrainingLoop loop =
        TrainingLoop.resume(
            DataOptions.load(before.settings()), before, RunPublisher.none(), System::nanoTime);
    Map<Long, Long> digests = digests(attempt, talk);
    loop.run(
        () -> {
          requireSame(loop, digests);
          return loop.step() >= step;
        },
        (done, logLikelihood) -> {});
    return Trained.of(loop.snapshot(before.run(), before.attempt()));
  }

  /** Digests of the run's parameters, by step, as far as the log has any. */
  private Map<Long, Long> digests(int attempt, Consumer<String> talk) throws InterruptedException {
    Map<Long, Long> digests = new HashMap<>();
    try {
      read(
          () -> false,
          update -> {
            if (update.getParametersDigest() != null && update.getAttempt() >= attempt) {
              digests.put(update.getStep(), update.getParametersDigest());
            }
          });
    } catch (UnreachableException | IllegalStateException e) { // not there, or without the topic
      talk.accept("not compared with what was recorded: " + e.getMessage());
    }
    return digests;
  }

  private static void requireSame(TrainingLoop loop, Map<Long, Long> digests) {
    Long recorded = digests.get(loop.step());
    if (recorded != null && recorded != loop.digest()) {
      throw Check.refused(
          "--at-step",
          loop.step(),
          "the run had other parameters there than training again has: use the build that trained it");
    }
  }

  /**
   * Applies the recorded gradients. The log may hold a step several times, once for each attempt
   * that made it: the digest tells that it belongs to the parameters at hand.
   *
   * @param attempt that goes on from the checkpoint
   * @return nothing if the log cannot be read or lacks a step
   */
  private Optional<Trained> replay(
      Snapshot before, int attempt, double decay, Consumer<String> talk)
      throws InterruptedException {
    boolean isRbm = isRbm(before);
    LatentCycleModel model = isRbm ? null : Checkpoints.model(before);
    RbmModel rbm = isRbm ? Checkpoints.rbm(before) : null;
    Map<String, double[]> meanSquares = new LinkedHashMap<>();
    before.optimizer().forEach(block -> meanSquares.put(block.name(), block.values()));
    GradientReplay replay =
        isRbm ? GradientReplay.of(rbm) : GradientReplay.of(model, meanSquares, decay);
    StepGradients gradients =
        StepGradients.ofReader(run, before.attempt(), attempt, before.workers());
    gradients.await(before.step(), replay.digest());
    long[] at = {before.step()};
    try {
      read(
          () -> at[0] == step,
          update -> {
            gradients.take(update);
            if (gradients.isComplete()) {
              replay.apply(gradients.values(), gradients.learningRate());
              gradients.await(++at[0], replay.digest());
            }
          });
    } catch (UnreachableException | IllegalStateException e) { // not there, or without the topic
      talk.accept(e.getMessage());
      return Optional.empty();
    }
    if (at[0] < step) {
      talk.accept("the log has no gradient of " + run + " at step " + at[0] + " that fits");
      return Optional.empty();
    }
    talk.accept("step " + step + " by the recorded gradients from step " + before.step() + " on");
    return Optional.of(new Trained(model, rbm, before.run(), step, before.settings()));
  }

  /** Reads the run's gradients in the order of the log, until it ends or there are enough. */
  private void read(BooleanSupplier enough, Consumer<GradientUpdate> each)
      throws InterruptedException {
    connection.connect().close();
    try (TopicReader reader =
        TopicReader.open(
            connection.clientProperties(), connection.topics().gradientUpdates(), run)) {
      boolean more = true;
      while (more && !enough.getAsBoolean()) {
        more =
            reader.read(
                record -> {
                  GradientUpdate update = decoded(record.value());
                  if (update != null && update.getRun().equals(run) && !enough.getAsBoolean()) {
                    each.accept(update);
                  }
                });
      }
    }
  }

  private static GradientUpdate decoded(byte[] value) {
    try {
      return RecordCodec.decode(value, GradientUpdate.class);
    } catch (DecodeException e) {
      return null; // of no use here; the stream counts and keeps it
    }
  }
}
