package io.ratchet.cli;

import io.ratchet.trainer.data.Shard;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which worker of how many a training process is. */
final class WorkerOptions {
  private static final int MAX_WORKERS = 1_024;

  /** What a run of one worker, whose checkpoints have none of these settings, was started with. */
  static final Map<String, String> ALONE =
      Map.of("workers", "1", "worker", "0", "elastic", "false", "elastic-after", "30");

  @Option(
      names = "--workers",
      paramLabel = "W",
      defaultValue = "1",
      description =
          "Workers that train the run together, a process each; --batch and --chains are those of"
              + " one. Default: ${DEFAULT-VALUE}.")
  private int workers = 1;

  @Option(
      names = "--worker",
      paramLabel = "I",
      defaultValue = "0",
      description = "Which of them this is, 0 to W-1. Default: ${DEFAULT-VALUE}.")
  private int worker;

  @Option(
      names = "--elastic",
      description =
          "Go on without workers that are gone. Without it the others wait until they are resumed.")
  private boolean elastic;

  @Option(
      names = "--elastic-after",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long the others wait before; ten times as long for one that was not there yet since"
              + " they were started. Default: ${DEFAULT-VALUE}.")
  private int elasticSeconds = 30;

  /** What this worker has of the run, checked. */
  Shard shard() {
    Check.range("--workers", workers, 1, MAX_WORKERS);
    if (worker < 0 || worker >= workers) {
      throw Check.refused(
          "--worker", worker, "allowed: 0 to " + (workers - 1) + ", below --workers");
    }
    Check.range("--elastic-after", elasticSeconds, 1, 86_400);
    if (elastic && workers == 1) {
      throw Check.refused("--elastic", "1 worker", "allowed: with --workers above 1");
    }
    return new Shard(worker, workers);
  }

  int worker() {
    return worker;
  }

  boolean areSeveral() {
    return workers > 1;
  }

  /** How long to wait for a worker that is gone; null for ever. */
  Duration elastic() {
    return elastic ? Duration.ofSeconds(elasticSeconds) : null;
  }

  /** The options, but which worker it is, as text; empty for one worker. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    if (areSeveral()) {
      texts.put("workers", String.valueOf(workers));
      texts.put("elastic", String.valueOf(elastic));
      texts.put("elastic-after", String.valueOf(elasticSeconds));
    }
    return texts;
  }
}
