package io.ratchet.benchmarks;

import io.ratchet.schema.Expectation;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.learning.GradientExchange;
import io.ratchet.trainer.publish.LogExchange;
import io.ratchet.trainer.publish.PublishSettings;
import io.ratchet.trainer.publish.RunIdentity;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.UpdateObservation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;

/**
 * What a step of W workers costs, and how much of it is the broker's: the same shards, a thread
 * each, once with gradients that meet in memory and once in the log of a broker in another process.
 * Both must end with the same parameters.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.WorkerSteps [DATA [BATCH [UPDATES [W,W,...]]]]</pre>
 */
public final class WorkerSteps {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  private WorkerSteps() {}

  /** One worker's way: what it publishes to and exchanges by, and how both end. */
  private record Way(RunPublisher publisher, GradientExchange exchange, Runnable end) {}

  private interface Ways {
    Way of(Shard shard) throws Exception;
  }

  /**
   * Times of worker 0.
   *
   * @param stepMicros from one update to the next
   * @param waitMicros of that in the exchange
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Times(double[] stepMicros, double[] waitMicros, double[] parameters) {}

  /** Runs the comparison and prints it. */
  public static void main(String[] args) throws Exception {
    String spec = args.length > 0 ? args[0] : "glyphs:28";
    int batch = args.length > 1 ? Integer.parseInt(args[1]) : 500;
    int updates = args.length > 2 ? Integer.parseInt(args[2]) : 2_000;
    String[] sizes = (args.length > 3 ? args[3] : "1,2,4").split(",", -1);
    Path folder = Files.createTempDirectory("ratchet-workers");
    DataSet data = DataSets.load(spec, null, Integer.MAX_VALUE, 1);
    TrainingSettings settings =
        TrainingSettings.builder().updates(updates).batch(batch).recordGradients(true).build();
    System.out.printf(
        Locale.ROOT,
        "%s, K = %d, B = %d, C = %d a worker, %d cores; median us of the second half of %d steps%n",
        spec,
        settings.states(),
        batch,
        settings.chains(),
        Runtime.getRuntime().availableProcessors(),
        updates);
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), TOPICS)) {
      for (String size : sizes) {
        int workers = Integer.parseInt(size);
        Times memory = train(data, settings, workers, inMemory(workers));
        Times log =
            train(data, settings, workers, inLog(broker, folder, "w-" + size, settings, data));
        if (!Arrays.equals(memory.parameters(), log.parameters())) {
          throw new IllegalStateException(size + " workers: other parameters through the log");
        }
        double alone = Figures.median(memory.stepMicros());
        double through = Figures.median(log.stepMicros());
        System.out.printf(
            Locale.ROOT,
            "W = %d: in memory %,7.0f us a step; through the log %,7.0f us (quartiles %,.0f to"
                + " %,.0f, p99 %,.0f), of it exchanging %,.0f; the log's share %.0f %%%n",
            workers,
            alone,
            through,
            Figures.quantile(log.stepMicros(), 0.25),
            Figures.quantile(log.stepMicros(), 0.75),
            Figures.quantile(log.stepMicros(), 0.99),
            Figures.median(log.waitMicros()),
            100 * (1 - alone / through));
      }
    }
  }

  private static Times train(DataSet data, TrainingSettings settings, int workers, Ways ways) {
    List<CompletableFuture<Times>> threads = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      Shard shard = new Shard(w, workers);
      CompletableFuture<Times> done = new CompletableFuture<>();
      threads.add(done);
      new Thread(
              () -> {
                try {
                  done.complete(trainOne(data, settings, shard, ways.of(shard)));
                } catch (Exception | Error e) {
                  e.printStackTrace();
                  done.completeExceptionally(e);
                }
              })
          .start();
    }
    threads.forEach(CompletableFuture::join);
    return threads.get(0).join();
  }

  private static Times trainOne(DataSet data, TrainingSettings settings, Shard shard, Way way) {
    int updates = (int) settings.updates();
    int half = updates / 2;
    double[] steps = new double[updates - half];
    double[] waits = new double[updates - half];
    long[] waited = new long[1];
    GradientExchange timed =
        (own, gradient, stop) -> {
          long before = System.nanoTime();
          Shard next = way.exchange().mean(own, gradient, stop);
          waited[0] = System.nanoTime() - before;
          return next;
        };
    TrainingLoop loop =
        TrainingLoop.start(
            data, settings, shard, Team.ALONE, way.publisher(), timed, System::nanoTime);
    long[] last = {System.nanoTime()};
    loop.run(
        () -> false,
        (step, logLikelihood) -> {
          long now = System.nanoTime();
          int at = (int) step - 1 - half;
          if (at >= 0) {
            steps[at] = (now - last[0]) / 1e3;
            waits[at] = waited[0] / 1e3;
          }
          last[0] = now;
        });
    way.end().run();
    return new Times(steps, waits, loop.snapshot("steps", 1).parameter("W").values());
  }

  private static Ways inMemory(int workers) {
    Phaser phaser = new Phaser(workers);
    List<Map<String, float[]>> gradients = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      gradients.add(new HashMap<>());
    }
    return shard ->
        new Way(
            RunPublisher.none(),
            (own, gradient, stop) -> {
              for (UpdateObservation.Block block : own.blocks()) {
                gradients.get(shard.worker()).put(block.name(), block.values());
              }
              phaser.arriveAndAwaitAdvance();
              gradient.setMean(gradients);
              phaser.arriveAndAwaitAdvance(); // nobody writes while another still reads
              return shard;
            },
            () -> {});
  }

  private static Ways inLog(
      BrokerProcess broker, Path folder, String run, TrainingSettings settings, DataSet data) {
    Run registered =
        Run.newBuilder()
            .setRun(run)
            .setAttempt(1)
            .setCreatedMillis(Clock.systemUTC().millis())
            .build();
    return shard -> {
      Path own = folder.resolve(run + "-" + shard.worker());
      RunIdentity identity =
          new RunIdentity(
              run,
              1,
              shard.worker(),
              1 + shard.worker(),
              shard.workers(),
              shard.worker() * settings.chains(),
              shard.workers() * settings.chains(),
              0,
              Expectation.IRREVERSIBLE,
              settings.states(),
              data.visible(),
              null);
      LogExchange exchange =
          LogExchange.open(
              PublishSettings.of(broker.client(), TOPICS, own),
              identity,
              registered,
              RunDirectory.of(own),
              LogExchange.Terms.ofStart(null),
              Clock.systemUTC(),
              System::nanoTime);
      return new Way(
          exchange,
          exchange,
          () ->
              exchange.close(WorkerState.FINISHED, settings.updates(), "", Duration.ofMinutes(1)));
    };
  }
}
