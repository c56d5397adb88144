package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CyclesTest {
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 10, 40, 120, 300})
  void decomposition_isExact_forRandomKernels(int states) {
    UniformRandomProvider random = Chains.random(states);
    Flux flux = Flux.ofKernel(Chains.kernel(states, random));

    assertExact(flux);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100, 300})
  void decomposition_isExact_forTheStationarisedFluxOfSparseCounts(int states) {
    UniformRandomProvider random = Chains.random(states + 1);
    TransitionCounts counts = TransitionCounts.empty(states);
    for (int i = 0; i < 20 * states; i++) {
      counts.add(random.nextInt(states), random.nextInt(states), 1 + random.nextInt(50));
    }

    assertExact(Flux.stationarised(counts));
  }

  @Test
  void cycle_isListedFromItsSmallestState_inTheDirectionOfTheCurrent() {
    // given a walker that turns 3 -> 1 -> 2 -> 3 with probability 0.9 and back with 0.1
    double[][] kernel = {{1, 0, 0, 0}, {0, 0, .9, .1}, {0, .1, 0, .9}, {0, .9, .1, 0}};
    double[][] flux = new double[4][4];
    for (int from = 1; from < 4; from++) {
      for (int to = 1; to < 4; to++) {
        flux[from][to] = kernel[from][to] / 3;
      }
    }

    Cycles cycles = Cycles.of(Flux.of(flux), 20);

    assertThat(cycles.total()).isEqualTo(1);
    assertThat(cycles.entropyShare()).hasValue(1);
    assertThat(cycles.strongest().get(0).states()).isEqualTo(List.of(1, 2, 3));
    assertThat(cycles.strongest().get(0).weight()).isCloseTo(0.8 / 3, within(1e-15));
    assertThat(cycles.strongest().get(0).affinity()).isCloseTo(3 * Math.log(9), within(1e-14));
  }

  @Test
  void listedCycles_explainTheirShare() {
    Flux flux = Flux.ofKernel(Chains.kernel(12, Chains.random(7)));
    Cycles all = Cycles.of(flux, Integer.MAX_VALUE);

    Cycles three = Cycles.of(flux, 3);

    double explained =
        all.strongest().subList(0, 3).stream().mapToDouble(c -> c.weight() * c.affinity()).sum();
    assertThat(three.total()).isEqualTo(all.total()).isGreaterThan(3);
    assertThat(three.strongest()).isEqualTo(all.strongest().subList(0, 3));
    assertThat(three.entropyShare().getAsDouble())
        .isCloseTo(explained / flux.entropyProduction(), within(1e-12))
        .isLessThan(1);
    assertThat(all.entropyShare().getAsDouble()).isCloseTo(1, within(1e-9));
  }

  private static void assertExact(Flux flux) {
    Cycles cycles = Cycles.of(flux, Integer.MAX_VALUE);
    double[][] carried = new double[flux.states()][flux.states()];
    double sum = 0;
    for (Cycles.Cycle cycle : cycles.strongest()) {
      sum += cycle.weight() * cycle.affinity();
      for (int i = 0; i < cycle.states().size(); i++) {
        carried[cycle.states().get(i)][cycle.states().get((i + 1) % cycle.states().size())] +=
            cycle.weight();
      }
    }
    assertThat(sum).isCloseTo(flux.entropyProduction(), within(1e-10));
    for (int from = 0; from < flux.states(); from++) {
      for (int to = 0; to < flux.states(); to++) {
        assertThat(carried[from][to]).isCloseTo(Math.max(0, flux.current(from, to)), within(1e-10));
      }
    }
  }
}
