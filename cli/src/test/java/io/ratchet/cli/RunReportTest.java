package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.runs.RunState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RunReportTest {
  private static final String RUN = "resumed";

  private final RunReport report = new RunReport(new StepRange());

  @Test
  void whatAHigherAttemptSupersedes_isInNoCurve() {
    for (int toStep = 9; toStep < 100; toStep += 10) {
      report.take(window(1, toStep, 1));
      report.take(update(1, toStep, -50));
    }
    for (int toStep = 59; toStep < 90; toStep += 10) {
      report.take(window(2, toStep, 3));
      report.take(update(2, toStep, -40));
    }
    report.take(window(1, 109, 7)); // of the attempt before, late
    String page = report.page(RUN, Optional.empty(), Optional.empty());
    List<Integer> steps = xs(page, "Entropy production");
    assertThat(steps).isSorted().hasSize(9);
    assertThat(xs(page, "Log-likelihood, nats per example")).isSorted().hasSize(9);
    assertThat(page).contains(">step 9<", ">89<");
  }

  @Test
  void thePage_hasLikelihoodNormsAndLatentDivergence_andWhatTheRunWasMadeWith() {
    report.take(window(1, 9, 1));
    report.take(window(1, 19, 1));
    report.take(update(1, 0, -50));
    Run run =
        Run.newBuilder()
            .setRun(RUN)
            .setAttempt(1)
            .setCreatedMillis(0)
            .setCommit("1234abc")
            .setTags(List.of("baseline", "k10"))
            .setNotes("first <try>")
            .setSettings(Map.of("batch", "500"))
            .build();
    String page = report.page(RUN, Optional.of(run), Optional.of(RunState.FAILED));
    assertThat(page)
        .contains("<h2>Log-likelihood, nats per example</h2>", "<h2>Gradient norms</h2>")
        .contains("</span> latent", "</span> W", "<td>latent divergence<td>0.01")
        .contains("<td>state<td>failed", "<td>commit<td>1234abc", "<td>tags<td>baseline, k10")
        .contains("<td>notes<td>first &lt;try&gt;")
        .doesNotContain("<td>model");
  }

  @Test
  void whatIsNotKnown_isAGap_andNoCurveIsDrawnOfNothing() {
    for (int toStep = 9; toStep < 60; toStep += 10) {
      Thermodynamics window = window(1, toStep, 1);
      if (toStep == 29) {
        window.getEntropyProduction().setStatus(EstimateStatus.FROZEN);
      }
      report.take(window);
    }
    report.take(update(1, 0, Double.NaN));
    String page = report.page(RUN, Optional.empty(), Optional.empty());
    assertThat(line(page, "Entropy production").chars().filter(c -> c == 'M')).hasSize(2);
    assertThat(page).doesNotContain("<h2>Log-likelihood", "NaN");
  }

  /** Where the points of a chart's first line lie. */
  private static List<Integer> xs(String page, String chart) {
    return Pattern.compile("[ML](\\d+) ")
        .matcher(line(page, chart))
        .results()
        .map(MatchResult::group)
        .map(point -> Integer.parseInt(point.substring(1).strip()))
        .toList();
  }

  private static String line(String page, String chart) {
    String after = page.substring(page.indexOf("<h2>" + chart + "</h2>"));
    return after
        .substring(after.indexOf("<path stroke="), after.indexOf("</svg>"))
        .replaceAll("/>.*", "");
  }

  private static Thermodynamics window(int attempt, long toStep, double value) {
    return Thermodynamics.newBuilder()
        .setRun(RUN)
        .setAttempt(attempt)
        .setFromStep(toStep - 9)
        .setToStep(toStep)
        .setBucketSteps(10)
        .setWindowBuckets(1)
        .setGrace(1)
        .setFloor(0.05)
        .setSequence(toStep / 10)
        .setTransitions(1_000)
        .setGroups(8)
        .setStates(3)
        .setStatus(EstimateStatus.ESTIMATED)
        .setEntropyProduction(estimate(value))
        .setLatentDivergence(estimate(0.01))
        .build();
  }

  private static Estimate estimate(double value) {
    return Estimate.newBuilder()
        .setValue(value)
        .setLower(value * 0.9)
        .setUpper(value * 1.1)
        .setEstimator("counts")
        .setStatus(EstimateStatus.ESTIMATED)
        .build();
  }

  private static GradientUpdate update(int attempt, long step, double logLikelihood) {
    return GradientUpdate.newBuilder()
        .setRun(RUN)
        .setAttempt(attempt)
        .setWorker(0)
        .setIncarnation(attempt)
        .setSequence(step)
        .setStep(step)
        .setBlocks(List.of(GradientBlock.newBuilder().setName("W").setNorm(0.25).build()))
        .setLogLikelihood(Double.isNaN(logLikelihood) ? null : logLikelihood)
        .build();
  }
}
