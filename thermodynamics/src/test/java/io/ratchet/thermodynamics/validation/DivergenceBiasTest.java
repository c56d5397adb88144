package io.ratchet.thermodynamics.validation;

import static io.ratchet.thermodynamics.validation.Section.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.thermodynamics.Divergence;
import io.ratchet.thermodynamics.Estimate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How far the class divergence is from the truth on average, and how often its interval holds it.
 */
@Tag("statistics")
class DivergenceBiasTest {
  private static final int REPLICATES = Integer.getInteger("ratchet.validation.replicates", 2_000);
  private static final double LEVEL = 0.95;

  private static final class Cell {
    final String name;
    final double[] shares;
    final double[] law;
    final int samples;

    Cell(String name, double[] shares, double[] law, int samples) {
      this.name = name;
      this.shares = shares;
      this.law = law;
      this.samples = samples;
    }

    double truth() {
      double sum = 0;
      for (int c = 0; c < shares.length; c++) {
        sum += shares[c] == 0 ? 0 : shares[c] * Math.log(shares[c] / law[c]);
      }
      return sum;
    }

    double leastExpected() {
      return samples * Arrays.stream(law).min().orElseThrow();
    }
  }

  /**
   * What was found of a cell.
   *
   * @param exact bias, exactly
   * @param simulated mean deviation of the replicates, which must agree
   * @param error standard error of that
   */
  private record Result(
      Cell cell,
      double exact,
      double simulated,
      double error,
      double coverage,
      double lowerBounds) {}

  @Test
  void classDivergence_isNearlyUnbiased() {
    List<Result> results = Cells.measure(4, cells(), DivergenceBiasTest::measure);

    List<String> rows = new ArrayList<>();
    for (Result result : results) {
      Cell cell = result.cell;
      rows.add(
          row(
              "%s | %d | %d | %.1f | %.4f | %+.5f | %+.4f | %.4f | %.1f | %.1f",
              cell.name,
              cell.shares.length,
              cell.samples,
              cell.leastExpected(),
              cell.truth(),
              result.exact,
              result.simulated,
              result.error,
              100 * result.coverage,
              100 * result.lowerBounds));
    }
    new Section("4. Class divergence: bias")
        .paragraph(
            row(
                """
                %d replicates a cell, n independent samples in 32 groups, m classes. `uniform`: p = q;
                `tilted`: q falls geometrically to its least class, p uniform; `reversed`: p rises as q
                falls; `one rare`: one class as rare as allowed, with the share 1/m in p; `near`: p and q so close
                that D = (m - 1)/n, twice the bias; `too rare`: a class rarer than allowed. The estimator is a
                sum over classes, so its mean is a sum over binomial laws: that is the exact bias.
                Required where n >= 500 and n q_c >= 5 for every class: at most 0.003 nats.
                Coverage is published as it is: the interval is one of a linear approximation, which is gone
                where p is near q, and knows nothing of a class that it hardly saw."""
                    .replace('\n', ' '),
                REPLICATES))
        .table(
            "shares | m | n | least n q_c | D | exact bias | simulated | its error | coverage % | lower"
                + " bound %",
            rows)
        .write("4-class-divergence.md");

    assertThat(results)
        .allSatisfy(
            result -> {
              if (result.cell.leastExpected() >= 5 - 1e-9) {
                assertThat(Math.abs(result.exact)).isLessThanOrEqualTo(0.003);
              }
              assertThat(Math.abs(result.simulated - result.exact))
                  .isLessThanOrEqualTo(5 * result.error);
            });
  }

  private static List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (int samples : new int[] {500, 1_000, 4_000}) {
      for (int classes : new int[] {2, 5, 10, 20, 50}) {
        double[] uniform = new double[classes];
        Arrays.fill(uniform, 1.0 / classes);
        cells.add(new Cell("uniform", uniform, uniform, samples));
        for (double least : new double[] {5.0 / samples, 20.0 / samples}) {
          if (least >= 1.0 / classes) {
            continue;
          }
          double[] tilted = tilted(classes, least);
          double[] reversed = new double[classes];
          Arrays.setAll(reversed, c -> tilted[classes - 1 - c]);
          double[] rare = new double[classes];
          Arrays.fill(rare, (1 - least) / (classes - 1));
          rare[0] = least;
          cells.add(new Cell("tilted", uniform, tilted, samples));
          cells.add(new Cell("reversed", reversed, tilted, samples));
          cells.add(new Cell("one rare", uniform, rare, samples));
        }
      }
    }
    for (int samples : new int[] {500, 4_000}) {
      for (int classes : new int[] {2, 10}) {
        double[] uniform = new double[classes];
        Arrays.fill(uniform, 1.0 / classes);
        double step = Math.sqrt(2 * (classes - 1.0) / samples);
        double[] near = new double[classes];
        Arrays.setAll(near, c -> (1 + (c % 2 == 0 ? step : -step)) / classes);
        cells.add(new Cell("near", uniform, near, samples));
      }
      for (int expected : new int[] {3, 2, 1}) {
        double rare = expected / (double) samples;
        cells.add(
            new Cell("too rare", new double[] {0.5, 0.5}, new double[] {rare, 1 - rare}, samples));
      }
    }
    return cells;
  }

  /** A geometric law whose least share is the given one, by bisection of its ratio. */
  private static double[] tilted(int classes, double least) {
    double low = 1e-6;
    double high = 1;
    double[] law = new double[classes];
    for (int step = 0; step < 100; step++) {
      double ratio = (low + high) / 2;
      Arrays.setAll(law, c -> Math.pow(ratio, c));
      double sum = Arrays.stream(law).sum();
      Arrays.setAll(law, c -> law[c] / sum);
      if (law[classes - 1] < least) {
        low = ratio;
      } else {
        high = ratio;
      }
    }
    return law;
  }

  private static Result measure(Cell cell, UniformRandomProvider random) {
    Alias law = new Alias(cell.law);
    double truth = cell.truth();
    double sum = 0;
    double squares = 0;
    int covered = 0;
    int lowerBounds = 0;
    for (int replicate = 0; replicate < REPLICATES; replicate++) {
      long[][] counts = new long[KnownChain.GROUPS][cell.law.length];
      for (int sample = 0; sample < cell.samples; sample++) {
        counts[sample % KnownChain.GROUPS][law.draw(random)]++;
      }
      Estimate estimate = Divergence.of(counts, cell.shares, LEVEL);
      double deviation = estimate.value().orElseThrow() - truth;
      sum += deviation;
      squares += deviation * deviation;
      covered +=
          estimate.lower().orElseThrow() <= truth && truth <= estimate.upper().orElseThrow()
              ? 1
              : 0;
      lowerBounds += estimate.status() == Estimate.Status.LOWER_BOUND ? 1 : 0;
    }
    double mean = sum / REPLICATES;
    return new Result(
        cell,
        exactBias(cell),
        mean,
        Math.sqrt((squares / REPLICATES - mean * mean) / REPLICATES),
        covered / (double) REPLICATES,
        lowerBounds / (double) REPLICATES);
  }

  /**
   * The estimator's mean less the truth: it is sum_c p_c (ln p_c + f(C_c)), f its value when all of
   * p is in the one class c, and C_c is binomial.
   */
  private static double exactBias(Cell cell) {
    int classes = cell.law.length;
    double mean = 0;
    for (int c = 0; c < classes; c++) {
      double[] share = new double[classes];
      share[c] = 1;
      double expected = cell.samples * cell.law[c];
      int spread = (int) Math.ceil(12 * Math.sqrt(expected));
      BinomialDistribution binomial = BinomialDistribution.of(cell.samples, cell.law[c]);
      double term = 0;
      for (int count = Math.max(0, (int) expected - spread);
          count <= Math.min(cell.samples, expected + spread);
          count++) {
        long[] counts = new long[classes];
        counts[(c + 1) % classes] = (long) cell.samples - count;
        counts[c] = count;
        double value = Divergence.of(new long[][] {counts}, share, LEVEL).value().orElseThrow();
        term += binomial.probability(count) * value;
      }
      mean += cell.shares[c] * (Math.log(cell.shares[c]) + term);
    }
    return mean - cell.truth();
  }
}
