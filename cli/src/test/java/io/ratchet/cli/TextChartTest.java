package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextChartTest {

  @Test
  void aLine_risesFromTheLowerLeftToTheUpperRight() {
    TextChart chart = new TextChart();
    for (int step = 0; step < 600; step++) {
      chart.add(step, step / 10.0);
    }
    List<String> lines = chart.lines();
    assertThat(lines).hasSize(9);
    // Means of about ten steps a column, 0 to 10 in the first; the last holds 599 alone.
    assertThat(lines.get(0)).startsWith("     59.90 |").endsWith("*");
    assertThat(lines.get(7)).startsWith("    0.5000 |*").doesNotEndWith(" ");
    assertThat(lines.get(8)).contains("step 0").endsWith(" 599");
    for (int row = 1; row < 8; row++) {
      assertThat(lines.get(row).lastIndexOf('*')).isLessThan(lines.get(row - 1).lastIndexOf('*'));
    }
  }

  @Test
  void whatIsNotKnown_isNotDrawn() {
    TextChart chart = new TextChart();
    chart.add(0, Double.NaN);
    assertThat(chart.lines()).isEmpty();
    chart.add(0, 1);
    chart.add(100, 1);
    chart.add(200, Double.POSITIVE_INFINITY);
    assertThat(String.join("", chart.lines()).chars().filter(c -> c == '*')).hasSize(2);
    assertThat(chart.lines().get(8)).endsWith(" 100");
  }

  @Test
  void onePoint_isAChart() {
    TextChart chart = new TextChart();
    chart.add(7, -2.5);
    assertThat(chart.lines().get(7)).isEqualTo("    -2.500 |*");
  }
}
