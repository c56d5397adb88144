package io.ratchet.benchmarks;

import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import io.ratchet.trainer.publish.RunPublisher;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * What publishing costs the training thread, in CPU time.
 *
 * <p>Four trainings with the same seed, hence with the same bits at every step, take turns on one
 * thread: one publishes nothing; one makes the observations of every sweep and update (copies of
 * the states, norms of the gradient) for a publisher that forgets them; one hands them over to a
 * broker; one also makes the observables of every tenth step. Each phase advances each by the same
 * steps; the order within a phase rotates. The cost is the median over phases of the ratio of CPU
 * times in a phase.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.HandingOver [DATA [PHASES [UPDATES-PER-PHASE]]]</pre>
 */
public final class HandingOver {
  private static final int NEVER = Integer.MAX_VALUE;

  /** Updates before the first that counts: the compiler is still at work. */
  private static final int WARM = 2_000;

  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  private HandingOver() {}

  /** Runs the comparison and prints it. */
  public static void main(String[] args) throws Exception {
    String spec = args.length > 0 ? args[0] : "glyphs:28";
    int phases = args.length > 1 ? Integer.parseInt(args[1]) : 60;
    int updates = args.length > 2 ? Integer.parseInt(args[2]) : 200;
    Path folder = Files.createTempDirectory("ratchet-handing-over");
    DataSet data = DataSets.load(spec, null, Integer.MAX_VALUE, 1);
    long total = WARM + (long) updates * phases;
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), TOPICS)) {
      TrainingSettings recipe = TrainingSettings.builder().build();
      Path spill = folder.resolve("spill");
      KafkaRunPublisher sweeps = broker.publisher("handing-over", spill, data.visible(), recipe);
      KafkaRunPublisher observables = broker.publisher("observing", spill, data.visible(), recipe);
      TrainingLoop[] loops = {
        loop(data, total, NEVER, NEVER, RunPublisher.none()),
        loop(data, total, 1, NEVER, RunPublisher.none()),
        loop(data, total, 1, NEVER, sweeps),
        loop(data, total, 1, 10, observables)
      };
      double[][] nanos = new double[loops.length][phases];
      advance(loops, WARM, 0, null, 0);
      for (int phase = 0; phase < phases; phase++) {
        advance(loops, updates, phase, nanos, phase);
      }
      Duration patience = Duration.ofMinutes(1);
      boolean delivered = sweeps.close(WorkerState.FINISHED, total, "", patience);
      delivered &= observables.close(WorkerState.FINISHED, total, "", patience);
      print(spec, phases, updates, nanos);
      System.out.printf(
          Locale.ROOT,
          "delivered %b, sweeps %,d + %,d, dropped %d, spilled %d%n",
          delivered,
          sweeps.nextSweep(),
          observables.nextSweep(),
          sweeps.dropped() + observables.dropped(),
          sweeps.spilled() + observables.spilled());
    }
  }

  /** Advances every loop by the same number of updates and notes the CPU time of each. */
  private static void advance(
      TrainingLoop[] loops, int updates, int rotation, double[][] nanos, int phase) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (int i = 0; i < loops.length; i++) {
      int which = (i + rotation) % loops.length;
      TrainingLoop loop = loops[which];
      long target = loop.step() + updates;
      long before = threads.getCurrentThreadCpuTime();
      loop.run(() -> loop.step() >= target, (step, logLikelihood) -> {});
      if (nanos != null) {
        nanos[which][phase] = threads.getCurrentThreadCpuTime() - before;
      }
    }
  }

  private static void print(String spec, int phases, int updates, double[][] nanos) {
    String[] names = {
      "nothing published",
      "observations made, not offered",
      "every sweep and update offered",
      "and observables every 10 steps"
    };
    System.out.printf(Locale.ROOT, "%s, %d phases of %d updates each%n", spec, phases, updates);
    for (int i = 0; i < nanos.length; i++) {
      double[] ratios = new double[phases];
      for (int p = 0; p < phases; p++) {
        ratios[p] = nanos[i][p] / nanos[0][p];
      }
      System.out.printf(
          Locale.ROOT,
          "%-32s %8.1f us CPU an update, %+6.2f %% (quartiles %+.2f to %+.2f)%n",
          names[i],
          Figures.median(nanos[i]) / updates / 1e3,
          100 * (Figures.median(ratios) - 1),
          100 * (Figures.quantile(ratios, 0.25) - 1),
          100 * (Figures.quantile(ratios, 0.75) - 1));
    }
  }

  private static TrainingLoop loop(
      DataSet data, long updates, int publishEvery, int observeEvery, RunPublisher publisher) {
    TrainingSettings settings =
        TrainingSettings.builder()
            .updates(updates)
            .seed(1)
            .publishEvery(publishEvery)
            .observeEvery(observeEvery)
            .build();
    return TrainingLoop.start(data, settings, publisher, System::nanoTime);
  }
}
