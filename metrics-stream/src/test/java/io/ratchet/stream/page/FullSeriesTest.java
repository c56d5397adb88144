package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FullSeriesTest {
  private static final long END = Long.MAX_VALUE;

  private final FullSeries series = new FullSeries();

  @Test
  void whereTheBinsSuffice_everyStepIsOneOfItsOwn() {
    for (int step = 0; step < 100; step++) {
      series.put(series.add(step), "x", step * step);
    }
    StepHistory view = series.view(10, 19, 10, 0);
    assertThat(view.stride()).isEqualTo(1);
    assertThat(view.size()).isEqualTo(10);
    assertThat(view.lastStep(3)).isEqualTo(13);
    assertThat(view.mean(3, "x")).isEqualTo(169);
  }

  @Property(tries = 200)
  void howeverFewTheBins_noExtremeIsLost_andNoValueIsCountedTwice(
      @ForAll @Size(min = 1, max = 300) double[] values,
      @ForAll @IntRange(min = 2, max = 40) int bins) {
    FullSeries some = new FullSeries();
    double least = Double.POSITIVE_INFINITY;
    int finite = 0;
    for (int step = 0; step < values.length; step++) {
      some.put(some.add(3L * step), "x", values[step]);
      least = Math.min(least, values[step]);
      finite++;
    }
    StepHistory view = some.view(0, END, bins, 0);
    assertThat(view.size()).isBetween(1, bins);
    double seen = Double.POSITIVE_INFINITY;
    long count = 0;
    for (int at = 0; at < view.size(); at++) {
      count += view.count(at, "x");
      if (view.count(at, "x") > 0) {
        seen = Math.min(seen, view.min(at, "x"));
      }
    }
    assertThat(count).isEqualTo(finite);
    assertThat(seen).isEqualTo(least);
  }

  /** The definition, term by term. */
  @Test
  void theSmoothedLine_isTheMeanWeightedByHalfLives_ofAllThatCameBefore_alsoOutsideTheView() {
    double[] values = {4, -1, 7, Double.NaN, 2, 9, 9, 3};
    long[] steps = {0, 1, 2, 3, 7, 8, 9, 30};
    for (int i = 0; i < values.length; i++) {
      series.put(series.add(steps[i]), "x", values[i]);
    }
    StepHistory view = series.view(2, END, 100, 3);
    int row = 0;
    for (int i = 2; i < values.length; i++) {
      double sum = 0;
      double weights = 0;
      for (int j = 0; j <= i; j++) {
        if (!Double.isNaN(values[j])) {
          double weight = Math.pow(2, -(steps[i] - steps[j]) / 3.0);
          sum += weight * values[j];
          weights += weight;
        }
      }
      if (Double.isNaN(values[i])) {
        assertThat(view.count(row, "x.smooth")).isZero();
      } else {
        assertThat(view.mean(row, "x.smooth")).isCloseTo(sum / weights, within(1e-12));
      }
      row++;
    }
  }

  @Test
  void theSmoothedLine_doesNotDependOnHowCloselyOneLooks() {
    for (int step = 0; step < 1_000; step++) {
      series.put(series.add(step), "x", Math.sin(step) + step * 0.01);
    }
    StepHistory close = series.view(512, 513, 100, 40);
    StepHistory far = series.view(0, END, 500, 40);
    assertThat(far.stride()).isEqualTo(2);
    assertThat(far.mean(256, "x.smooth"))
        .isCloseTo((close.mean(0, "x.smooth") + close.mean(1, "x.smooth")) / 2, within(1e-12));
  }

  @Test
  void rowsOutOfOrder_andQuantitiesThatBeginLate_findTheirPlace() {
    for (long step : new long[] {0, 2, 1, 2}) {
      series.put(series.add(step), "x", 10.0 * step);
    }
    series.put(series.add(3), "late", 5);
    StepHistory view = series.view(0, END, 100, 0);
    assertThat(view.size()).isEqualTo(4);
    assertThat(view.mean(1, "x")).isEqualTo(10);
    assertThat(view.count(2, "x")).isEqualTo(2);
    assertThat(view.count(2, "late")).isZero();
    assertThat(view.count(3, "x")).isZero();
  }

  @Test
  void whatIsSuperseded_isForgotten() {
    for (int step = 0; step < 10; step++) {
      series.put(series.add(step), "x", 1);
    }
    series.truncate(6);
    series.add(6);
    StepHistory view = series.view(0, END, 100, 0);
    assertThat(view.size()).isEqualTo(7);
    assertThat(view.count(6, "x")).isZero();
  }
}
