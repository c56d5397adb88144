package io.ratchet.benchmarks;

import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.stream.accept.Arrival;
import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.SweepReader;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.estimate.RunReporter;
import io.ratchet.stream.estimate.WindowEstimator;
import io.ratchet.stream.window.Aggregate;
import io.ratchet.stream.window.ClosedBucket;
import io.ratchet.stream.window.SlidingWindow;
import io.ratchet.stream.window.SweepLog;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * What one window costs: counting the sweeps of its last bucket, joining and leaving of buckets,
 * estimates with detector, encoding. Buckets of 1,000 sweeps of 64 chains, 20 a window, as in
 * {@link StreamThroughput}, unless other numbers are given; no Kafka.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.WindowCost [WINDOWS [K,K,... [CHAINS [BUCKET]]]]</pre>
 */
public final class WindowCost {
  private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean();

  /** Different buckets; a window that holds each of them twice costs what any other does. */
  private static final int BUCKETS = 10;

  private final WindowSettings windowSettings;
  private final int chains;

  private WindowCost(int bucketSteps, int chains) {
    windowSettings = new WindowSettings(bucketSteps, 20, 20, 0.05);
    this.chains = chains;
  }

  /** Measures and prints a line for each K. */
  public static void main(String[] arguments) throws Exception {
    int windows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2_000;
    String sizes = arguments.length > 1 ? arguments[1] : "10,30,64";
    int chains = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 64;
    int bucketSteps = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 1_000;
    WindowCost cost = new WindowCost(bucketSteps, chains);
    System.out.printf(
        Locale.ROOT,
        "medians over %,d windows after as many, microseconds of CPU; B = %d, C = %d%n",
        windows,
        bucketSteps,
        chains);
    for (String states : sizes.split(",", -1)) {
      cost.measure(Integer.parseInt(states), windows);
    }
  }

  private void measure(int states, int windows) throws Exception {
    AttemptShape shape = new AttemptShape(1, chains, states, Expectation.IRREVERSIBLE, 0);
    List<List<Accepted>> buckets = buckets(states);
    SlidingWindow window = new SlidingWindow(shape, windowSettings);
    RunReporter reporter = RunReporter.startingAt(0);
    double[][] micros = new double[4][windows];
    long bytes = 0;
    for (int turn = 0; turn < 2 * windows; turn++) {
      long start = THREAD.getCurrentThreadCpuTime();
      Map<Integer, Aggregate> parts =
          Map.of(0, SweepLog.fold(new byte[0], buckets.get(turn % BUCKETS), shape));
      long folded = THREAD.getCurrentThreadCpuTime();
      window.add(ClosedBucket.of(turn, List.of(), parts));
      window.moveTo(turn);
      var read = window.read("cost", 1, 0);
      long slid = THREAD.getCurrentThreadCpuTime();
      BucketClosed closed = new BucketClosed(1, shape, turn, List.of(), 0, false, false);
      var result = reporter.close(closed, read).window().orElseThrow();
      long estimated = THREAD.getCurrentThreadCpuTime();
      bytes = WindowEstimator.encode(result).length;
      long encoded = THREAD.getCurrentThreadCpuTime();
      if (turn >= windows) {
        int at = turn - windows;
        micros[0][at] = (folded - start) * 1e-3;
        micros[1][at] = (slid - folded) * 1e-3;
        micros[2][at] = (estimated - slid) * 1e-3;
        micros[3][at] = (encoded - estimated) * 1e-3;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "K = %,d: count %6.0f, join and leave %6.0f, estimate %6.0f, encode %4.0f; %,d bytes%n",
        states,
        Figures.median(micros[0]),
        Figures.median(micros[1]),
        Figures.median(micros[2]),
        Figures.median(micros[3]),
        bytes);
  }

  /** Buckets of chains that turn: each state has 16 equally likely successors, some the same. */
  private List<List<Accepted>> buckets(int states) throws RejectedException {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(20_261_122L);
    int[] next = new int[states << 4];
    for (int i = 0; i < next.length; i++) {
      next[i] = Math.min(random.nextInt(states), random.nextInt(states));
    }
    int[] from = new int[chains];
    List<List<Accepted>> buckets = new ArrayList<>();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      List<Accepted> sweeps = new ArrayList<>();
      for (int step = 0; step < windowSettings.bucketSteps(); step++) {
        int[] to = new int[chains];
        for (int chain = 0; chain < chains; chain++) {
          to[chain] = next[from[chain] << 4 | random.nextInt(16)];
        }
        byte[] record =
            RecordCodec.encode(
                RecordedChains.sweep(
                    "cost", step, states, buffer(from, states), buffer(to, states)));
        Sweep sweep = SweepReader.open(record).sweep();
        sweeps.add(new Accepted(new Arrival(sweep, record, step), bucket, 0));
        from = to;
      }
      buckets.add(sweeps);
    }
    return buckets;
  }

  private static ByteBuffer buffer(int[] chains, int states) {
    return ByteBuffer.wrap(RecordedChains.bytes(chains, states));
  }
}
