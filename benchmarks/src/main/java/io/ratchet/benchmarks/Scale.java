package io.ratchet.benchmarks;

import io.ratchet.benchmarks.ScaleFeed.Shape;
import io.ratchet.schema.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;

/**
 * What the stream takes, and what it does, as runs, states, workers and instances become more: the
 * tables of {@code docs/scaling.md}, as they stand there. Broker and stream are processes of their
 * own; each row begins with empty ones. Windows of 20 buckets of 25 steps, six partitions.
 *
 * <pre>
 * java -cp ... io.ratchet.benchmarks.Scale runs|states|workers|instances|joining [N,N,... [SECONDS]]
 * </pre>
 *
 * <p>SECONDS is how long {@code runs} sends {@value #RATE} records a second; {@code joining} does
 * so until the partitions are shared.
 */
public final class Scale {
  /** What the stream has to keep up with, over all runs. */
  private static final int RATE = 2_000;

  /** A whole window and one step more, so that its last bucket closes. */
  private static final int STEPS = 20 * 25 + 1;

  /** Records at least for a rate: fewer are done before the compiler is. */
  private static final int LEAST = 200_000;

  private static final int CHAINS = 64;
  private static final int STATES = 10;
  private static final Pattern SHOWN = Pattern.compile("(?m)^ratchet_step\\{");

  private final Path folder;
  private final BrokerProcess broker;
  private final ScaleFeed feed;

  private Scale(Path folder, BrokerProcess broker, ScaleFeed feed) {
    this.folder = folder;
    this.broker = broker;
    this.feed = feed;
  }

  /** One row of a table. */
  private interface Row {
    void print(Scale scale) throws Exception;
  }

  /** What takes time. */
  private interface Action {
    void run() throws Exception;
  }

  /** Measures and prints one table. */
  public static void main(String[] args) throws Exception {
    String table = args.length > 0 ? args[0] : "runs";
    String sizes =
        args.length > 1
            ? args[1]
            : switch (table) {
              case "runs" -> "1,100,1000";
              case "states" -> "10,100,300,1000";
              case "workers" -> "1,10,100";
              case "joining" -> "100";
              default -> "1,2";
            };
    Duration duration = Duration.ofSeconds(args.length > 2 ? Long.parseLong(args[2]) : 20);
    System.out.println(
        switch (table) {
          case "runs" ->
              "| runs | records/s at most | lag after %d s of %,d/s | heap | resident | state on disk | changelog a run | /metrics | runs shown, not shown | restart | state built again | taken over after a kill |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
                  .formatted(duration.toSeconds(), RATE);
          case "states" ->
              "| K | record | window in the topic | state on disk | changelogs | CPU a record, its share of windows included | records/s | heap |\n|---|---|---|---|---|---|---|---|";
          case "workers" ->
              "| workers | records/s | steps/s | heap | state on disk | changelogs |\n|---|---|---|---|---|---|";
          case "instances" -> "| instances | records/s, 100 runs |\n|---|---|";
          case "joining" ->
              "| runs | ready | has a partition | has its half | most that the stream was behind | behind at the end |\n|---|---|---|---|---|---|";
          default ->
              throw new IllegalArgumentException(
                  table + ": not one of runs, states, workers, instances, joining");
        });
    for (int size : Arrays.stream(sizes.split(",", -1)).mapToInt(Integer::parseInt).toArray()) {
      switch (table) {
        case "runs" ->
            measure(new Shape("run", size, 1, CHAINS, STATES), bench -> bench.runs(size, duration));
        case "states" -> measure(new Shape("k", 1, 1, 512, size), bench -> bench.states(size));
        case "workers" ->
            measure(new Shape("w", 1, size, CHAINS, STATES), bench -> bench.workers(size));
        case "joining" ->
            measure(new Shape("run", size, 1, CHAINS, STATES), bench -> bench.joining(size));
        default ->
            measure(new Shape("run", 100, 1, CHAINS, STATES), bench -> bench.instances(size));
      }
    }
  }

  private static void measure(Shape shape, Row row) throws Exception {
    Topics topics = Topics.of(Topics.DEFAULT_PREFIX);
    Path folder = Files.createTempDirectory("ratchet-scale");
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), topics);
        ScaleFeed feed = new ScaleFeed(broker, shape)) {
      feed.register();
      row.print(new Scale(folder, broker, feed));
    }
  }

  private void runs(int runs, Duration duration) throws Exception {
    int steps = Math.max(STEPS, LEAST / runs);
    feed.sweepAll(steps);
    double rate;
    long lag;
    long heap;
    long resident;
    long state;
    long changelogs;
    String metrics;
    double[] scrapes = new double[5];
    try (StreamProcess one = start("one")) {
      rate = feed.records(steps) / seconds(feed::awaitAll);
      lag = feed.sweepAtRate(RATE, duration);
      feed.awaitAll();
      metrics = one.get("metrics").body();
      for (int i = 0; i < scrapes.length; i++) {
        String[] text = new String[1];
        scrapes[i] = 1e3 * seconds(() -> text[0] = one.get("metrics").body());
        metrics = text[0];
      }
      heap = one.heapBytes();
      resident = one.residentBytes();
      state = one.stateBytes();
      changelogs = feed.topicBytes("-changelog");
    }
    double restart = startAgain("one");
    double built = startAgain("other"); // the changelogs are all that it has
    double takeOver;
    StreamProcess two = start("two");
    try (StreamProcess one = start("one")) {
      one.awaitReady();
      feed.sweepAll(1);
      feed.awaitAll();
      two.kill(); // it came first and has the partitions
      feed.sweepAll(1);
      takeOver = seconds(feed::awaitAll);
    }
    System.out.printf(
        Locale.ROOT,
        "| %,d | %,.0f | %,d | %.0f MB | %.0f MB | %.1f MB | %.1f kB | %,d bytes, %.0f ms (%.0f at most) | %d, %s | %.1f s | %.1f s | %.1f s |%n",
        runs,
        rate,
        lag,
        heap / 1e6,
        resident / 1e6,
        state / 1e6,
        changelogs / 1e3 / runs,
        metrics.length(),
        Figures.median(scrapes),
        Figures.quantile(scrapes, 1),
        SHOWN.matcher(metrics).results().count(),
        metrics.replaceAll("(?s).*\nratchet_runs_overflow (\\d+).*", "$1"),
        restart,
        built,
        takeOver);
  }

  private void states(int states) throws Exception {
    try (StreamProcess stream = start("one")) {
      feed.sweepAll(STEPS); // until the compiler is done
      feed.awaitAll();
      double cpu = stream.cpuSeconds();
      long windows = feed.topicBytes("thermodynamics.v1");
      long input = feed.topicBytes("chain-states.v1");
      int steps = 1_000;
      double records = feed.records(steps);
      double seconds =
          seconds(
              () -> {
                feed.sweepAll(steps);
                feed.awaitAll();
              });
      System.out.printf(
          Locale.ROOT,
          "| %,d | %,.1f kB | %,.1f kB | %.1f MB | %.1f MB | %.2f ms | %,.0f | %.0f MB |%n",
          states,
          (feed.topicBytes("chain-states.v1") - input) / 1e3 / records,
          (feed.topicBytes("thermodynamics.v1") - windows) / 1e3 / (records / 25.0),
          stream.stateBytes() / 1e6,
          feed.topicBytes("-changelog") / 1e6,
          (stream.cpuSeconds() - cpu) * 1e3 / records,
          records / seconds,
          stream.heapBytes() / 1e6);
    }
  }

  private void workers(int workers) throws Exception {
    int steps = Math.max(STEPS, LEAST / workers);
    feed.sweepAll(steps);
    try (StreamProcess stream = start("one")) {
      double rate = feed.records(steps) / seconds(feed::awaitAll);
      System.out.printf(
          Locale.ROOT,
          "| %,d | %,.0f | %,.0f | %.0f MB | %.1f MB | %.1f MB |%n",
          workers,
          rate,
          rate / workers,
          stream.heapBytes() / 1e6,
          stream.stateBytes() / 1e6,
          feed.topicBytes("-changelog") / 1e6);
    }
  }

  private void instances(int instances) throws Exception {
    StreamProcess[] streams = new StreamProcess[instances];
    for (int i = 0; i < instances; i++) {
      streams[i] = start("instance-" + i);
    }
    feed.sweepAll(STEPS);
    feed.awaitAll();
    int steps = 4 * STEPS;
    double rate =
        feed.records(steps)
            / seconds(
                () -> {
                  feed.sweepAll(steps);
                  feed.awaitAll();
                });
    System.out.printf(Locale.ROOT, "| %d | %,.0f |%n", instances, rate);
    for (StreamProcess stream : streams) {
      stream.close();
    }
  }

  /** A second instance comes while the first keeps up with all that is sent. */
  private void joining(int runs) throws Exception {
    try (StreamProcess first = start("first")) {
      feed.sweepAll(STEPS);
      feed.awaitAll();
      first.awaitReady();
      feed.sweepAtRate(RATE, Duration.ofSeconds(10));
      FutureTask<StreamProcess> second = new FutureTask<>(() -> start("second"));
      new Thread(second).start();
      long began = System.nanoTime();
      double ready = 0;
      double some = 0;
      double half = 0;
      long most = 0;
      while (half == 0) {
        long lag = feed.sweepAtRate(RATE, Duration.ofMillis(250));
        most = Math.max(most, lag);
        double seconds = (System.nanoTime() - began) * 1e-9;
        int partitions = feed.partitionsOf("second");
        ready = ready == 0 && second.isDone() ? seconds : ready;
        some = some == 0 && partitions > 0 ? seconds : some;
        half = partitions >= Topics.DEFAULT_PARTITIONS / 2 ? seconds : 0;
      }
      long left = feed.sweepAtRate(RATE, Duration.ofSeconds(10));
      System.out.printf(
          Locale.ROOT,
          "| %,d | %.1f s | %.1f s | %.1f s | %.1f s | %.1f s |%n",
          runs,
          ready,
          some,
          half,
          (double) most / RATE,
          (double) left / RATE);
      second.get().close();
    }
  }

  private StreamProcess start(String instance) throws Exception {
    return StreamProcess.start(broker.client(), folder, instance);
  }

  /** Seconds from the start of the process until it is ready; it is ended again. */
  private double startAgain(String instance) throws Exception {
    StreamProcess[] started = new StreamProcess[1];
    double seconds = seconds(() -> started[0] = start(instance));
    started[0].close();
    return seconds;
  }

  private static double seconds(Action action) throws Exception {
    long start = System.nanoTime();
    action.run();
    return (System.nanoTime() - start) * 1e-9;
  }
}
