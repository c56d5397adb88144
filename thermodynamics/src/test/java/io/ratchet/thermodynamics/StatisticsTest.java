package io.ratchet.thermodynamics;

import static io.ratchet.thermodynamics.ValidationReport.number;
import static io.ratchet.thermodynamics.ValidationReport.percent;
import static io.ratchet.thermodynamics.ValidationReport.row;

import io.ratchet.thermodynamics.CollapseDetector.Expectation;
import io.ratchet.thermodynamics.CollapseDetector.State;
import io.ratchet.thermodynamics.CollapseDetector.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.commons.rng.UniformRandomProvider;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Measures coverage, test size, bias, false alarms and delay on chains of known truth, and writes
 * them to docs/validation.md. Profile {@code statistics}; minutes of CPU time.
 */
@Tag("statistics")
class StatisticsTest {
  private static final int REPLICATES = Integer.getInteger("ratchet.statistics.replicates", 2_000);
  private static final int GROUPS = 32;
  private static final int[] STATES = {3, 5, 10, 20};
  private static final double FLOOR = 0.05;

  private static final ValidationReport REPORT = new ValidationReport();

  @AfterAll
  static void writeReport() throws IOException {
    REPORT.write(
        Path.of(System.getProperty("ratchet.root")).resolve("docs/validation.md"),
        Clock.systemUTC());
  }

  /** How often an interval held the truth, and what the values were. */
  private static final class Coverage {
    int intervals;
    int covered;
    int above;
    double sum;

    void add(Estimate estimate, double truth) {
      if (estimate.lower().isPresent()) {
        intervals++;
        // 1e-12: an exact truth of 0 carries its rounding.
        boolean low = estimate.lower().getAsDouble() > truth + 1e-12;
        above += low ? 1 : 0;
        covered += !low && estimate.upper().getAsDouble() >= truth - 1e-12 ? 1 : 0;
        sum += estimate.value().getAsDouble();
      }
    }

    double rate() {
      return covered / (double) intervals;
    }

    String cells() {
      return intervals == 0 ? "none | -" : number(sum / intervals, 4) + " | " + percent(rate());
    }
  }

  private record CoverageCell(int states, int transitions, double truth) {}

  @Test
  void intervals_coverTheTruth() {
    List<CoverageCell> cells = new ArrayList<>();
    for (int states : STATES) {
      for (int transitions : new int[] {960, 6_400, 32_000}) {
        for (double truth : new double[] {0, 0.003, 0.03, 0.3, 1, 3.6}) {
          cells.add(new CoverageCell(states, transitions, truth));
        }
      }
    }
    SoftAssertions softly = new SoftAssertions();
    List<String> rows =
        inParallel(
            cells,
            cell -> {
              DrivenModel model = DrivenModel.of(cell.states, cell.truth, cell.states);
              UniformRandomProvider random =
                  Chains.random(
                      ReversibilityTest.seed(cell.states, cell.transitions)
                          + Math.round(1e6 * cell.truth));
              int steps = cell.transitions / GROUPS;
              double pathTruth = model.pathEntropyProduction();
              Coverage counts = new Coverage();
              Coverage soft = new Coverage();
              Coverage path = new Coverage();
              double lowerBounds = 0;
              double frozen = 0;
              double nu = 0;
              for (int replicate = 0; replicate < REPLICATES; replicate++) {
                DrivenModel.Sample sample = model.sample(GROUPS, 1, steps, random);
                EntropyProduction found = EntropyProduction.fromCounts(sample.counts, steps);
                counts.add(found.estimate(0.95), cell.truth);
                soft.add(
                    EntropyProduction.fromSoftCounts(model.softCounts(sample)).estimate(0.95),
                    cell.truth);
                path.add(
                    EntropyProduction.fromPath(sample.pathSums, sample.transitions).estimate(0.95),
                    pathTruth);
                lowerBounds += found.status() == Estimate.Status.LOWER_BOUND ? 1 : 0;
                frozen += found.status() == Estimate.Status.FROZEN ? 1 : 0;
                nu += ObservedGraph.of(sample.counts).cycles();
              }
              double above = counts.above / (double) counts.intervals;
              boolean regular =
                  cell.truth >= 20 * Math.sqrt(8 * nu / REPLICATES) / cell.transitions
                      && cell.truth > 0
                      && lowerBounds < 0.05 * REPLICATES;
              String name = "K=%d N=%d EP=%s".formatted(cell.states, cell.transitions, cell.truth);
              synchronized (softly) {
                if (cell.truth == 0) {
                  softly.assertThat(counts.rate()).as(name).isGreaterThanOrEqualTo(0.95);
                } else if (regular) {
                  softly.assertThat(counts.rate()).as(name).isBetween(0.92, 0.98);
                } else {
                  softly.assertThat(above).as(name).isLessThanOrEqualTo(0.08);
                }
              }
              return row(
                  cell.states,
                  cell.transitions,
                  cell.truth,
                  regular ? "yes" : "",
                  counts.cells(),
                  percent(above),
                  percent(lowerBounds / REPLICATES),
                  percent(frozen / REPLICATES),
                  soft.cells(),
                  number(pathTruth, 3),
                  path.cells());
            });
    REPORT.section(
        1,
        """
        ## Intervals of the entropy production

        95 %% intervals, %d groups of one stationary chain each, %d replicates a row. Mean: of the
        reported values. Cover: share of intervals that hold the truth, in %%. Above: lower end above
        the truth, in %%. Regular: EP >= 20 sqrt(8 nu)/N and under 5 %% of the replicates labelled
        lower bound; there the coverage is to be 92 to 98 %%, at EP = 0 at least 95 %%, elsewhere Above
        at most 8 %%. Chains of N = 960 have 30 transitions and carry the warning of short chains.

        | K | N | EP | regular | counts: mean | cover | above | lower bound | frozen | soft: mean | cover | path EP | path: mean | cover |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
        %s"""
            .formatted(GROUPS, REPLICATES, String.join("", rows)));
    softly.assertAll();
  }

  private record SizeCell(int states, int chains, int steps) {}

  @Test
  void reversibilityTests_rejectReversibleChainsAtTheirLevel() {
    List<SizeCell> cells = new ArrayList<>();
    for (int states : STATES) {
      for (int steps : new int[] {1, 10, 100}) {
        for (int chains : new int[] {32, 320}) {
          cells.add(new SizeCell(states, chains, steps));
        }
      }
    }
    SoftAssertions softly = new SoftAssertions();
    List<String> rows =
        inParallel(
            cells,
            cell -> {
              DrivenModel model = DrivenModel.of(cell.states, 0, cell.states);
              UniformRandomProvider random =
                  Chains.random(ReversibilityTest.seed(cell.states, cell.steps) + cell.chains);
              int flips = 0;
              int chiSquares = 0;
              boolean chiSquareValid = true;
              double pairs = 0;
              for (int replicate = 0; replicate < REPLICATES; replicate++) {
                GroupedCounts counts =
                    model.sample(GROUPS, cell.chains / GROUPS, cell.steps, random).counts;
                flips +=
                    ReversibilityTest.signFlip(counts, 199, random.nextLong())
                                .pValue()
                                .getAsDouble()
                            <= 0.05
                        ? 1
                        : 0;
                OptionalDouble chiSquare = ReversibilityTest.chiSquare(counts, cell.steps).pValue();
                chiSquareValid &= chiSquare.isPresent();
                chiSquares += chiSquare.orElse(1) <= 0.05 ? 1 : 0;
                pairs += ObservedGraph.of(counts).pairs() / (double) REPLICATES;
              }
              int n = cell.chains * cell.steps;
              double size = flips / (double) REPLICATES;
              String name = "K=%d, %d chains of %d".formatted(cell.states, cell.chains, cell.steps);
              synchronized (softly) {
                softly.assertThat(size).as(name).isLessThanOrEqualTo(0.07);
                if (n >= 2 * pairs) {
                  softly.assertThat(size).as(name).isGreaterThanOrEqualTo(0.03);
                }
              }
              return row(
                  cell.states,
                  cell.chains,
                  cell.steps,
                  n,
                  number(pairs, 1),
                  percent(size),
                  chiSquareValid ? percent(chiSquares / (double) REPLICATES) : "not valid");
            });
    REPORT.section(
        2,
        """
        ## Size of the reversibility tests

        Reversible chains, %d groups, %d replicates a row; share of p <= 0.05 in %%, which should be 5.
        Sign flip: at most 7 everywhere, at least 3 where N >= 2 |E| (|E|: mean number of observed
        pairs). The chi-square test is used only where it says that it is valid.

        | K | chains | steps | N | pairs | sign flip | chi-square |
        |---|---|---|---|---|---|---|
        %s"""
            .formatted(GROUPS, REPLICATES, String.join("", rows)));
    softly.assertAll();
  }

  private record DivergenceCell(int classes, int samples, double tilt) {}

  @Test
  void divergence_isNearlyUnbiased() {
    List<DivergenceCell> cells = new ArrayList<>();
    for (int classes : new int[] {2, 10, 20}) {
      for (int samples : new int[] {500, 2_000, 10_000}) {
        for (double tilt : new double[] {0, 0.5, 1}) {
          cells.add(new DivergenceCell(classes, samples, tilt));
        }
      }
    }
    SoftAssertions softly = new SoftAssertions();
    List<String> rows =
        inParallel(
            cells,
            cell -> {
              double[] p = new double[cell.classes];
              double[] q = new double[cell.classes];
              double sum = 0;
              for (int c = 0; c < cell.classes; c++) {
                p[c] = 1.0 / cell.classes;
                q[c] = Math.exp(cell.tilt * Math.sin(c + 1.0));
                sum += q[c];
              }
              double truth = 0;
              double least = 1;
              for (int c = 0; c < cell.classes; c++) {
                q[c] /= sum;
                truth += p[c] * Math.log(p[c] / q[c]);
                least = Math.min(least, q[c]);
              }
              Alias law = new Alias(q);
              UniformRandomProvider random =
                  Chains.random(ReversibilityTest.seed(cell.classes, cell.samples));
              Coverage coverage = new Coverage();
              for (int replicate = 0; replicate < REPLICATES; replicate++) {
                long[][] counts = new long[GROUPS][cell.classes];
                for (int i = 0; i < cell.samples; i++) {
                  counts[i % GROUPS][law.draw(random)]++;
                }
                coverage.add(Divergence.of(counts, p, 0.95), truth);
              }
              double bias = coverage.sum / coverage.intervals - truth;
              boolean valid = cell.samples * least >= 5;
              synchronized (softly) {
                if (valid) {
                  softly.assertThat(Math.abs(bias)).as(cell.toString()).isLessThanOrEqualTo(0.003);
                }
              }
              return row(
                  cell.classes,
                  cell.samples,
                  number(truth, 4),
                  number(cell.samples * least, 1),
                  number(bias, 5),
                  percent(coverage.rate()));
            });
    REPORT.section(
        3,
        """
        ## Class divergence

        Independent samples in %d groups, p uniform, %d replicates a row. Where n q_c >= 5 for every
        class the bias is to be within 0.003 nats.

        | classes | n | D (nats) | least n q_c | bias (nats) | cover |
        |---|---|---|---|---|---|
        %s"""
            .formatted(GROUPS, REPLICATES, String.join("", rows)));
    softly.assertAll();
  }

  private static final int STREAMS = 100;
  private static final int STRIDES = 100;
  private static final int DROPS = 200;
  private static final int STRIDES_A_WINDOW = 5;

  private record AlarmCell(int states, double floors) {}

  @Test
  void detector_raisesFewFalseAlarms() {
    List<AlarmCell> cells = new ArrayList<>();
    for (int states : STATES) {
      for (double floors : new double[] {1, 1.5}) {
        cells.add(new AlarmCell(states, floors));
      }
    }
    SoftAssertions softly = new SoftAssertions();
    List<String> rows =
        inParallel(
            cells,
            cell -> {
              DrivenModel model = DrivenModel.of(cell.states, cell.floors * FLOOR, cell.states);
              int alarms = 0;
              for (int stream = 0; stream < STREAMS; stream++) {
                Stream chains = new Stream(model, ReversibilityTest.seed(stream, cell.states));
                chains.warmUp();
                for (int stride = 0; stride < STRIDES; stride++) {
                  boolean before = chains.state.alarm().raised();
                  chains.stride();
                  alarms += !before && chains.state.alarm().raised() ? 1 : 0;
                }
              }
              double rate = alarms / (double) (STREAMS * STRIDES);
              synchronized (softly) {
                softly
                    .assertThat(rate)
                    .as(cell.toString())
                    .isLessThanOrEqualTo(cell.floors > 1 ? 1 / 2_000.0 : 1 / 100.0);
              }
              return row(
                  cell.states,
                  cell.floors,
                  new Stream(model, 1).transitionsAWindow(),
                  STREAMS * STRIDES,
                  alarms,
                  number(rate, 5));
            });
    REPORT.section(
        4,
        """
        ## False alarms of the collapse detector

        Floor %s, expectation IRREVERSIBLE, %d streams of %d strides a row. Alarms raised a stride: at
        most 0.01 with the truth at the floor, at most 0.0005 at 1.5 floors.

        | K | EP in floors | transitions a window | strides | alarms | alarms a stride |
        |---|---|---|---|---|---|
        %s"""
            .formatted(FLOOR, STREAMS, STRIDES, String.join("", rows)));
    softly.assertAll();
  }

  @Test
  void detector_noticesACollapse() {
    SoftAssertions softly = new SoftAssertions();
    List<String> rows =
        inParallel(
            Arrays.stream(STATES).boxed().toList(),
            states -> {
              DrivenModel turning = DrivenModel.of(states, 1, states);
              DrivenModel still = DrivenModel.of(states, 0, states);
              int[] delays = new int[DROPS];
              for (int stream = 0; stream < DROPS; stream++) {
                Stream chains = new Stream(turning, ReversibilityTest.seed(1_000 + stream, states));
                chains.warmUp();
                chains.stride();
                chains.model = still;
                while (!chains.state.alarm().raised() && delays[stream] < 1_000) {
                  chains.stride();
                  delays[stream]++;
                }
              }
              Arrays.sort(delays);
              int median = delays[DROPS / 2];
              int late = delays[DROPS * 95 / 100 - 1];
              synchronized (softly) {
                softly
                    .assertThat(median)
                    .as("median, K = %d", states)
                    .isLessThanOrEqualTo(STRIDES_A_WINDOW + 2);
                softly
                    .assertThat(late)
                    .as("95 %%, K = %d", states)
                    .isLessThanOrEqualTo(4 * STRIDES_A_WINDOW);
              }
              return row(states, median, late, delays[DROPS - 1]);
            });
    REPORT.section(
        5,
        """
        ## Delay of the collapse detector

        EP drops from 1 to 0 at once, %d streams a row; strides (fifths of a window) until the alarm.
        The median is to be at most a window and two strides, 7, and 95 %% within four windows, 20.

        | K | median | 95 %% within | longest |
        |---|---|---|---|
        %s"""
            .formatted(DROPS, String.join("", rows)));
    softly.assertAll();
  }

  /** Chains that a detector watches: a window of five strides, each as long as it needs to be. */
  private static final class Stream {
    DrivenModel model;
    State state = State.INITIAL;
    private final CollapseDetector detector;
    private final UniformRandomProvider random;
    private final int steps;
    private final int[] chains = new int[GROUPS];
    private final Deque<GroupedCounts> strides = new ArrayDeque<>();
    private final GroupedCounts window;

    Stream(DrivenModel model, long seed) {
      this.model = model;
      random = Chains.random(seed);
      detector = CollapseDetector.of(Expectation.IRREVERSIBLE, FLOOR, model.states);
      int cells = STRIDES_A_WINDOW * GROUPS;
      steps = (int) ((detector.leastTransitions() + cells - 1) / cells);
      Arrays.setAll(chains, chain -> model.draw(random));
      window = GroupedCounts.empty(GROUPS, model.states);
    }

    int transitionsAWindow() {
      return steps * GROUPS * STRIDES_A_WINDOW;
    }

    void warmUp() {
      while (strides.size() < STRIDES_A_WINDOW - 1) {
        stride();
      }
    }

    void stride() {
      GroupedCounts stride = GroupedCounts.empty(GROUPS, model.states);
      for (int group = 0; group < GROUPS; group++) {
        for (int t = 0; t < steps; t++) {
          int next = model.step(chains[group], random);
          stride.add(group, chains[group], next);
          chains[group] = next;
        }
      }
      strides.add(stride);
      window.addAll(stride);
      if (strides.size() > STRIDES_A_WINDOW) {
        window.subtractAll(strides.remove());
      }
      Verdict verdict =
          detector.judge(
              state,
              window,
              EntropyProduction.fromCounts(window, steps * STRIDES_A_WINDOW),
              OptionalDouble.empty(),
              strides.size() == STRIDES_A_WINDOW);
      state = verdict.state();
    }
  }

  /** Cells are independent and seeded one by one: threads change nothing but the time. */
  private static <T> List<String> inParallel(List<T> cells, Function<T, String> measure) {
    return IntStream.range(0, cells.size())
        .parallel()
        .mapToObj(index -> measure.apply(cells.get(index)))
        .toList();
  }
}
