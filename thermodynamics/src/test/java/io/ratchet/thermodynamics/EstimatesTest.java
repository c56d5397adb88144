package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ratchet.thermodynamics.Estimate.Status;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simple estimates: currents, self transition, divergences, dwell times. */
class EstimatesTest {
  @Nested
  class OfCurrents {
    @Test
    void areStrongestFirst_equalOnesByStates_inTheirPositiveDirection() {
      GroupedCounts counts = GroupedCounts.empty(1, 4);
      counts.add(0, 3, 1, 7); // 3 -> 1: 4
      counts.add(0, 1, 3, 3);
      counts.add(0, 2, 0, 5); // 2 -> 0: 5
      counts.add(0, 0, 1, 4); // 0 -> 1: 4
      counts.add(0, 2, 3, 6); // balanced
      counts.add(0, 3, 2, 6);

      Currents currents = Currents.of(counts, 2);

      assertThat(currents.total()).isEqualTo(3);
      assertThat(currents.magnitude()).isEqualTo(13 / 31.0);
      assertThat(currents.strongest())
          .containsExactly(
              new Currents.Current(2, 0, 5 / 31.0, OptionalDouble.empty()),
              new Currents.Current(0, 1, 4 / 31.0, OptionalDouble.empty()));
    }

    @Test
    void standardError_isThatOfItsDefinition() {
      GroupedCounts counts = GroupedCounts.empty(4, 3);
      counts.add(0, 1, 0, 9);
      counts.add(0, 0, 1, 2);
      counts.add(1, 0, 1, 1);
      counts.add(1, 2, 2, 9);
      counts.add(2, 1, 0, 4);

      Currents.Current current = Currents.of(counts, 10).strongest().get(0);

      // net 1 -> 0 by group: 7, -1, 4 of 11, 10, 4 transitions; J = 10/25; G = 3
      double squares =
          Math.pow(7 - 11 * .4, 2) + Math.pow(-1 - 10 * .4, 2) + Math.pow(4 - 4 * .4, 2);
      assertThat(current.from()).isEqualTo(1);
      assertThat(current.value()).isEqualTo(0.4);
      assertThat(current.standardError().getAsDouble())
          .isCloseTo(Math.sqrt(1.5 * squares) / 25, within(1e-15));
    }
  }

  @Nested
  class OfSelfTransition {
    @Test
    void intervalIsThatOfARatio_clippedToProbabilities() {
      GroupedCounts counts = GroupedCounts.empty(3, 2);
      counts.add(0, 0, 0, 9);
      counts.add(0, 0, 1, 1);
      counts.add(1, 1, 1, 20);

      Estimate self = SelfTransition.of(counts, 0.95);

      assertThat(self.value()).hasValue(29 / 30.0);
      // residuals 9 - 10 * 29/30 and its opposite; G = 2; SciPy: t.ppf(.975, 1) = 12.7062047361747
      double half = 12.7062047361747 * Math.sqrt(2 * 2 * Math.pow(9 - 290 / 30.0, 2)) / 30;
      assertThat(self.lower().getAsDouble()).isCloseTo(29 / 30.0 - half, within(1e-12));
      assertThat(self.upper()).hasValue(1);
    }

    @Test
    void oneGroup_hasNoInterval_noTransitionsNothing() {
      GroupedCounts counts = GroupedCounts.empty(3, 2);
      assertThat(SelfTransition.of(counts, 0.95).status()).isEqualTo(Status.INSUFFICIENT);
      counts.add(1, 1, 1);
      assertThat(SelfTransition.of(counts, 0.95).value()).hasValue(1);
      assertThat(SelfTransition.of(counts, 0.95).lower()).isEmpty();
    }
  }

  @Nested
  class OfDivergence {
    @Test
    void valueAndInterval_equalTheirDefinition() {
      long[][] counts = {{100, 50, 50}, {150, 30, 120}, {0, 0, 0}, {60, 20, 20}};
      double[] shares = {0.5, 0.2, 0.3};

      Estimate found = Divergence.of(counts, shares, 0.95);

      double n = 600;
      double[] pooled = {310, 100, 190};
      double value = -2 / (2 * n);
      for (int c = 0; c < 3; c++) {
        value += shares[c] * Math.log(shares[c] / ((pooled[c] + .5) / (n + 1.5)));
      }
      double squares = 0;
      for (int g : new int[] {0, 1, 3}) {
        double residual = 0;
        double samples = counts[g][0] + counts[g][1] + counts[g][2];
        for (int c = 0; c < 3; c++) {
          residual += shares[c] * (counts[g][c] - samples * pooled[c] / n) / (pooled[c] + .5);
        }
        squares += residual * residual;
      }
      // SciPy: t.ppf(.975, 2)
      double half = 4.302652729749464 * Math.sqrt(1.5 * squares);
      assertThat(found.status()).isEqualTo(Status.ESTIMATED);
      assertThat(found.value().getAsDouble()).isCloseTo(value, within(1e-15));
      assertThat(found.lower().getAsDouble()).isCloseTo(Math.max(0, value - half), within(1e-12));
      assertThat(found.upper().getAsDouble()).isCloseTo(value + half, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"499, INSUFFICIENT", "500, ESTIMATED"})
    void needs500Samples(long samples, Status expected) {
      long[][] counts = {{samples - 250, 250}};
      Estimate found = Divergence.of(counts, new double[] {0.5, 0.5}, 0.95);

      assertThat(found.status()).isEqualTo(expected);
      assertThat(found.value().isPresent()).isEqualTo(expected == Status.ESTIMATED);
      assertThat(found.lower()).isEmpty(); // one group
    }

    @ParameterizedTest
    @CsvSource({"2, 0.1, LOWER_BOUND", "3, 0.1, ESTIMATED", "0, 0, ESTIMATED"})
    void rareClassOfTheData_makesALowerBound(long seen, double share, Status expected) {
      long[][] counts = {{300, 300, seen}};
      Estimate found = Divergence.of(counts, new double[] {0.5, 0.5 - share, share}, 0.95);

      assertThat(found.status()).isEqualTo(expected);
    }

    @Test
    void unusableShares_areRefused() {
      assertThatThrownBy(() -> Divergence.of(new long[][] {{1, 1}}, new double[] {0.5, 0.4}, 0.9))
          .hasMessageContaining("the shares sum to 0.9");
      assertThatThrownBy(
              () -> Divergence.of(new long[][] {{1, 1}}, new double[] {Double.NaN, 1}, 0.9))
          .hasMessageContaining("share of class 0 is NaN");
      assertThatThrownBy(() -> Divergence.of(new long[][] {{1}}, new double[] {0.5, 0.5}, 0.9))
          .hasMessage("group 0 counts 1 classes; the shares have 2");
    }
  }

  @Nested
  class OfDwellTimes {
    @Test
    void areDeparturesOverExits_withTheErrorOfARatio() {
      GroupedCounts counts = GroupedCounts.empty(2, 3);
      counts.add(0, 0, 0, 6);
      counts.add(0, 0, 1, 2);
      counts.add(0, 1, 1, 5);
      counts.add(1, 0, 0, 3);
      counts.add(1, 0, 1, 2);

      DwellTimes times = DwellTimes.of(counts);

      assertThat(times.mean(0)).hasValue(13 / 4.0);
      // residuals 8 - 2 * 3.25 and its opposite; G = 2
      assertThat(times.standardError(0).getAsDouble())
          .isCloseTo(Math.sqrt(2 * 2 * 1.5 * 1.5) / 4, within(1e-15));
      assertThat(times.mean(1)).isEmpty(); // never left
      assertThat(times.standardError(1)).isEmpty();
      assertThat(times.mean(2)).isEmpty(); // never seen
    }
  }

  @Test
  void estimate_refusesHalfAnIntervalAndNaN() {
    assertThatThrownBy(
            () ->
                new Estimate(
                    OptionalDouble.of(1),
                    OptionalDouble.of(0),
                    OptionalDouble.empty(),
                    0.95,
                    "counts",
                    Status.ESTIMATED))
        .hasMessageContaining("both ends");
    assertThatThrownBy(
            () ->
                new Estimate(
                    OptionalDouble.of(Double.NaN),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    0.95,
                    "counts",
                    Status.ESTIMATED))
        .hasMessageContaining("holds NaN");
  }

  /** Expected values: SciPy 1.17.1, {@code t.ppf} and {@code chi2.sf}. */
  @ParameterizedTest
  @CsvSource({
    "31, 0.99, 2.452824193402645",
    "31, 0.975, 2.039513446396408",
    "1, 0.975, 12.706204736174694",
    "31, 0.0005, -3.63345634975833",
  })
  void tQuantiles_equalScipy(int freedom, double probability, double expected) {
    assertThat(Quantiles.studentT(freedom, probability))
        .isCloseTo(expected, within(1e-11 * Math.abs(expected)));
  }

  @ParameterizedTest
  @CsvSource({"12, 30.5, 0.0023467591367947386", "36, 500, 4.6853334572646475e-83", "0, 0, 1"})
  void chiSquareTails_equalScipy(long freedom, double statistic, double expected) {
    assertThat(Quantiles.chiSquareTail(freedom, statistic) / expected).isCloseTo(1, within(1e-10));
  }
}
