package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ratchet.thermodynamics.Estimate.Status;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntropyProductionTest {
  private static final double LONG = 1_000;

  @Nested
  class FromCounts {
    @Test
    void intervalAndBias_equalTheirDefinitions_writtenOut() {
      // given 8 short chains of a driven 4-state kernel, one group silent
      UniformRandomProvider random = Chains.random(5);
      GroupedCounts simulated = Chains.simulate(Chains.kernel(4, random), 8, 60, random);
      GroupedCounts counts = GroupedCounts.empty(9, 4);
      for (int group = 0; group < 8; group++) {
        int into = group;
        simulated.visit(group, (from, to, count) -> counts.add(into, from, to, count));
      }

      EntropyProduction found = EntropyProduction.fromCounts(counts, LONG);

      // then everything equals theory.md 2 computed the slow way
      int groups = 8;
      double n = counts.transitions();
      long[][] pooled = matrix(counts.pooled());
      double nu = 6 - 4 + 1;
      double s = plugIn(pooled, n);
      double[] without = new double[groups];
      double deltaSquares = 0;
      double mean = 0;
      for (int c = 0; c < groups; c++) {
        long[][] group = matrix(counts.group(c));
        long[][] rest = new long[4][4];
        double influence = 0;
        double pooledInfluence = 0;
        double nc = counts.transitions(c);
        for (int i = 0; i < 4; i++) {
          for (int j = 0; j < 4; j++) {
            rest[i][j] = pooled[i][j] - group[i][j];
            double phi =
                Math.log((pooled[i][j] + .5) / (pooled[j][i] + .5))
                    + (pooled[i][j] - pooled[j][i]) / (pooled[i][j] + .5);
            influence += group[i][j] * phi;
            pooledInfluence += pooled[i][j] * phi;
          }
        }
        without[c] = plugIn(rest, n - nc);
        mean += without[c] / groups;
        deltaSquares += Math.pow(influence - nc * pooledInfluence / n, 2);
      }
      double jackknife = 0;
      for (double value : without) {
        jackknife += (value - mean) * (value - mean);
      }
      double error =
          Math.max(
              Math.sqrt(deltaSquares * groups / (groups - 1)) / n,
              Math.max(Math.sqrt(jackknife * (groups - 1) / groups), Math.sqrt(8 * nu) / n));
      assertThat(found.groups()).isEqualTo(groups);
      assertThat(found.plugIn().getAsDouble()).isCloseTo(s, within(1e-14));
      assertThat(found.bias().getAsDouble()).isCloseTo(2 * nu / n, within(1e-15));
      assertThat(found.standardError().getAsDouble()).isCloseTo(error, within(1e-13));
      // t quantile of 7 degrees of freedom at 0.975, from SciPy: t.ppf(.975, 7)
      Estimate estimate = found.estimate(0.95);
      assertThat(estimate.upper().getAsDouble())
          .isCloseTo(s - 2 * nu / n + 2.364624251592784 * error, within(1e-12));
      assertThat(found.upperBound(0.99).getAsDouble())
          .isCloseTo(s - 2 * nu / n + 2.997951566868529 * error, within(1e-12));
    }

    @Test
    void withoutTransitions_isInsufficient_notZero() {
      EntropyProduction found = EntropyProduction.fromCounts(GroupedCounts.empty(8, 5), LONG);

      assertThat(found.status()).isEqualTo(Status.INSUFFICIENT);
      assertThat(found.estimate(0.95).value()).isEmpty();
      assertThat(found.upperBound(0.99)).isEmpty();
      assertThat(found.warnings()).containsExactly("no transitions");
    }

    @Test
    void fewJumps_areFrozen_beforeEverythingElse() {
      // 3 pairs seen one way only: a lower bound, were it not frozen
      GroupedCounts counts = GroupedCounts.empty(4, 3);
      counts.add(0, 0, 0, 1_000);
      counts.add(0, 0, 1, 2);
      counts.add(1, 1, 2, 1);
      counts.add(2, 2, 0, 1);
      assertThat(EntropyProduction.fromCounts(counts, LONG).status()).isEqualTo(Status.FROZEN);
      assertThat(EntropyProduction.fromCounts(counts, LONG).warnings())
          .anyMatch(text -> text.startsWith("frozen: 4 jumps in 1004 transitions"));

      counts.add(3, 0, 1);
      assertThat(EntropyProduction.fromCounts(counts, LONG).status()).isEqualTo(Status.LOWER_BOUND);
    }

    @Test
    void withoutAnyJump_hasNoInterval() {
      GroupedCounts counts = GroupedCounts.empty(2, 3);
      counts.add(0, 1, 1, 500);
      counts.add(1, 2, 2, 500);

      Estimate found = EntropyProduction.fromCounts(counts, LONG).estimate(0.95);

      assertThat(found.status()).isEqualTo(Status.FROZEN);
      assertThat(found.lower()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"4, LOWER_BOUND", "5, ESTIMATED"})
    void pairsWhoseSmallerCountIsUnder5_makeALowerBound(long rare, Status expected) {
      GroupedCounts counts = GroupedCounts.empty(2, 3);
      for (int group = 0; group < 2; group++) {
        for (int state = 0; state < 3; state++) {
          counts.add(group, state, (state + 1) % 3, 100);
          counts.add(group, (state + 1) % 3, state, group == 0 ? rare : 0);
        }
      }

      assertThat(EntropyProduction.fromCounts(counts, LONG).status()).isEqualTo(expected);
    }

    @Test
    void weakPairsThatCarryHalfOrLess_doNotMakeALowerBound() {
      GroupedCounts counts = GroupedCounts.empty(2, 6);
      for (int group = 0; group < 2; group++) {
        // a strong ring 0-1-2 and a weak one 3-4-5
        for (int state = 0; state < 3; state++) {
          counts.add(group, state, (state + 1) % 3, 1_000);
          counts.add(group, (state + 1) % 3, state, 100);
          counts.add(group, 3 + state, 3 + (state + 1) % 3, 20);
        }
      }

      assertThat(EntropyProduction.fromCounts(counts, LONG).status()).isEqualTo(Status.ESTIMATED);
    }

    @Test
    void oneGroup_hasAValueButNoInterval_andSaysSo() {
      GroupedCounts counts = GroupedCounts.empty(8, 3);
      for (int state = 0; state < 3; state++) {
        counts.add(6, state, (state + 1) % 3, 100);
        counts.add(6, (state + 1) % 3, state, 50);
      }

      EntropyProduction found = EntropyProduction.fromCounts(counts, LONG);

      assertThat(found.estimate(0.95).value()).isPresent();
      assertThat(found.estimate(0.95).lower()).isEmpty();
      assertThat(found.upperBound(0.99)).isEmpty();
      assertThat(found.warnings()).anyMatch(text -> text.startsWith("no interval"));
    }

    @Test
    void chainsOfOneTransition_takeThePairsForTheCycles() {
      UniformRandomProvider random = Chains.random(3);
      GroupedCounts counts = Chains.simulate(Chains.kernel(5, random), 600, 1, random);

      EntropyProduction single = EntropyProduction.fromCounts(counts, 1);
      EntropyProduction chained = EntropyProduction.fromCounts(counts, LONG);

      assertThat(single.bias().getAsDouble()).isCloseTo(2 * 10 / 600.0, within(1e-15));
      assertThat(chained.bias().getAsDouble()).isCloseTo(2 * 6 / 600.0, within(1e-15));
      assertThat(single.warnings()).noneMatch(text -> text.startsWith("short chains"));
    }

    @ParameterizedTest
    @CsvSource({"1, false", "1.5, true", "49.9, true", "50, false", "Infinity, false"})
    void chainsBetweenOneAnd50Transitions_carryAWarning(double length, boolean warned) {
      UniformRandomProvider random = Chains.random(3);
      GroupedCounts counts = Chains.simulate(Chains.kernel(3, random), 20, 20, random);

      assertThat(
              EntropyProduction.fromCounts(counts, length).warnings().stream()
                  .anyMatch(text -> text.startsWith("short chains")))
          .isEqualTo(warned);
    }

    @ParameterizedTest
    @CsvSource({"60, 60, true", "3000, 3000, false", "60, Infinity, false", "60, 1, false"})
    void chainsThatDoNotRelax_carryAWarning(int transitions, double length, boolean warned) {
      // given a lazy ring of 20 states, which relaxes in 200 transitions
      double[][] kernel = new double[20][20];
      for (int state = 0; state < 20; state++) {
        kernel[state][state] = 0.8;
        kernel[state][(state + 1) % 20] = 0.1;
        kernel[state][(state + 19) % 20] = 0.1;
      }
      GroupedCounts counts = Chains.simulate(kernel, 32, transitions, Chains.random(11));

      assertThat(
              EntropyProduction.fromCounts(counts, length).warnings().stream()
                  .anyMatch(text -> text.startsWith("slow chains")))
          .isEqualTo(warned);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void oneOrTwoStates_areReversibleByDefinition_andSaySo(int states) {
      GroupedCounts counts = GroupedCounts.empty(4, states);
      for (int group = 0; group < 4; group++) {
        counts.add(group, 0, states - 1, 20);
        counts.add(group, states - 1, 0, 20);
      }

      EntropyProduction found = EntropyProduction.fromCounts(counts, LONG);

      assertThat(found.estimate(0.95).value()).hasValue(0);
      assertThat(found.warnings()).anyMatch(text -> text.contains("reversible by definition"));
    }

    @Test
    void graphWithoutACycle_leavesTheBoundaryTermOnly_andSaysSo() {
      GroupedCounts counts = GroupedCounts.empty(2, 3);
      counts.add(0, 0, 1, 10);
      counts.add(1, 1, 0, 9);
      counts.add(1, 1, 2, 8);
      counts.add(0, 2, 1, 8);

      assertThat(EntropyProduction.fromCounts(counts, LONG).warnings())
          .anyMatch(text -> text.startsWith("no cycle was seen"));
    }

    @Test
    void unusableArguments_areRefused() {
      GroupedCounts counts = GroupedCounts.empty(1, 2);
      assertThatThrownBy(() -> EntropyProduction.fromCounts(counts, Double.NaN))
          .hasMessageContaining("transitionsPerChain is NaN");
      EntropyProduction found = EntropyProduction.fromCounts(counts, LONG);
      assertThatThrownBy(() -> found.estimate(1)).hasMessageContaining("level is 1.0");
      assertThatThrownBy(() -> found.upperBound(Double.NaN))
          .hasMessageContaining("confidence is NaN");
    }
  }

  @Nested
  class FromSoftCounts {
    @Test
    void valueAndError_equalTheirDefinitions_writtenOut() {
      GroupedSoftCounts counts = softSample(4, 6, 40, 11);

      EntropyProduction found = EntropyProduction.fromSoftCounts(counts);

      int groups = 6;
      double n = counts.transitions();
      double[][] pooled = new double[4][4];
      for (int c = 0; c < groups; c++) {
        add(pooled, counts.group(c));
      }
      double s = softPlugIn(pooled, n);
      double mean = 0;
      double[] without = new double[groups];
      double deltaSquares = 0;
      for (int c = 0; c < groups; c++) {
        double[][] rest = new double[4][4];
        for (int other = 0; other < groups; other++) {
          if (other != c) {
            add(rest, counts.group(other));
          }
        }
        double nc = counts.transitions(c);
        without[c] = softPlugIn(rest, n - nc);
        mean += without[c] / groups;
        double influence = 0;
        double pooledInfluence = 0;
        for (int i = 0; i < 4; i++) {
          for (int j = 0; j < 4; j++) {
            double phi =
                Math.log(pooled[i][j] / pooled[j][i])
                    + (pooled[i][j] - pooled[j][i]) / pooled[i][j];
            influence += counts.group(c).sum(i, j) * phi;
            pooledInfluence += pooled[i][j] * phi;
          }
        }
        deltaSquares += Math.pow(influence - nc * pooledInfluence / n, 2);
      }
      double jackknife = 0;
      for (double value : without) {
        jackknife += (value - mean) * (value - mean);
      }
      assertThat(found.plugIn().getAsDouble()).isCloseTo(s, within(1e-13));
      assertThat(found.centre().getAsDouble())
          .isCloseTo(groups * s - (groups - 1) * mean, within(1e-12));
      assertThat(found.standardError().getAsDouble())
          .isCloseTo(
              Math.max(
                  Math.sqrt(deltaSquares * groups / (groups - 1)) / n,
                  Math.sqrt(jackknife * (groups - 1) / groups)),
              within(1e-12));
      assertThat(found.status()).isEqualTo(Status.ESTIMATED);
    }

    @Test
    void softCountsThatFewGroupsKnow_carryAWarning() {
      // given a ring whose way back is known to all groups alike, or to one of them best
      for (double best : new double[] {1e-4, 1e-2}) {
        GroupedSoftCounts counts = GroupedSoftCounts.empty(8, 3);
        for (int group = 0; group < 8; group++) {
          double back = group == 0 ? best : 1e-4;
          for (int from = 0; from < 3; from++) {
            double[] row = new double[3];
            row[(from + 1) % 3] = 1 - back;
            row[(from + 2) % 3] = back;
            counts.add(group, from, row, 0);
          }
        }

        EntropyProduction found = EntropyProduction.fromSoftCounts(counts);

        assertThat(found.status()).isEqualTo(Status.ESTIMATED);
        assertThat(found.warnings())
            .hasSize(best == 1e-4 ? 0 : 1)
            .allMatch(text -> text.startsWith("soft: 100 % of the value come from pairs"));
      }
    }

    @Test
    void entriesOf1e17_matter() {
      // given a ring whose way back has probability 1e-17, known to all but one group as less
      GroupedSoftCounts counts = GroupedSoftCounts.empty(4, 3);
      for (int group = 0; group < 4; group++) {
        for (int from = 0; from < 3; from++) {
          double back = group == 0 ? 1e-12 : 1e-17;
          double[] row = new double[3];
          row[(from + 1) % 3] = 1;
          row[(from + 2) % 3] = back;
          for (int t = 0; t < 1_000; t++) {
            counts.add(group, from, row, 0);
          }
        }
      }

      EntropyProduction found = EntropyProduction.fromSoftCounts(counts);

      // then group 0 left out leaves exactly 1e-17: a difference of sums would leave rounding
      double all = Math.log(4_000 / (1_000 * (1e-12 + 3e-17)));
      double withoutFirst = Math.log(1e17);
      double withoutOther = Math.log(3_000 / (1_000 * (1e-12 + 2e-17)));
      double mean = (withoutFirst + 3 * withoutOther) / 4;
      assertThat(found.plugIn().getAsDouble()).isCloseTo(all, within(1e-9));
      assertThat(found.centre().getAsDouble()).isCloseTo(4 * all - 3 * mean, within(1e-9));
    }

    @Test
    void theSmallestEntries_leaveAnInterval() {
      GroupedSoftCounts counts = GroupedSoftCounts.empty(3, 3);
      for (int group = 0; group < 3; group++) {
        counts.add(group, 0, new double[] {0, 1, 0}, 0);
      }
      counts.add(0, 1, new double[] {Double.MIN_VALUE, 0, 1}, 0);

      EntropyProduction found = EntropyProduction.fromSoftCounts(counts);

      assertThat(found.plugIn().getAsDouble())
          .isCloseTo(3 * (Math.log(3) - Math.log(Double.MIN_VALUE)) / 4, within(1e-9));
      assertThat(found.standardError()).isPresent();
      assertThat(found.standardError().getAsDouble()).isFinite().isPositive();
    }

    @Test
    void pairsWithOneZero_areSkipped_andMakeALowerBound() {
      GroupedSoftCounts counts = GroupedSoftCounts.empty(2, 3);
      for (int group = 0; group < 2; group++) {
        counts.add(group, 0, new double[] {0, 0.9, 0.1}, 0);
        counts.add(group, 1, new double[] {0.5, 0, 0.5}, 0);
      }

      EntropyProduction found = EntropyProduction.fromSoftCounts(counts);

      assertThat(found.status()).isEqualTo(Status.LOWER_BOUND);
      assertThat(found.plugIn().getAsDouble())
          .isCloseTo((1.8 - 1.0) * Math.log(1.8) / 4, within(1e-15));
      assertThat(found.warnings()).anyMatch(text -> text.startsWith("soft: 2 pairs"));
    }

    @Test
    void floatsAndDoubles_giveTheSameSums() {
      SoftCounts floats = SoftCounts.empty(2);
      SoftCounts doubles = SoftCounts.empty(2);
      floats.add(1, new float[] {9, 0.25f, 0.75f}, 1);
      doubles.add(1, new double[] {0.25, 0.75}, 0);

      assertThat(floats).isEqualTo(doubles).hasSameHashCodeAs(doubles);
      assertThat(SoftCounts.of(2, 1, floats.toArray())).isEqualTo(floats);
      assertThat(floats.sum(1, 1)).isEqualTo(0.75);
    }

    @Test
    void impossibleRows_areRefused_andChangeNothing() {
      SoftCounts counts = SoftCounts.empty(2);
      assertThatThrownBy(() -> counts.add(0, new float[] {0.5f, Float.NaN}, 0))
          .hasMessage("soft count 0 -> 1 is NaN; it must be finite and not negative");
      assertThatThrownBy(() -> counts.add(0, new double[] {0.5, -1}, 0))
          .hasMessageContaining("0 -> 1 is -1.0");
      assertThatThrownBy(() -> counts.add(2, new double[] {0.5, 0.5}, 0))
          .hasMessageContaining("state is 2; it must be 0 to 1");
      assertThat(counts).isEqualTo(SoftCounts.empty(2));
    }
  }

  @Nested
  class FromPath {
    @Test
    void valueAndInterval_areThoseOfARatioOverGroups() {
      double[] sums = {3, 5, 0, 1};
      long[] transitions = {10, 10, 0, 5};

      EntropyProduction found = EntropyProduction.fromPath(sums, transitions);

      // 9/25 = 0.36; residuals -0.6, 1.4, -0.8; G = 3 groups with a transition
      double error = Math.sqrt(1.5 * (0.36 + 1.96 + 0.64)) / 25;
      assertThat(found.estimate(0.9).value().getAsDouble()).isCloseTo(0.36, within(1e-15));
      assertThat(found.standardError().getAsDouble()).isCloseTo(error, within(1e-15));
      // SciPy: t.ppf(.95, 2)
      assertThat(found.estimate(0.9).lower().getAsDouble())
          .isCloseTo(0.36 - 2.919985580353725 * error, within(1e-12));
    }

    @Test
    void isNotClippedAtZero() {
      EntropyProduction found =
          EntropyProduction.fromPath(new double[] {-3, -1}, new long[] {4, 4});

      assertThat(found.estimate(0.95).value()).hasValue(-0.5);
      assertThat(found.estimate(0.95).lower().getAsDouble()).isNegative();
    }

    @Test
    void sumsThatAreNotFinite_areRefused() {
      assertThatThrownBy(
              () -> EntropyProduction.fromPath(new double[] {0, Double.NaN}, new long[] {4, 4}))
          .hasMessageContaining("path entropies of group 1 sum to NaN over 4 transitions");
      assertThatThrownBy(() -> EntropyProduction.fromPath(new double[1], new long[2]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void frozenEstimate_keepsItsNumbers_butIsNotValid() {
    Estimate soft = EntropyProduction.fromSoftCounts(softSample(3, 4, 10, 1)).estimate(0.95);

    assertThat(soft.isValid()).isTrue();
    assertThat(soft.asFrozen().isValid()).isFalse();
    assertThat(soft.asFrozen().value()).isEqualTo(soft.value());
  }

  private static GroupedSoftCounts softSample(int states, int groups, int transitions, long seed) {
    UniformRandomProvider random = Chains.random(seed);
    GroupedSoftCounts counts = GroupedSoftCounts.empty(groups, states);
    List<double[][]> kernels = new ArrayList<>();
    for (int x = 0; x < 5; x++) {
      kernels.add(Chains.kernel(states, random));
    }
    for (int group = 0; group < groups; group++) {
      int state = random.nextInt(states);
      for (int t = 0; t < transitions; t++) {
        double[] row = kernels.get(random.nextInt(5))[state];
        counts.add(group, state, row, 0);
        state = Chains.draw(row, random);
      }
    }
    return counts;
  }

  private static long[][] matrix(TransitionCounts counts) {
    long[][] matrix = new long[counts.states()][counts.states()];
    counts.forEach((from, to, count) -> matrix[from][to] = count);
    return matrix;
  }

  private static void add(double[][] sum, SoftCounts counts) {
    for (int i = 0; i < sum.length; i++) {
      for (int j = 0; j < sum.length; j++) {
        sum[i][j] += counts.sum(i, j);
      }
    }
  }

  private static double plugIn(long[][] counts, double n) {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      for (int j = i + 1; j < counts.length; j++) {
        sum += (counts[i][j] - counts[j][i]) * Math.log((counts[i][j] + .5) / (counts[j][i] + .5));
      }
    }
    return sum / n;
  }

  private static double softPlugIn(double[][] sums, double n) {
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      for (int j = i + 1; j < sums.length; j++) {
        sum += (sums[i][j] - sums[j][i]) * Math.log(sums[i][j] / sums[j][i]);
      }
    }
    return sum / n;
  }
}
