package io.ratchet.thermodynamics;

import static io.ratchet.thermodynamics.Cases.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.thermodynamics.Cases.Case;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the oracle says of exact kernels and of the stationarised fluxes of counts. */
class FluxCasesTest {
  static Stream<Case> kernels() {
    return Cases.model("exact-");
  }

  static Stream<Case> counts() {
    return Cases.model("counts-");
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void exactKernel_hasTheOraclesLawFluxAndEntropyProduction(Case given) {
    double[][] kernel = transposed(Cases.doubles(given.json().get("T")));

    Flux flux = Flux.ofKernel(kernel);

    double tolerance = given.tolerance();
    double[] law = StationaryLaw.of(kernel);
    for (int state = 0; state < law.length; state++) {
      assertClose("pi", law[state], given.json().get("pi").get(state).asDouble(), tolerance);
      assertClose("row sum", flux.stationaryLaw()[state], law[state], tolerance);
    }
    double[][] expectedFlux = Cases.doubles(given.json().get("flux"));
    double[][] expectedCurrent = Cases.doubles(given.json().get("current"));
    for (int from = 0; from < law.length; from++) {
      for (int to = 0; to < law.length; to++) {
        assertClose("flux", flux.flux(from, to), expectedFlux[from][to], tolerance);
        assertClose("current", flux.current(from, to), expectedCurrent[from][to], tolerance);
      }
    }
    assertClose("self", flux.selfTransition(), given.number("selfTransition"), tolerance);
    assertClose("sigma", flux.entropyProduction(), given.number("latentEP"), tolerance);
    if (given.number("latentEP") < 1e-12) {
      assertThat(flux.entropyProduction()).isBetween(0.0, 1e-12);
    }
    assertCycles(given, flux);
  }

  @ParameterizedTest
  @MethodSource("counts")
  void stationarisedFlux_equalsTheOracle(Case given) {
    TransitionCounts counts = TransitionCounts.of(Cases.longs(given.json().get("counts")));

    Flux flux = Flux.stationarised(counts);

    double[][] expected = Cases.doubles(given.json().get("stationarisedFlux"));
    for (int from = 0; from < expected.length; from++) {
      for (int to = 0; to < expected.length; to++) {
        assertClose("flux", flux.flux(from, to), expected[from][to], given.tolerance());
      }
    }
    assertClose(
        "sigma", flux.entropyProduction(), given.number("epStationarised"), given.tolerance());
    assertCycles(given, flux);
  }

  /** The oracle's greedy lists hold no ties in these files, so the same cycles must come out. */
  private static void assertCycles(Case given, Flux flux) {
    Cycles cycles = Cycles.of(flux, Integer.MAX_VALUE);
    Map<List<Integer>, JsonNode> expected = new HashMap<>();
    for (JsonNode cycle : given.json().get("cycles")) {
      expected.put(
          StreamSupport.stream(cycle.get("states").spliterator(), false)
              .map(JsonNode::asInt)
              .toList(),
          cycle);
    }
    assertThat(cycles.total()).isEqualTo(given.json().get("cycles").size());
    double sum = 0;
    for (Cycles.Cycle cycle : cycles.strongest()) {
      JsonNode match = expected.get(cycle.states());
      assertThat(match).as("cycle %s", cycle).isNotNull();
      assertClose("weight", cycle.weight(), match.get("weight").asDouble(), given.tolerance());
      assertClose(
          "affinity", cycle.affinity(), match.get("affinity").asDouble(), given.tolerance());
      sum += cycle.weight() * cycle.affinity();
    }
    assertClose("sum of weight x affinity", sum, flux.entropyProduction(), 1e-10);
  }

  private static double[][] transposed(double[][] matrix) {
    double[][] transposed = new double[matrix.length][matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        transposed[j][i] = matrix[i][j];
      }
    }
    return transposed;
  }
}
