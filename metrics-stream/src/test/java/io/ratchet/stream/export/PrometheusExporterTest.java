package io.ratchet.stream.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.ratchet.schema.Current;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.page.RunArchive;
import io.ratchet.stream.runs.RunState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
  void updatesPerSecond_areMeasuredOverASecondOfTheProducersClock() {
    for (int step = 0; step <= 250; step++) {
      exporter.showUpdate("0_0", update(step, NOW.toEpochMilli() + 5L * step));
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
    exporter.showUpdate("0_0", update(1, 0));
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
            .collect(Collectors.toList());
    assertThat(MetricCatalog.ALL.stream().map(MetricCatalog.Metric::name))
        .containsExactlyInAnyOrderElementsOf(names);
  }

  private String text() {
    return exporter.text(List.of());
  }

  private static GradientUpdate update(long step, long millis) {
    return GradientUpdate.newBuilder()
        .setRun("run-a")
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setSequence(step)
        .setStep(step)
        .setBlocks(List.of(new GradientBlock("W", List.of(1), null, 0.5)))
        .setTimestampMillis(millis)
        .build();
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
