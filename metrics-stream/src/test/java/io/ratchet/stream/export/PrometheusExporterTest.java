package io.ratchet.stream.export;

import static io.ratchet.stream.export.PrometheusExporter.MAX_RUNS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.ReversibilityTest;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.stream.SetClock;
import io.ratchet.stream.page.RunArchive;
import io.ratchet.stream.runs.RunState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrometheusExporterTest {
  private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");

  private final PrometheusExporter exporter =
      new PrometheusExporter("1.0", Clock.fixed(NOW, ZoneOffset.UTC));

  @Test
  void whatIsNotKnown_hasNoSeries() {
    exporter.showWindow("0_0", window("run-a", EstimateStatus.ESTIMATED), NOW.toEpochMilli());
    assertThat(text())
        .contains("ratchet_entropy_production_nats{run=\"run-a\",estimator=\"counts\",} 1.5")
        .contains("ratchet_frozen{run=\"run-a\",} 0.0")
        .doesNotContain("estimator=\"soft\"")
        .doesNotContain("ratchet_collapsed{")
        .doesNotContain("NaN")
        .doesNotContain("_created");
    exporter.showWindow("0_0", window("run-a", EstimateStatus.FROZEN), NOW.toEpochMilli());
    assertThat(text())
        .doesNotContain("ratchet_entropy_production_nats{")
        .contains("ratchet_frozen{run=\"run-a\",} 1.0")
        .contains("ratchet_estimate_valid{run=\"run-a\",} 0.0");
  }

  @Test
  void theSeriesOfATask_goWithIt() {
    exporter.showWindow("0_0", window("run-a", EstimateStatus.ESTIMATED), NOW.toEpochMilli());
    exporter.showWindow("0_1", window("run-b", EstimateStatus.ESTIMATED), NOW.toEpochMilli());
    exporter.release("0_0");
    assertThat(text()).doesNotContain("run-a").contains("run-b");
  }

  @Test
  void beyond200LiveRuns_onlyTheirNumberIsShown_untilOneEnds() {
    for (int run = 0; run < 203; run++) {
      exporter.showWindow("0_0", window("r" + run, EstimateStatus.ESTIMATED), NOW.toEpochMilli());
    }
    assertThat(text()).contains("ratchet_runs_overflow 3.0").doesNotContain("\"r200\"");
    exporter.end("r7");
    exporter.showWindow("0_0", window("r200", EstimateStatus.ESTIMATED), NOW.toEpochMilli());
    assertThat(text())
        .contains("ratchet_runs_overflow 2.0")
        .contains("\"r200\"")
        .doesNotContain("\"r7\"");
  }

  @Test
  void aRunThatWasKilled_keepsItsPlaceForAnHour() {
    SetClock clock = new SetClock(NOW);
    PrometheusExporter later = new PrometheusExporter("1.0", clock);
    for (int run = 0; run < MAX_RUNS; run++) {
      later.showWindow("0_0", window("r" + run, EstimateStatus.ESTIMATED), 0);
    }
    clock.advance(Duration.ofSeconds(3_599));
    later.showWindow("0_0", window("r0", EstimateStatus.ESTIMATED), 0);
    later.showWindow("0_0", window("new", EstimateStatus.ESTIMATED), 0);
    assertThat(runs(later.text(List.of()))).doesNotContain("new");

    clock.advance(Duration.ofSeconds(1));
    later.showWindow("0_0", window("new", EstimateStatus.ESTIMATED), 0);
    assertThat(runs(later.text(List.of())))
        .hasSize(MAX_RUNS)
        .contains("r0", "new")
        .doesNotContain("r1");

    later.showWindow("0_0", window("r0", EstimateStatus.ESTIMATED), 0);
    clock.advance(Duration.ofSeconds(1));
    for (int run = 2; run < MAX_RUNS + 2; run++) {
      later.showWindow("0_0", window("r" + run, EstimateStatus.ESTIMATED), 0);
    }
    assertThat(later.text(List.of())).contains("ratchet_runs_overflow 2.0");
    clock.advance(Duration.ofHours(1));
    assertThat(later.text(List.of())).contains("ratchet_runs_overflow 0.0");
  }

  /** Ids as long as an id may be, all estimates, as many blocks as a trainer has. */
  @Test
  void aThousandLiveRuns_haveAsManySeriesAsTwoHundred_alwaysOfTheSame() {
    List<RunArchive.Summary> statuses = new ArrayList<>();
    for (int run = 0; run < 1_000; run++) {
      String id = "%063d".formatted(run);
      exporter.showWindow("0_0", fullWindow(id), NOW.toEpochMilli());
      exporter.showUpdate("0_0", update(id, 0, NOW.toEpochMilli()));
      exporter.showUpdate("0_0", update(id, 333, NOW.plusSeconds(1).toEpochMilli()));
      statuses.add(
          new RunArchive.Summary(
              id, RunState.RUNNING, "latent-cycle", "two-step", Expectation.IRREVERSIBLE, 10, 0));
    }
    String first = exporter.text(statuses);
    assertThat(first).contains("ratchet_runs_overflow 800.0");
    assertThat(runs(first)).hasSize(MAX_RUNS).contains("%063d".formatted(199));
    assertThat(first.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(1_200_000);

    Collections.reverse(statuses); // others were heard of meanwhile
    for (int run = 999; run >= 0; run--) {
      exporter.showWindow("0_0", fullWindow("%063d".formatted(run)), NOW.toEpochMilli());
    }
    assertThat(runs(exporter.text(statuses))).isEqualTo(runs(first));
  }

  @Test
  void aRunWhoseStateIsShown_keepsItsPlaceUntilItEnds_thoughOthersAreHeardOfLater() {
    List<RunArchive.Summary> statuses = new ArrayList<>();
    for (int run = 0; run < MAX_RUNS; run++) {
      statuses.add(status("old-" + run, RunState.RUNNING));
    }
    Set<String> before = runs(exporter.text(statuses));
    statuses.add(0, status("new", RunState.RUNNING));
    assertThat(runs(exporter.text(statuses))).isEqualTo(before);
    assertThat(exporter.text(statuses)).contains("ratchet_runs_overflow 1.0");
    statuses.set(1, status("old-0", RunState.FINISHED));
    assertThat(runs(exporter.text(statuses))).contains("new").doesNotContain("old-0");
  }

  /** Every run that a series is of. */
  private static Set<String> runs(String text) {
    return Pattern.compile("run=\"([^\"]*)\"")
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toSet());
  }

  private static RunArchive.Summary status(String run, RunState state) {
    return new RunArchive.Summary(run, state, "tied", "pcd", Expectation.REVERSIBLE, 10, 0);
  }

  @Test
  void updatesPerSecond_areMeasuredOverASecondOfTheProducersClock() {
    for (int step = 0; step <= 250; step++) {
      exporter.showUpdate("0_0", update("run-a", step, NOW.toEpochMilli() + 5L * step));
    }
    assertThat(text())
        .contains("ratchet_updates_per_second{run=\"run-a\",} 200.0")
        .contains("ratchet_step{run=\"run-a\",} 251.0");
  }

  @Test
  void everyMetricOfTheCatalogue_isDocumentedInTheText_andNoOther() {
    exporter.countRead("ratchet.chain-states.v1");
    exporter.countRejected("invalid");
    String text = text();
    for (MetricCatalog.Metric metric : MetricCatalog.ALL) {
      assertThat(text)
          .contains("# HELP " + metric.name() + " ")
          .contains("# TYPE " + metric.name());
    }
    assertThat(text.lines().filter(line -> line.startsWith("# TYPE")))
        .hasSameSizeAs(MetricCatalog.ALL);
  }

  @Test
  void theStateOfARun_isOneOfItsStates_andDropsAreSummed() {
    String text =
        exporter.text(
            List.of(
                new RunArchive.Summary(
                    "run-a", RunState.STALLED, "tied", "pcd", Expectation.REVERSIBLE, 10, 3)));
    assertThat(text)
        .contains("ratchet_run_state{run=\"run-a\",state=\"stalled\",} 1.0")
        .contains("ratchet_run_state{run=\"run-a\",state=\"running\",} 0.0")
        .contains("ratchet_publish_dropped_total 3.0")
        .contains("model=\"tied\"");
    assertThat(text()).doesNotContain("run-a");
  }

  @Test
  void promtool_hasNothingToSay() throws IOException, InterruptedException {
    Path promtool = Path.of("/usr/bin/promtool");
    assumeThat(promtool).describedAs("Debian's package prometheus").exists();
    exporter.showWindow("0_0", window("run-a", EstimateStatus.ESTIMATED), NOW.toEpochMilli());
    exporter.showUpdate("0_0", update("run-a", 1, 0));
    exporter.countRead("ratchet.chain-states.v1");
    exporter.countRejected("invalid");
    Path metrics = Files.createTempFile("metrics", ".txt");
    try {
      Files.writeString(metrics, text());
      Process check =
          new ProcessBuilder(promtool.toString(), "check", "metrics")
              .redirectInput(metrics.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(check.waitFor()).describedAs(said).isZero();
      assertThat(said).isEmpty();
    } finally {
      Files.delete(metrics);
    }
  }

  @Test
  void theCatalogue_hasEveryMetricOfTheInterface() throws IOException {
    Path document =
        Path.of(System.getProperty("ratchet.shared", "../shared"), "design", "interface.md");
    assumeThat(document).describedAs("the shared folder").exists();
    String page = Files.readString(document);
    String section =
        page.substring(page.indexOf("## Metrics"), page.indexOf("## `analyze --json`"));
    List<String> names =
        Pattern.compile("ratchet_[a-z_]+[a-z]")
            .matcher(section)
            .results()
            .map(match -> match.group())
            .distinct()
            .collect(Collectors.toCollection(ArrayList::new));
    if (!names.contains(MetricCatalog.PAGE_REJECTED.name())) { // came later than that document
      names.add(MetricCatalog.PAGE_REJECTED.name());
    }
    assertThat(MetricCatalog.ALL.stream().map(MetricCatalog.Metric::name))
        .containsExactlyInAnyOrderElementsOf(names);
  }

  private String text() {
    return exporter.text(List.of());
  }

  private static GradientUpdate update(String run, long step, long millis) {
    return GradientUpdate.newBuilder()
        .setRun(run)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setSequence(step)
        .setStep(step)
        .setBlocks(
            Stream.of("W", "b", "U", "a")
                .map(name -> new GradientBlock(name, List.of(1), null, Math.sqrt(step + 2.0)))
                .toList())
        .setLogLikelihood(-162.6512345678)
        .setTimestampMillis(millis)
        .build();
  }

  /** A window with all that a run's can have. */
  private static Thermodynamics fullWindow(String run) {
    Thermodynamics window = window(run, EstimateStatus.ESTIMATED);
    Estimate estimate =
        new Estimate(Math.sqrt(2), Math.sqrt(3), Math.sqrt(5), 0.95, "", EstimateStatus.ESTIMATED);
    window.setEntropyProduction(estimate);
    window.setSoftEntropyProduction(estimate);
    window.setPathEntropyProduction(estimate);
    window.setSelfTransitionProbability(estimate);
    window.setClassDivergence(estimate);
    window.setLatentDivergence(estimate);
    window.setReversibilityTest(new ReversibilityTest("sign-flip", 812.0, 36L, Math.sqrt(1e-5)));
    window.setVerdict(new Verdict(true, 0.03, 0, false, false));
    window.setCycles(Collections.nCopies(3, new Cycle(null, 10, 0.03, Math.sqrt(10))));
    return window;
  }

  private static Thermodynamics window(String run, EstimateStatus status) {
    return Thermodynamics.newBuilder()
        .setRun(run)
        .setAttempt(1)
        .setFromStep(0)
        .setToStep(24)
        .setBucketSteps(25)
        .setWindowBuckets(20)
        .setGrace(20)
        .setFloor(0.05)
        .setSequence(0)
        .setTransitions(100)
        .setGroups(4)
        .setStates(3)
        .setExpectation(Expectation.IRREVERSIBLE)
        .setStatus(status)
        .setEntropyProduction(new Estimate(1.5, 1.0, 2.0, 0.95, "counts", status))
        .setCurrents(List.of(new Current(0, 1, 0.25, null)))
        .build();
  }
}
