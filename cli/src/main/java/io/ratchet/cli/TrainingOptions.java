package io.ratchet.cli;

import io.ratchet.schema.Expectation;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.learning.WatchedState;
import io.ratchet.trainer.model.LatentCycleModel;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is trained on what, and how: the options that {@code train} and {@code demo} share. */
final class TrainingOptions {
  private static final int USUAL_HIDDEN = 100;
  private static final int MAX_THREADS = 256;

  @Mixin private DataOptions data;

  @Mixin private LabelOptions labels;

  @Option(
      names = "--model",
      paramLabel = "latent-cycle|tied|rbm",
      defaultValue = "latent-cycle",
      description = "Model; tied and rbm are reversible baselines. Default: ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--algorithm",
      paramLabel = "two-step|full|em|pcd|exact|cd",
      description =
          "Learning algorithm: two-step (default), full or em for latent-cycle, pcd (default)"
              + " or exact for tied, pcd (default) or cd for rbm. em, the limit of the model: a Bernoulli mixture, each"
              + " update one step of expectation-maximisation over all examples.")
  private String algorithm;

  @Option(
      names = "--expect",
      paramLabel = "irreversible|reversible|driven",
      description =
          "What the run declares of its chain. Default: irreversible, reversible for tied, rbm and em.")
  private String expect;

  @Option(
      names = "--k",
      paramLabel = "K",
      defaultValue = "10",
      description =
          "States of the watched chain, 1 to 1,024; see --state. Default: ${DEFAULT-VALUE}.")
  private int states;

  @Option(
      names = "--state",
      paramLabel = "latent|prototype|argmax|class",
      description =
          "What is counted as a state: latent of latent-cycle and tied; of an rbm's visible layer the"
              + " nearest of K prototypes of the data (default), the likeliest of the first K hidden"
              + " units, or the class, of which there must be K.")
  private String state;

  @Option(
      names = "--hidden",
      paramLabel = "H",
      description = "Hidden units, with --model rbm only. Default: " + USUAL_HIDDEN + ".")
  private Integer hidden;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "500",
      description = "Examples of a minibatch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--chains",
      paramLabel = "C",
      defaultValue = "100",
      description = "Persistent chains. Default: ${DEFAULT-VALUE}.")
  private int chains;

  @Option(
      names = "--sweeps",
      paramLabel = "S",
      defaultValue = "1",
      description = "Sweeps of every chain for each update. Default: ${DEFAULT-VALUE}.")
  private int sweeps;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      defaultValue = "0.01",
      description = "Learning rate before it falls. Default: ${DEFAULT-VALUE}.")
  private double learningRate;

  @Option(
      names = "--publish-every",
      paramLabel = "N",
      defaultValue = "1",
      description = "Publish the sweeps of steps divisible by N. Default: ${DEFAULT-VALUE}.")
  private int publishEvery;

  @Option(
      names = "--observe-every",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Path entropies, soft counts, classes and samples at steps divisible by N. Default:"
              + " ${DEFAULT-VALUE}.")
  private int observeEvery;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Threads that share the work of an update, not with rbm and em; the same bits for any"
              + " number. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--record-gradients", description = "Publish gradients with their values.")
  private boolean recordGradients;

  @Option(
      names = "--checkpoint-dir",
      paramLabel = "DIR",
      description =
          "Where each run keeps its checkpoints, and what waits for Kafka. Default:"
              + " ratchet-data/runs.")
  private Path checkpointDirectory;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "10000",
      description =
          "Write a checkpoint after every N updates, 0 for none; there is always one of the start"
              + " and one of the end. Default: ${DEFAULT-VALUE}.")
  private long checkpointEvery;

  @Option(names = "--force", description = "Overwrite what a run of that id left there.")
  private boolean force;

  /** The directory of a run: where the options say, or in runs/ in {@code home}. */
  RunDirectory runDirectory(Path home, String run) {
    return RunDirectory.of(
        (checkpointDirectory == null ? home.resolve("runs") : checkpointDirectory).resolve(run));
  }

  long checkpointEvery() {
    return checkpointEvery;
  }

  /** Whether a checkpoint is to be made on the way, after so many updates. */
  boolean isCheckpoint(long step) {
    return checkpointEvery > 0 && step % checkpointEvery == 0;
  }

  /** The threads that train; they end with the process. */
  Team team() {
    if (threads < 1 || threads > MAX_THREADS) {
      throw Check.refused("--threads", threads, "allowed: 1 to " + MAX_THREADS);
    }
    if (threads > 1 && (model.equals("rbm") || "em".equals(algorithm))) {
      throw Check.refused("--threads", threads, "allowed: 1 for rbm and em");
    }
    return Team.of(threads);
  }

  boolean force() {
    return force;
  }

  /**
   * The settings, checked.
   *
   * @param exchanged whether other workers need the gradients' values
   */
  TrainingSettings settings(long updates, boolean exchanged) {
    LatentCycleModel.Kind kind = LatentCycleModel.Kind.of(model);
    if (kind == null) {
      throw Check.refused("--model", model, "allowed: " + LatentCycleModel.Kind.NAMES);
    }
    if (hidden != null && kind != LatentCycleModel.Kind.RBM) {
      throw Check.refused("--hidden", hidden, "allowed: with --model rbm only");
    }
    if (checkpointEvery < 0) {
      throw Check.refused("--checkpoint-every", checkpointEvery, "allowed: 0 and above");
    }
    Algorithm wanted = algorithm == null ? Algorithm.usual(kind) : Algorithm.of(algorithm);
    if (wanted == null) {
      throw Check.refused("--algorithm", algorithm, "allowed: " + TrainingSettings.allowed(kind));
    }
    labels.check();
    WatchedState watched = state == null ? WatchedState.usual(kind) : WatchedState.of(state);
    if (watched == null) {
      throw Check.refused("--state", state, "allowed: " + WatchedState.allowed(kind));
    }
    return TrainingSettings.builder()
        .model(kind)
        .algorithm(wanted)
        .state(watched)
        .states(states)
        .hidden(hidden == null ? USUAL_HIDDEN : hidden)
        .updates(updates)
        .batch(batch)
        .chains(chains)
        .sweeps(sweeps)
        .learningRate(learningRate)
        .seed(data.seed())
        .publishEvery(publishEvery)
        .observeEvery(observeEvery)
        .recordGradients(recordGradients || exchanged)
        .build();
  }

  Expectation expectation() {
    if (expect == null) {
      return model.equals("latent-cycle") && !"em".equals(algorithm)
          ? Expectation.IRREVERSIBLE
          : Expectation.REVERSIBLE;
    }
    return switch (expect) {
      case "irreversible" -> Expectation.IRREVERSIBLE;
      case "reversible" -> Expectation.REVERSIBLE;
      case "driven" -> Expectation.DRIVEN;
      default ->
          throw Check.refused("--expect", expect, "allowed: irreversible, reversible or driven");
    };
  }

  LabelOptions labels() {
    return labels;
  }

  DataSet load() {
    return data.load();
  }

  /** What shapes the data, as text. */
  Map<String, String> dataSettings() {
    return data.texts();
  }
}
