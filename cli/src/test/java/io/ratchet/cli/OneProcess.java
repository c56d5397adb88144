package io.ratchet.cli;

import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.learning.Gradient;
import io.ratchet.trainer.learning.GradientExchange;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.UpdateObservation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;

/**
 * The workers of a run as threads of one process: the shards and the loop of the product, but its
 * own exchange, which knows no log and no Kafka. What several processes must equal, bit for bit.
 */
final class OneProcess {
  private final float[][][] gradients;
  private final Phaser step;
  private final boolean inSinglePrecision;
  private final int leaver;
  private final long leavesAt;

  private OneProcess(int workers, boolean inSinglePrecision, int leaver, long leavesAt) {
    this.gradients = new float[workers][][];
    this.step = new Phaser(workers);
    this.inSinglePrecision = inSinglePrecision;
    this.leaver = leaver;
    this.leavesAt = leavesAt;
  }

  /** All workers to the end. */
  static List<Snapshot> train(DataSet data, TrainingSettings settings, int workers) {
    return new OneProcess(workers, false, -1, -1).train(data, settings);
  }

  /** The same, but the gradients are added in single precision: other bits. */
  static List<Snapshot> trainInSinglePrecision(
      DataSet data, TrainingSettings settings, int workers) {
    return new OneProcess(workers, true, -1, -1).train(data, settings);
  }

  /** The same, but one leaves before it has given a gradient of a step; null in its place. */
  static List<Snapshot> trainWithout(
      DataSet data, TrainingSettings settings, int workers, int leaver, long leavesAt) {
    return new OneProcess(workers, false, leaver, leavesAt).train(data, settings);
  }

  private List<Snapshot> train(DataSet data, TrainingSettings settings) {
    List<CompletableFuture<Snapshot>> threads = new ArrayList<>();
    for (int w = 0; w < gradients.length; w++) {
      int worker = w;
      CompletableFuture<Snapshot> done = new CompletableFuture<>();
      threads.add(done);
      new Thread(
              () -> {
                try {
                  done.complete(trainOne(data, settings, worker));
                } catch (RuntimeException | Error e) {
                  step.forceTermination();
                  done.completeExceptionally(e);
                }
              })
          .start();
    }
    return threads.stream().map(CompletableFuture::join).toList();
  }

  private Snapshot trainOne(DataSet data, TrainingSettings settings, int worker) {
    Shard shard = new Shard(worker, gradients.length);
    GradientExchange exchange = (own, gradient, stop) -> mean(worker, own, gradient);
    TrainingLoop loop =
        TrainingLoop.start(
            data, settings, shard, Team.ALONE, RunPublisher.none(), exchange, () -> 0);
    loop.run(() -> false, (done, logLikelihood) -> {});
    return loop.isWhole() ? loop.snapshot("one-process", 1) : null;
  }

  private Shard mean(int worker, UpdateObservation own, Gradient gradient) {
    boolean hasLeft = leavesAt >= 0 && own.step() >= leavesAt;
    if (hasLeft && worker == leaver) {
      gradients[worker] = null;
      step.arriveAndDeregister();
      return null;
    }
    List<UpdateObservation.Block> blocks = own.blocks();
    gradients[worker] =
        blocks.stream().map(UpdateObservation.Block::values).toArray(float[][]::new);
    step.arriveAndAwaitAdvance();
    List<float[][]> all = new ArrayList<>();
    for (float[][] each : gradients) {
      if (each != null) {
        all.add(each);
      }
    }
    for (int b = 0; b < blocks.size(); b++) {
      double[] mean = gradient.values(blocks.get(b).name());
      for (int j = 0; j < mean.length; j++) {
        double sum = 0;
        for (float[][] each : all) {
          sum = inSinglePrecision ? (float) sum + each[b][j] : sum + each[b][j];
        }
        mean[j] = sum / all.size();
      }
    }
    step.arriveAndAwaitAdvance(); // nobody writes the next gradient while another still reads
    return new Shard(hasLeft && worker > leaver ? worker - 1 : worker, all.size());
  }
}
