package io.ratchet.thermodynamics.validation;

import static io.ratchet.thermodynamics.validation.Section.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.thermodynamics.EntropyProduction;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How often the 95 % interval of the entropy production from counts holds the truth. */
@Tag("statistics")
class IntervalCoverageTest {
  private static final int REPLICATES = Integer.getInteger("ratchet.validation.replicates", 2_000);
  private static final double LEVEL = 0.95;
  private static final double LEAST_COVERAGE = 0.92;
  private static final double MOST_COVERAGE = 0.98;
  private static final double[] TRUTHS = {0, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3.6};

  private record Cell(String family, KnownChain chain, double truth, int transitions) {
    /** The signal stands out of what reversible chains show by 20 of its standard deviations. */
    boolean isStrong() {
      return truth >= 20 * Math.sqrt(8.0 * chain.cycles()) / transitions;
    }

    int length() {
      return transitions / KnownChain.GROUPS;
    }

    /** Chains too short to relax: where they begin and end shows like a current. */
    boolean isSlow() {
      return chain.relaxationTime() > 2 * length();
    }
  }

  private record Result(Cell cell, Coverage coverage) {
    boolean regular() {
      return cell.isStrong() && coverage.lowerBoundShare() < 0.05;
    }

    String kind() {
      return cell.isSlow()
          ? "slow"
          : cell.truth == 0 ? "reversible" : regular() ? "regular" : "other";
    }
  }

  @Test
  void countIntervals_haveTheStatedCoverage() {
    List<Result> results =
        Cells.measure(1, cells(), (cell, random) -> new Result(cell, cover(cell, random)));

    List<String> rows = new ArrayList<>();
    for (Result result : results) {
      Cell cell = result.cell;
      rows.add(
          row(
              "%s | %d | %d | %d | %.3f | %s | %s",
              cell.family,
              cell.chain.states(),
              cell.chain.cycles(),
              cell.transitions,
              cell.truth,
              result.kind(),
              result.coverage.columns(cell.truth)));
    }
    new Section("1. 95 % intervals of the entropy production from counts")
        .paragraph(
            row(
                """
                %d replicates a cell, ten times as many where those leave a limit within two standard errors; N
                transitions of 32 stationary chains, one a group. `ring`: one
                cycle of K states that move with probability 0.45 to 0.9; `lazy ring`: 0.1 to 0.2;
                `dense`: every transition is possible. A cell is regular when EP >= 20 sqrt(8 nu)/N and
                under 5 %% of its replicates are labelled lower bound. Required: regular 92 to 98 %%,
                reversible at least 95 %%, in all others the lower end above the truth in at most 8 %%. A cell
                is slow when its relaxation time is over twice the length of a chain: no formula holds there, the
                value carries a warning of short or slow chains (`warned`), and nothing else is required.
                `below` and `above`: the whole interval lies there. Bias is that of the value after its
                correction and its clipping at 0."""
                    .replace('\n', ' '),
                REPLICATES))
        .table("chain | K | nu | N | EP | cell | " + Coverage.HEADER, rows)
        .write("1-count-intervals.md");

    assertThat(results)
        .allSatisfy(
            result -> {
              Coverage coverage = result.coverage;
              switch (result.kind()) {
                case "regular" ->
                    assertThat(coverage.share()).isBetween(LEAST_COVERAGE, MOST_COVERAGE);
                case "reversible" -> assertThat(coverage.share()).isGreaterThanOrEqualTo(0.95);
                case "slow" -> assertThat(coverage.warnedShare()).isGreaterThanOrEqualTo(0.95);
                default -> assertThat(coverage.aboveShare()).isLessThanOrEqualTo(0.08);
              }
            });
    assertThat(results.stream().filter(Result::regular)).hasSizeGreaterThan(results.size() / 4);
  }

  private static List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (int transitions : new int[] {32_000, 6_400, 960}) {
      for (int states : new int[] {20, 10, 5, 3}) {
        for (double truth : TRUTHS) {
          cells.add(cell("dense", KnownChain.dense(states, states), truth, transitions));
          cells.add(cell("ring", KnownChain.ring(states, 0.9, states), truth, transitions));
          if (truth <= 0.3) {
            cells.add(cell("lazy ring", KnownChain.ring(states, 0.2, states), truth, transitions));
          }
        }
      }
    }
    return cells;
  }

  private static Cell cell(String name, KnownChain.Family family, double truth, int transitions) {
    return new Cell(name, KnownChain.of(family, truth), truth, transitions);
  }

  private static Coverage cover(Cell cell, UniformRandomProvider random) {
    int length = cell.length();
    Coverage coverage = new Coverage();
    int replicates = REPLICATES;
    for (int replicate = 0; replicate < replicates; replicate++) {
      coverage.add(
          EntropyProduction.fromCounts(
              cell.chain.simulate(KnownChain.GROUPS, length, random), length),
          cell.truth);
      if (replicate == REPLICATES - 1 && isClose(cell, coverage.share())) {
        replicates *= 10;
      }
    }
    return coverage;
  }

  /** Whether a limit is within two standard errors, where {@link #REPLICATES} cannot tell. */
  private static boolean isClose(Cell cell, double share) {
    double error = 2 * Math.sqrt((1 - LEVEL) * LEVEL / REPLICATES);
    return cell.truth == 0
        ? Math.abs(share - LEVEL) < error
        : cell.isStrong()
            && (Math.abs(share - LEAST_COVERAGE) < error
                || Math.abs(share - MOST_COVERAGE) < error);
  }
}
