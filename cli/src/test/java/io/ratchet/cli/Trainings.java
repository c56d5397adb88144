package io.ratchet.cli;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * Trainings that publish to one broker and keep their checkpoints in one directory: how they are
 * started and what of them is recorded.
 */
record Trainings(String bootstrap, Path runs) {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  /** The command line that starts a run. */
  String[] start(String run, String... more) {
    return command(run, List.of(more));
  }

  /** The command line that goes on with a run: what is not said is in the checkpoint. */
  String[] resume(String run, String... more) {
    List<String> options = new ArrayList<>(List.of("--resume"));
    options.addAll(List.of(more));
    return command(run, options);
  }

  private String[] command(String run, List<String> options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--bootstrap",
                bootstrap,
                "--timeout",
                "60",
                "--run",
                run,
                "--checkpoint-dir",
                runs.toString()));
    arguments.addAll(options);
    return arguments.toArray(new String[0]);
  }

  /**
   * Waits until a sweep of the step, or of a later one, is in the log, or the process has ended.
   */
  void awaitSweep(RatchetProcess training, String run, long step) {
    boolean[] reached = new boolean[1];
    Map<String, String> client = Map.of("bootstrap.servers", bootstrap);
    try (TopicReader reader = TopicReader.open(client, TOPICS.chainStates(), run)) {
      reader.follow(
          () -> reached[0] || !training.isAlive(),
          record -> {
            ChainStates sweep = sweep(record.value());
            reached[0] |= sweep.getRun().equals(run) && sweep.getStep() >= step;
          });
    }
  }

  private static ChainStates sweep(byte[] value) {
    try {
      return RecordCodec.decode(value, ChainStates.class);
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }

  /** What the topics hold of a run. */
  RecordedRun recorded(String run) throws InterruptedException {
    Connection connection =
        CommandLine.populateCommand(new Connection(), "--bootstrap", bootstrap, "--timeout", "60");
    return RecordedRun.find(connection, run);
  }
}
