package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against ArviZ 0.23.4, see cases/diagnostics/make.py. */
class ChainDiagnosticsTest {
  static Stream<JsonNode> references() {
    return Cases.files("diagnostics").stream()
        .filter(file -> file.toString().endsWith(".json"))
        .map(Cases::read)
        .flatMap(all -> StreamSupport.stream(all.spliterator(), false));
  }

  @ParameterizedTest
  @MethodSource("references")
  void diagnostics_equalArviz(JsonNode reference) {
    double[][] draws = Cases.doubles(reference.get("draws"));

    if (!reference.get("split_rhat").isNull()) {
      assertRelative(
          ChainDiagnostics.splitRhat(draws).getAsDouble(), reference.get("split_rhat").asDouble());
    }
    assertRelative(
        ChainDiagnostics.bulkEffectiveSampleSize(draws).getAsDouble(),
        reference.get("bulk_ess").asDouble());
    if (!reference.get("rank_rhat").isNull()) {
      assertRelative(
          ChainDiagnostics.rankNormalizedRhat(draws).getAsDouble(),
          reference.get("rank_rhat").asDouble());
    }
    if (!reference.get("times").isNull()) {
      int[][] states =
          Arrays.stream(draws)
              .map(chain -> Arrays.stream(chain).mapToInt(draw -> (int) draw).toArray())
              .toArray(int[][]::new);
      for (int state = 0; state < 4; state++) {
        assertRelative(
            ChainDiagnostics.autocorrelationTime(states, state).getAsDouble(),
            reference.get("times").get(state).asDouble());
      }
    }
  }

  @Test
  void diagnostics_areAbsent_whereAllDrawsAreEqual() {
    double[][] constant = new double[4][20];

    assertThat(ChainDiagnostics.splitRhat(constant)).isEmpty();
    assertThat(ChainDiagnostics.rankNormalizedRhat(constant)).isEmpty();
    assertThat(ChainDiagnostics.bulkEffectiveSampleSize(constant)).isEmpty();
    assertThat(ChainDiagnostics.autocorrelationTime(new int[4][20], 1)).isEmpty();
  }

  @Test
  void unusableDraws_areRefused() {
    assertThatThrownBy(() -> ChainDiagnostics.splitRhat(new double[][] {{1, 2, 3}}))
        .hasMessageContaining("draws of a chain is 3; it must be 6");
    assertThatThrownBy(
            () -> ChainDiagnostics.splitRhat(new double[][] {new double[8], new double[9]}))
        .hasMessageContaining("draws of chain 1 is 9; it must be 8 to 8");
    double[][] withNaN = new double[2][8];
    withNaN[1][3] = Double.NaN;
    assertThatThrownBy(() -> ChainDiagnostics.bulkEffectiveSampleSize(withNaN))
        .hasMessageContaining("chain 1 has a draw NaN");
  }

  private static void assertRelative(double actual, double expected) {
    assertThat(actual).isCloseTo(expected, within(1e-9 * Math.abs(expected)));
  }
}
