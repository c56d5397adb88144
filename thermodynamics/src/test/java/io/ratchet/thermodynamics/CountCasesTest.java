package io.ratchet.thermodynamics;

import static io.ratchet.thermodynamics.Cases.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.thermodynamics.Cases.Case;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every count matrix, trajectory and one-hot chain of the oracle. */
class CountCasesTest {
  private static final double UNKNOWN_LENGTH = Double.POSITIVE_INFINITY;

  /** 1e-7 relative, as the oracle states for its chains. */
  private static final Percentage RELATIVE = Percentage.withPercentage(1e-5);

  static Stream<Case> counts() {
    return Cases.model("counts-");
  }

  static Stream<Case> trajectories() {
    return Cases.model("traj-");
  }

  static Stream<Path> chains() {
    return Cases.files("maxent").stream().filter(file -> file.toString().endsWith(".csv"));
  }

  @ParameterizedTest
  @MethodSource("counts")
  void entropyProduction_ofCounts_equalsTheOracle(Case given) {
    GroupedCounts counts = Cases.groupedCounts(given.json().get("perChainCounts"));
    double tolerance = given.tolerance();

    EntropyProduction found = EntropyProduction.fromCounts(counts, UNKNOWN_LENGTH);
    ObservedGraph graph = ObservedGraph.of(counts);

    assertThat(counts.pooled())
        .isEqualTo(TransitionCounts.of(Cases.longs(given.json().get("counts"))));
    assertThat(counts.transitions()).isEqualTo(given.json().get("transitions").asLong());
    assertThat(graph.cycles()).isEqualTo(given.json().get("nu").asLong());
    assertThat(graph.oneWayPairs()).isEqualTo(given.json().get("oneWayPairs").asLong());
    if (!given.json().get("hasData").asBoolean()) {
      assertThat(found.status()).isEqualTo(Estimate.Status.INSUFFICIENT);
      assertThat(found.plugIn()).isEmpty();
      assertThat(found.estimate(0.95).value()).isEmpty();
      return;
    }
    assertClose("plug-in", found.plugIn().getAsDouble(), given.number("epPlugin"), tolerance);
    assertClose("bias", found.bias().getAsDouble(), given.number("biasTerm"), tolerance);
    assertClose("corrected", found.centre().getAsDouble(), given.number("epCorrected"), tolerance);
    assertClose(
        "reported",
        found.estimate(0.95).value().getAsDouble(),
        given.number("epReported"),
        tolerance);
  }

  @ParameterizedTest
  @MethodSource("counts")
  void interval_ofCounts_equalsTheOracle(Case given) {
    GroupedCounts counts = Cases.groupedCounts(given.json().get("perChainCounts"));
    JsonNode interval = given.json().get("ci");

    Estimate found = EntropyProduction.fromCounts(counts, UNKNOWN_LENGTH).estimate(0.95);

    if (interval.isNull()) {
      assertThat(found.lower()).isEmpty();
      assertThat(found.upper()).isEmpty();
    } else {
      double tolerance = given.tolerance();
      assertClose(
          "t",
          Quantiles.studentT(counts.groups() - 1, 0.975),
          interval.get("tQuantile").asDouble(),
          tolerance);
      assertClose("lower", found.lower().getAsDouble(), interval.get("lo").asDouble(), tolerance);
      assertClose("upper", found.upper().getAsDouble(), interval.get("hi").asDouble(), tolerance);
      assertClose(
          "standard error",
          EntropyProduction.fromCounts(counts, UNKNOWN_LENGTH).standardError().getAsDouble(),
          interval.get("se").asDouble(),
          tolerance);
    }
  }

  @ParameterizedTest
  @MethodSource("counts")
  void currents_testAndSelfTransition_equalTheOracle(Case given) {
    GroupedCounts counts = Cases.groupedCounts(given.json().get("perChainCounts"));
    double tolerance = given.tolerance();

    double[][] expected = Cases.doubles(given.json().get("current"));
    Currents currents = Currents.of(counts, Integer.MAX_VALUE);
    double magnitude = 0;
    long total = 0;
    for (double[] row : expected) {
      for (double current : row) {
        magnitude += Math.max(0, current);
        total += current > 0 ? 1 : 0;
      }
    }
    assertThat(currents.total()).isEqualTo(total).isEqualTo(currents.strongest().size());
    assertClose("magnitude", currents.magnitude(), magnitude, tolerance);
    for (Currents.Current current : currents.strongest()) {
      assertClose("J", current.value(), expected[current.from()][current.to()], tolerance);
    }

    ReversibilityTest test = ReversibilityTest.chiSquare(counts, UNKNOWN_LENGTH);
    assertClose("Bowker", test.statistic(), given.number("bowker"), tolerance);
    if (given.json().get("hasData").asBoolean()) {
      double p = given.number("bowkerP");
      assertThat(test.pValue().getAsDouble() / p).isBetween(1 - 1e-9, 1 + 1e-9);
      assertClose(
          "self transition",
          SelfTransition.of(counts, 0.95).value().getAsDouble(),
          given.number("selfTransition"),
          tolerance);
    } else {
      assertThat(test.pValue()).isEmpty();
      assertThat(SelfTransition.of(counts, 0.95).value()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("trajectories")
  void counts_ofTrajectories_equalTheOracle(Case given) {
    JsonNode chains = given.json().get("chains");
    int states = given.json().get("K").asInt();
    GroupedCounts counts = GroupedCounts.empty(chains.size(), states);
    for (int chain = 0; chain < chains.size(); chain++) {
      for (int t = 1; t < chains.get(chain).size(); t++) {
        counts.add(chain, chains.get(chain).get(t - 1).asInt(), chains.get(chain).get(t).asInt());
      }
    }

    assertThat(counts).isEqualTo(Cases.groupedCounts(given.json().get("perChainCounts")));
    assertThat(counts.pooled())
        .isEqualTo(TransitionCounts.of(Cases.longs(given.json().get("counts"))));
    assertThat(ObservedGraph.of(counts).cycles()).isEqualTo(given.json().get("nu").asLong());
    assertClose(
        "plug-in",
        EntropyProduction.fromCounts(counts, UNKNOWN_LENGTH).plugIn().getAsDouble(),
        given.number("epPlugin"),
        1e-9);
  }

  @ParameterizedTest
  @MethodSource("chains")
  void plugIns_ofOneHotChains_equalTheReferenceCode(Path csv) throws IOException {
    JsonNode expected =
        Cases.read(Path.of(csv.toString().replace(".csv", ".json"))).get("expected");
    List<Integer> chain = Files.readAllLines(csv).stream().skip(1).map(Integer::valueOf).toList();
    int states = 1 + chain.stream().mapToInt(Integer::intValue).max().orElseThrow();
    GroupedCounts counts = GroupedCounts.empty(1, states);
    GroupedSoftCounts unrounded = GroupedSoftCounts.empty(1, states);
    for (int t = 1; t < chain.size(); t++) {
      counts.add(0, chain.get(t - 1), chain.get(t));
      double[] oneHot = new double[states];
      oneHot[chain.get(t)] = 1;
      unrounded.add(0, chain.get(t - 1), oneHot, 0);
    }

    assertThat(EntropyProduction.fromCounts(counts, UNKNOWN_LENGTH).plugIn().getAsDouble())
        .isCloseTo(expected.get("ep_pseudocount_half").asDouble(), RELATIVE);
    // Without the 1/2, over pairs seen both ways: what the soft estimator does with one-hot rows.
    assertThat(EntropyProduction.fromSoftCounts(unrounded).plugIn().getAsDouble())
        .isCloseTo(expected.get("plugin_two_way_pairs").asDouble(), RELATIVE);
    assertThat(ObservedGraph.of(counts).oneWayPairs())
        .isEqualTo(expected.get("one_way_pairs").asLong());
  }
}
