package io.ratchet.stream.export;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import io.prometheus.client.exporter.common.TextFormat;
import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.stream.export.MetricCatalog.Metric;
import io.ratchet.stream.page.RunArchive;
import io.ratchet.stream.runs.RunState;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The metrics of this process, as Prometheus reads them.
 *
 * <p>Gauges are set by the processors themselves, at the moment a window closes or an update
 * passes. At most {@value #MAX_RUNS} runs have series, see {@link Places}; those of a run go when
 * its task leaves this process. What is not known has no series.
 *
 * <p>Counters count since the start of the process, as counters do. A transaction that is aborted
 * is done again and counted again; the account that is exact is the run's own, in the state.
 *
 * <p>Safe for use by several threads.
 */
public final class PrometheusExporter {
  /** Live runs with series of their own; each has some forty. */
  public static final int MAX_RUNS = 200;

  /** Runs without series that are told apart; beyond these they are not counted any more. */
  public static final int MAX_OVERFLOW = 100_000;

  /** Parameter blocks of a run with series; a trainer has four, a stranger may send any number. */
  public static final int MAX_BLOCKS = 16;

  /** From a commit that is being awaited to a task that restores, in seconds. */
  private static final double[] LATENCY_BUCKETS = {
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60
  };

  /** Updates a second are measured over at least this time. */
  private static final long RATE_MILLIS = 1_000;

  private final Clock clock;
  private final CollectorRegistry registry = new CollectorRegistry();
  private final Map<Metric, Gauge> gauges = new HashMap<>();
  private final Map<Metric, Counter> counters = new HashMap<>();
  private final Histogram latency;

  /** What is counted at each record, found once. */
  private final Map<String, Counter.Child> read = new ConcurrentHashMap<>();

  private final Counter.Child accepted;

  private final Places places;

  /** Runs whose state was shown last. */
  private final Set<String> shown = new LinkedHashSet<>();

  private final Set<List<String>> states = new LinkedHashSet<>();
  private final Set<List<String>> infos = new LinkedHashSet<>();

  /** The series of one run, and what they were last told. */
  static final class RunSeries {
    /** Parameter blocks with series. */
    final Set<String> blocks = new LinkedHashSet<>();

    int attempt;

    /** Whether an update was shown. */
    boolean updated;

    /** Where the rate of updates is measured from. */
    long rateStep;

    long rateMillis;

    private final Map<Gauge, Set<List<String>>> shown = new HashMap<>();

    /** Sets a value; null for one that is not known, which has no series. */
    void set(Gauge gauge, Double value, String... labels) {
      Set<List<String>> all = shown.computeIfAbsent(gauge, each -> new LinkedHashSet<>());
      List<String> key = Arrays.asList(labels);
      if (value != null) {
        all.add(key);
        gauge.labels(labels).set(value);
      } else if (all.remove(key)) {
        gauge.remove(labels);
      }
    }

    /** Removes all of them. */
    void remove() {
      shown.forEach(
          (gauge, all) -> all.forEach(labels -> gauge.remove(labels.toArray(new String[0]))));
      shown.clear();
    }
  }

  /**
   * Metrics that are all absent.
   *
   * @param version version of the program
   * @param clock tells when a window was shown
   */
  public PrometheusExporter(String version, Clock clock) {
    this.clock = clock;
    places = new Places(MAX_RUNS, MAX_OVERFLOW);
    Histogram made = null;
    for (Metric metric : MetricCatalog.ALL) {
      String[] labels = metric.labels().toArray(new String[0]);
      switch (metric.type()) {
        case GAUGE ->
            gauges.put(
                metric,
                Gauge.build(metric.name(), metric.help()).labelNames(labels).register(registry));
        case COUNTER ->
            counters.put(
                metric,
                Counter.build(metric.name(), metric.help())
                    .labelNames(labels)
                    .withoutExemplars() // each record would ask the clock
                    .register(registry));
        case HISTOGRAM ->
            made =
                Histogram.build(metric.name(), metric.help())
                    .buckets(LATENCY_BUCKETS)
                    .withoutExemplars()
                    .register(registry);
      }
    }
    latency = made;
    accepted = counters.get(MetricCatalog.STREAM_ACCEPTED).labels();
    gauges.get(MetricCatalog.BUILD_INFO).labels(version).set(1);
  }

  /** Shows that nothing was read of a topic yet: without a series no rule can see that. */
  public void expect(String topic) {
    Counter.Child unused = records(topic);
  }

  /** Counts a record that was read. */
  public void countRead(String topic) {
    records(topic).inc();
  }

  private Counter.Child records(String topic) {
    Counter.Child known = read.get(topic);
    if (known == null) {
      known = counters.get(MetricCatalog.STREAM_RECORDS).labels(topic);
      read.put(topic, known);
    }
    return known;
  }

  /** Counts a sweep that was added to a bucket. */
  public void countAccepted() {
    accepted.inc();
  }

  /** Counts a sweep that had been dealt with before. */
  public void countDuplicate() {
    counters.get(MetricCatalog.STREAM_DUPLICATES).inc();
  }

  /** Counts a sweep whose bucket had closed. */
  public void countLate() {
    counters.get(MetricCatalog.STREAM_LATE).inc();
  }

  /** Counts sweep numbers that were passed over. */
  public void countGaps(long sweeps) {
    if (sweeps > 0) {
      counters.get(MetricCatalog.STREAM_GAP_SWEEPS).inc((double) sweeps);
    }
  }

  /** Counts a record that went to the dead letters. */
  public void countRejected(String reason) {
    counters.get(MetricCatalog.STREAM_REJECTED).labels(reason).inc();
  }

  /** Counts a record that the page left out, and no dead letter tells of. */
  public void countLeftOut(String reason) {
    counters.get(MetricCatalog.PAGE_REJECTED).labels(reason).inc();
  }

  /**
   * Shows a closed window.
   *
   * @param owner task that has the run
   * @param window what it says
   * @param recordMillis timestamp of the record that closed it
   */
  public synchronized void showWindow(String owner, Thermodynamics window, long recordMillis) {
    long now = clock.millis();
    RunSeries series = places.admit(window.getRun(), owner, window.getAttempt(), now);
    if (series != null) {
      String run = window.getRun();
      showEntropyProduction(series, run, "counts", window.getEntropyProduction());
      showEntropyProduction(series, run, "soft", window.getSoftEntropyProduction());
      showEntropyProduction(series, run, "path", window.getPathEntropyProduction());
      showDivergence(series, run, "class", window.getClassDivergence());
      showDivergence(series, run, "latent", window.getLatentDivergence());
      set(
          series,
          MetricCatalog.SELF_TRANSITION_PROBABILITY,
          window.getSelfTransitionProbability() == null
              ? null
              : window.getSelfTransitionProbability().getValue(),
          run);
      set(
          series,
          MetricCatalog.REVERSIBILITY_P_VALUE,
          window.getReversibilityTest() == null ? null : window.getReversibilityTest().getPValue(),
          run);
      EstimateStatus status = window.getStatus();
      set(series, MetricCatalog.FROZEN, flag(status == EstimateStatus.FROZEN), run);
      set(
          series,
          MetricCatalog.ESTIMATE_VALID,
          flag(status == EstimateStatus.ESTIMATED || status == EstimateStatus.LOWER_BOUND),
          run);
      showVerdict(series, run, window.getExpectation(), window.getVerdict());
      boolean driven = window.getExpectation() == Expectation.DRIVEN;
      List<Current> currents = window.getCurrents();
      set(
          series,
          MetricCatalog.CURRENT_MAX,
          driven ? null : Double.valueOf(currents.isEmpty() ? 0 : currents.get(0).getValue()),
          run);
      set(
          series,
          MetricCatalog.CURRENT_MAGNITUDE,
          driven ? null : Double.valueOf(window.getCurrentMagnitude()),
          run);
      List<Cycle> cycles = window.getCycles();
      for (int rank = 0; rank < 3; rank++) {
        set(
            series,
            MetricCatalog.CYCLE_AFFINITY,
            rank < cycles.size() ? cycles.get(rank).getAffinity() : null,
            run,
            Integer.toString(rank + 1));
      }
      set(series, MetricCatalog.WINDOW_TRANSITIONS, (double) window.getTransitions(), run);
      if (!series.updated) {
        set(series, MetricCatalog.STEP, (double) window.getToStep(), run);
      }
      set(series, MetricCatalog.LAST_WINDOW_TIMESTAMP, now / 1_000.0, run);
    }
    latency.observe(Math.max(0, now - recordMillis) / 1_000.0);
  }

  /**
   * Shows what the detector says, where no window does.
   *
   * @param owner task that has the run
   */
  public synchronized void showVerdict(
      String owner, String run, int attempt, Expectation expectation, Verdict verdict) {
    RunSeries series = places.admit(run, owner, attempt, clock.millis());
    if (series != null) {
      showVerdict(series, run, expectation, verdict);
    }
  }

  /** Only what can be raised has a series: nothing of a driven run. */
  private void showVerdict(RunSeries series, String run, Expectation expectation, Verdict verdict) {
    boolean irreversible = verdict != null && expectation == Expectation.IRREVERSIBLE;
    boolean reversible = verdict != null && expectation == Expectation.REVERSIBLE;
    Double alarm = irreversible || reversible ? flag(verdict.getAlarm()) : null;
    Double frozen = irreversible || reversible ? flag(verdict.getFrozen()) : null;
    set(series, MetricCatalog.COLLAPSED, irreversible ? alarm : null, run);
    set(series, MetricCatalog.ALERT_ACTIVE, irreversible ? alarm : null, run, "collapse");
    set(series, MetricCatalog.ALERT_ACTIVE, reversible ? alarm : null, run, "irreversible");
    set(series, MetricCatalog.ALERT_ACTIVE, frozen, run, "frozen");
  }

  /**
   * Shows a parameter update.
   *
   * @param owner task that has the run
   */
  public synchronized void showUpdate(String owner, GradientUpdate update) {
    RunSeries series = places.admit(update.getRun(), owner, update.getAttempt(), clock.millis());
    if (series == null || update.getAttempt() < series.attempt) {
      return;
    }
    String run = update.getRun();
    long step = update.getStep() + 1;
    long millis = update.getTimestampMillis();
    if (!series.updated || step < series.rateStep) {
      series.rateStep = step;
      series.rateMillis = millis;
    } else if (millis - series.rateMillis >= RATE_MILLIS) {
      set(
          series,
          MetricCatalog.UPDATES_PER_SECOND,
          1_000.0 * (step - series.rateStep) / (millis - series.rateMillis),
          run);
      series.rateStep = step;
      series.rateMillis = millis;
    }
    series.updated = true;
    set(series, MetricCatalog.STEP, (double) step, run);
    if (update.getLogLikelihood() != null) {
      set(series, MetricCatalog.LOG_LIKELIHOOD, update.getLogLikelihood(), run);
    }
    for (GradientBlock block : update.getBlocks()) {
      if (series.blocks.contains(block.getName()) || series.blocks.size() < MAX_BLOCKS) {
        series.blocks.add(block.getName());
        set(series, MetricCatalog.GRADIENT_NORM, block.getNorm(), run, block.getName());
      }
    }
  }

  /** Notes that a run has ended: its series stay until a live run needs the room. */
  public synchronized void end(String run) {
    places.end(run);
  }

  /** Removes the series of all runs of a task, because another process has it now. */
  public synchronized void release(String owner) {
    places.release(owner);
  }

  /**
   * The text of {@code /metrics}, in Prometheus' exposition format 0.0.4.
   *
   * @param statuses runs as the runs topic tells of them, the one heard of last first
   */
  public synchronized String text(List<RunArchive.Summary> statuses) {
    showStatuses(statuses);
    long publishDropped = statuses.stream().mapToLong(RunArchive.Summary::dropped).sum();
    List<Collector.MetricFamilySamples> families = new ArrayList<>();
    for (Collector.MetricFamilySamples family : Collections.list(registry.metricFamilySamples())) {
      List<Collector.MetricFamilySamples.Sample> samples = new ArrayList<>(family.samples.size());
      for (Collector.MetricFamilySamples.Sample sample : family.samples) {
        if (sample.name.endsWith("_created")) {
          continue; // OpenMetrics' business; here it would be a gauge for each counter
        }
        boolean dropped = sample.name.equals(MetricCatalog.PUBLISH_DROPPED.name());
        samples.add(
            dropped
                ? new Collector.MetricFamilySamples.Sample(
                    sample.name, sample.labelNames, sample.labelValues, publishDropped)
                : sample);
      }
      families.add(
          new Collector.MetricFamilySamples(
              family.name, family.unit, family.type, family.help, samples));
    }
    StringWriter text = new StringWriter();
    try {
      TextFormat.write004(text, Collections.enumeration(families));
    } catch (IOException e) { // a string does not fail
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private void showStatuses(List<RunArchive.Summary> statuses) {
    Gauge state = gauges.get(MetricCatalog.RUN_STATE);
    Gauge info = gauges.get(MetricCatalog.RUN_INFO);
    states.forEach(labels -> state.remove(labels.toArray(new String[0])));
    infos.forEach(labels -> info.remove(labels.toArray(new String[0])));
    states.clear();
    infos.clear();
    Set<String> without = places.without(clock.millis());
    Set<String> before = Set.copyOf(shown);
    shown.clear();
    for (RunArchive.Summary status : inOrderOfClaim(statuses, before)) {
      if (shown.size() == MAX_RUNS) {
        if (isLive(status)) {
          without.add(status.id());
        }
        continue;
      }
      shown.add(status.id());
      for (RunState each : RunState.values()) {
        List<String> labels = List.of(status.id(), each.label());
        states.add(labels);
        state.labels(labels.toArray(new String[0])).set(flag(each == status.state()));
      }
      List<String> labels =
          List.of(
              status.id(),
              status.model(),
              status.algorithm(),
              status.expectation().name().toLowerCase(Locale.ROOT),
              Integer.toString(status.states()));
      infos.add(labels);
      info.labels(labels.toArray(new String[0])).set(1);
    }
    gauges.get(MetricCatalog.RUNS_OVERFLOW).set(without.size());
  }

  /**
   * Live runs with other series, live ones whose state was shown before, other live ones, ended
   * ones: who has a place keeps it while it lives, whoever else is heard of.
   */
  private List<RunArchive.Summary> inOrderOfClaim(
      List<RunArchive.Summary> statuses, Set<String> before) {
    return statuses.stream()
        .sorted(
            Comparator.comparingInt(
                status -> {
                  if (!isLive(status)) {
                    return 3;
                  }
                  return places.has(status.id()) ? 0 : before.contains(status.id()) ? 1 : 2;
                }))
        .toList();
  }

  private static boolean isLive(RunArchive.Summary status) {
    return status.state() == RunState.RUNNING || status.state() == RunState.STALLED;
  }

  private void showEntropyProduction(
      RunSeries series, String run, String estimator, Estimate estimate) {
    show(
        series,
        estimate,
        List.of(
            MetricCatalog.ENTROPY_PRODUCTION,
            MetricCatalog.ENTROPY_PRODUCTION_LOWER,
            MetricCatalog.ENTROPY_PRODUCTION_UPPER),
        run,
        estimator);
  }

  private void showDivergence(RunSeries series, String run, String kind, Estimate estimate) {
    show(
        series,
        estimate,
        List.of(
            MetricCatalog.KL_DIVERGENCE,
            MetricCatalog.KL_DIVERGENCE_LOWER,
            MetricCatalog.KL_DIVERGENCE_UPPER),
        run,
        kind);
  }

  /** Value, lower and upper end; none of them for an estimate that says nothing of the chain. */
  private void show(RunSeries series, Estimate estimate, List<Metric> metrics, String... labels) {
    boolean valid =
        estimate != null
            && (estimate.getStatus() == EstimateStatus.ESTIMATED
                || estimate.getStatus() == EstimateStatus.LOWER_BOUND);
    set(series, metrics.get(0), valid ? estimate.getValue() : null, labels);
    set(series, metrics.get(1), valid ? estimate.getLower() : null, labels);
    set(series, metrics.get(2), valid ? estimate.getUpper() : null, labels);
  }

  private void set(RunSeries series, Metric metric, Double value, String... labels) {
    series.set(gauges.get(metric), value, labels);
  }

  private static double flag(boolean value) {
    return value ? 1 : 0;
  }
}
