package io.ratchet.cli;

import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.stream.TopicProvisioner;
import io.ratchet.trainer.publish.RunRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A training run that is published to a Kafka. */
@Command(
    name = "train",
    description = "Trains a model and publishes what its chains do; prints the checkpoint's path.")
final class TrainCommand extends RatchetCommand {
  private static final Path HOME = Path.of("ratchet-data");

  @Mixin private Connection connection;

  @Option(
      names = "--run",
      paramLabel = "ID",
      required = true,
      description = "Id of the run, " + Topics.RUN_ID + ", not used before.")
  private String run;

  @Option(
      names = "--updates",
      paramLabel = "N",
      defaultValue = "3000",
      description = "Updates of the parameters. Default: ${DEFAULT-VALUE}.")
  private long updates;

  @Mixin private TrainingOptions options;

  @Override
  public Integer call() throws Exception {
    Check.runId(run);
    try (Interrupt interrupt = Interrupt.install()) {
      TrainingRun training = TrainingRun.prepare(run, options, HOME, updates);
      Map<String, String> client = connection.clientProperties();
      connection.connect().close();
      RunRegistry.read(client, connection.topics(), connection.timeout()).requireNew(run);
      new TopicProvisioner(client, connection.topics(), false, connection.timeout()).provision();
      TrainingRun.Outcome outcome;
      try (Progress progress = Progress.of(run, updates, this)) {
        progress.start();
        outcome =
            training.train(
                client,
                connection.topics(),
                Clock.systemUTC(),
                interrupt::requested,
                progress,
                () -> TrainingRun.PATIENCE);
      }
      out().println(outcome.checkpoint());
      boolean finished = outcome.state() == WorkerState.FINISHED;
      say("run " + run + (finished ? " finished" : " stopped") + " at step " + outcome.step());
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
}
