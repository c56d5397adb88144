package io.ratchet.thermodynamics.validation;

import static io.ratchet.thermodynamics.validation.Section.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.ReversibilityTest;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How often the reversibility test at 5 % rejects chains that are reversible. */
@Tag("statistics")
class ReversibilityTestSizeTest {
  private static final int REPLICATES = Integer.getInteger("ratchet.validation.replicates", 2_000);
  private static final double SIZE = 0.05;

  private record Cell(String family, KnownChain chain, int chains, int length) {
    int transitions() {
      return chains * length;
    }
  }

  private record Result(Cell cell, double signFlip, double chiSquare, int given) {}

  @Test
  void signFlip_rejectsReversibleChainsAtItsLevel_andChiSquareIsGivenWhereValid() {
    List<Result> results = Cells.measure(3, cells(), ReversibilityTestSizeTest::measure);

    List<String> rows = new ArrayList<>();
    for (Result result : results) {
      Cell cell = result.cell;
      rows.add(
          row(
              "%s | %d | %d | %d | %d | %d | %.1f | %.1f | %s",
              cell.family,
              cell.chain.states(),
              cell.chain.pairs(),
              cell.length,
              cell.chains,
              cell.transitions(),
              100 * result.signFlip,
              100.0 * result.given / REPLICATES,
              result.given == 0 ? "" : row("%.1f", 100 * result.chiSquare)));
    }
    new Section("3. Reversibility test: rejections of reversible chains at 5 %")
        .paragraph(
            row(
                """
                %d replicates a cell, stationary reversible chains in 32 groups, %d reversals. Required
                of the sign flip: at most 7 %% everywhere, at least 3 %% where N >= 2 |E|. Chi-square is
                given for chains of 1 transition (with |E| degrees of freedom) and of 50 and more (with
                nu) whose boundary term is small, and says so otherwise; its rejections are counted
                among the replicates where it is given: at most 7 %% up to their error."""
                    .replace('\n', ' '),
                REPLICATES,
                ReversibilityTest.LEAST_FLIPS))
        .table(
            "chain | K | \\|E\\| | length | chains | N | sign flip % | chi-square given % | chi-square %",
            rows)
        .write("3-reversibility-test.md");

    assertThat(results)
        .allSatisfy(
            result -> {
              Cell cell = result.cell;
              assertThat(result.signFlip).isLessThanOrEqualTo(0.07);
              if (cell.transitions() >= 2 * cell.chain.pairs()) {
                assertThat(result.signFlip).isGreaterThanOrEqualTo(0.03);
              }
              // Where it is given, it holds its size; where chains are too short, it is not given.
              assertThat(result.chiSquare)
                  .isLessThanOrEqualTo(0.07 + 3 * Math.sqrt(0.07 * 0.93 / (1 + result.given)));
              if (cell.length > 1 && cell.length < EntropyProduction.LONG_CHAIN) {
                assertThat(result.given).isZero();
              } else if (cell.length == 1 || cell.chain.relaxationTime() < cell.length / 50.0) {
                assertThat(result.given).isGreaterThanOrEqualTo((int) (0.98 * REPLICATES));
              }
            });
  }

  private static List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (int states : new int[] {20, 10, 5, 3}) {
      for (int length : new int[] {1, 10, 100}) {
        for (int transitions : new int[] {320, 3_200, 32_000}) {
          int chains = Math.max(KnownChain.GROUPS, transitions / length);
          if (transitions == 320 && chains * length > transitions) {
            continue;
          }
          cells.add(cell("dense", KnownChain.dense(states, states), chains, length));
          cells.add(cell("ring", KnownChain.ring(states, 0.9, states), chains, length));
          cells.add(cell("lazy ring", KnownChain.ring(states, 0.2, states), chains, length));
        }
      }
    }
    return cells;
  }

  private static Cell cell(String name, KnownChain.Family family, int chains, int length) {
    return new Cell(name, KnownChain.of(family, 0), chains, length);
  }

  private static Result measure(Cell cell, UniformRandomProvider random) {
    int signFlips = 0;
    int chiSquares = 0;
    int given = 0;
    for (int replicate = 0; replicate < REPLICATES; replicate++) {
      GroupedCounts counts = cell.chain.simulate(cell.chains, cell.length, random);
      ReversibilityTest signFlip =
          ReversibilityTest.signFlip(counts, ReversibilityTest.LEAST_FLIPS, random.nextLong());
      signFlips += signFlip.pValue().orElseThrow() <= SIZE ? 1 : 0;
      ReversibilityTest chiSquare = ReversibilityTest.chiSquare(counts, cell.length);
      assertThat(chiSquare.remark().isEmpty()).isEqualTo(chiSquare.pValue().isPresent());
      given += chiSquare.pValue().isPresent() ? 1 : 0;
      chiSquares += chiSquare.pValue().orElse(1) <= SIZE ? 1 : 0;
    }
    return new Result(
        cell, signFlips / (double) REPLICATES, chiSquares / (double) Math.max(1, given), given);
  }
}
