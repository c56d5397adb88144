package io.ratchet.thermodynamics.validation;

import static io.ratchet.thermodynamics.validation.Section.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.thermodynamics.CollapseDetector;
import io.ratchet.thermodynamics.CollapseDetector.Expectation;
import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.GroupedCounts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How often the collapse detector cries wolf, and how late it sees one. */
@Tag("statistics")
class CollapseDetectorRatesTest {
  private static final double FLOOR = 0.05;
  private static final int STRIDES_PER_WINDOW = 5;
  private static final int STREAMS = 100;
  private static final int STRIDES = Integer.getInteger("ratchet.validation.strides", 100);
  private static final int DROPS = 2 * STREAMS;

  /** Strides after which a drop counts as missed. */
  private static final int PATIENCE = 60;

  private record Cell(String family, KnownChain before, KnownChain after, double truth) {
    int states() {
      return before.states();
    }

    /** Transitions of each of 32 chains in a stride, so that a window is just judged. */
    int strideLength() {
      long least =
          CollapseDetector.of(Expectation.IRREVERSIBLE, FLOOR, states()).leastTransitions();
      return (int) Math.ceil((double) least / KnownChain.GROUPS / STRIDES_PER_WINDOW);
    }

    int window() {
      return strideLength() * STRIDES_PER_WINDOW * KnownChain.GROUPS;
    }
  }

  private record Alarms(Cell cell, int strides, int raised) {
    double rate() {
      return raised / (double) strides;
    }
  }

  private record Delays(Cell cell, List<Integer> strides) {
    /** Strides within which this share of the drops was seen. */
    int quantile(double share) {
      return strides.get((int) Math.ceil(share * strides.size()) - 1);
    }
  }

  @Test
  void alarms_areRareAtTheFloor_andHardlyEverRaisedAboveIt() {
    List<Cell> cells = new ArrayList<>();
    for (int states : new int[] {20, 10, 5, 3}) {
      for (double truth : new double[] {FLOOR, 1.5 * FLOOR}) {
        KnownChain dense = KnownChain.of(KnownChain.dense(states, states), truth);
        KnownChain ring = KnownChain.of(KnownChain.ring(states, 0.9, states), truth);
        cells.add(new Cell("dense", dense, dense, truth));
        cells.add(new Cell("ring", ring, ring, truth));
      }
    }
    List<Alarms> results = Cells.measure(5, cells, CollapseDetectorRatesTest::alarms);

    List<String> rows = new ArrayList<>();
    for (Alarms result : results) {
      rows.add(
          row(
              "%s | %d | %d | %.3f | %d | %d | %.5f",
              result.cell.family,
              result.cell.states(),
              result.cell.window(),
              result.cell.truth,
              result.strides,
              result.raised,
              result.rate()));
    }
    new Section("5. Collapse detector: alarms of chains that did not collapse")
        .paragraph(
            row(
                """
                Floor %.2f, %d streams a cell of 32 stationary chains, windows of the least size that is
                judged, a stride is a fifth of a window. Required, alarms raised per stride: at the floor
                at most 1 in 100, at 1.5 floors at most 1 in 2,000."""
                    .replace('\n', ' '),
                FLOOR,
                STREAMS))
        .table("chain | K | N | EP | strides | alarms raised | per stride", rows)
        .write("5-detector-alarms.md");

    assertThat(results)
        .allSatisfy(
            result ->
                assertThat(result.rate())
                    .isLessThanOrEqualTo(result.cell.truth > FLOOR ? 1 / 2_000.0 : 1 / 100.0));
  }

  @Test
  void collapse_isSeenSoon() {
    List<Cell> cells = new ArrayList<>();
    for (int states : new int[] {20, 10, 5, 3}) {
      KnownChain.Family dense = KnownChain.dense(states, states);
      KnownChain.Family ring = KnownChain.ring(states, 0.9, states);
      cells.add(new Cell("dense", KnownChain.of(dense, 1), KnownChain.of(dense, 0), 1));
      cells.add(new Cell("ring", KnownChain.of(ring, 1), KnownChain.of(ring, 0), 1));
    }
    List<Delays> results = Cells.measure(6, cells, CollapseDetectorRatesTest::delays);

    List<String> rows = new ArrayList<>();
    for (Delays result : results) {
      rows.add(
          row(
              "%s | %d | %d | %d | %d | %d",
              result.cell.family,
              result.cell.states(),
              result.cell.window(),
              result.quantile(0.5),
              result.quantile(0.95),
              result.quantile(1)));
    }
    new Section("6. Collapse detector: delay after a drop from 1 to 0")
        .paragraph(
            row(
                """
                %d streams a cell, otherwise as before. Delay in strides from the drop to the alarm (%d:
                not seen). Required: median at most a window and 2 strides (7), 95 %% within 4 windows
                (20)."""
                    .replace('\n', ' '),
                DROPS,
                PATIENCE + 1))
        .table("chain | K | N | median | 95 % | latest", rows)
        .write("6-detector-delays.md");

    assertThat(results)
        .allSatisfy(
            result -> {
              assertThat(result.quantile(0.5)).isLessThanOrEqualTo(STRIDES_PER_WINDOW + 2);
              assertThat(result.quantile(0.95)).isLessThanOrEqualTo(4 * STRIDES_PER_WINDOW);
            });
  }

  private static Alarms alarms(Cell cell, UniformRandomProvider random) {
    int raised = 0;
    for (int stream = 0; stream < STREAMS; stream++) {
      Stream chains = new Stream(cell, random);
      chains.fillWindow();
      for (int stride = 0; stride < STRIDES; stride++) {
        boolean before = chains.isAlarmed();
        chains.stride(cell.before);
        raised += !before && chains.isAlarmed() ? 1 : 0;
      }
    }
    return new Alarms(cell, STREAMS * STRIDES, raised);
  }

  private static Delays delays(Cell cell, UniformRandomProvider random) {
    List<Integer> delays = new ArrayList<>();
    for (int stream = 0; stream < DROPS; stream++) {
      Stream chains = new Stream(cell, random);
      chains.fillWindow();
      assertThat(chains.isAlarmed()).isFalse();
      int delay = 0;
      while (!chains.isAlarmed() && delay <= PATIENCE) {
        delay++;
        chains.stride(cell.after);
      }
      delays.add(delay);
    }
    delays.sort(null);
    return new Delays(cell, delays);
  }

  /** One run: its chains, the strides of its window, and its detector. */
  private static final class Stream {
    private final Cell cell;
    private final UniformRandomProvider random;
    private final CollapseDetector detector;
    private final int[] chains;
    private final ArrayDeque<GroupedCounts> strides = new ArrayDeque<>();
    private final GroupedCounts window;
    private CollapseDetector.State state = CollapseDetector.State.INITIAL;

    Stream(Cell cell, UniformRandomProvider random) {
      this.cell = cell;
      this.random = random;
      this.detector = CollapseDetector.of(Expectation.IRREVERSIBLE, FLOOR, cell.states());
      this.chains = cell.before.start(KnownChain.GROUPS, random);
      this.window = GroupedCounts.empty(KnownChain.GROUPS, cell.states());
    }

    void fillWindow() {
      for (int stride = 0; stride < STRIDES_PER_WINDOW; stride++) {
        stride(cell.before);
      }
    }

    void stride(KnownChain chain) {
      int[] counts = new int[KnownChain.GROUPS * cell.states() * cell.states()];
      for (int step = 0; step < cell.strideLength(); step++) {
        chain.step(chains, counts, random);
      }
      strides.add(KnownChain.grouped(counts, cell.states()));
      window.addAll(strides.getLast());
      if (strides.size() > STRIDES_PER_WINDOW) {
        window.subtractAll(strides.remove());
      }
      boolean complete = strides.size() == STRIDES_PER_WINDOW;
      CollapseDetector.Verdict verdict =
          detector.judge(
              state,
              window,
              EntropyProduction.fromCounts(window, cell.strideLength() * strides.size()),
              OptionalDouble.empty(),
              complete);
      assertThat(verdict.judged()).isEqualTo(complete);
      state = verdict.state();
    }

    boolean isAlarmed() {
      return state.alarm().raised();
    }
  }
}
