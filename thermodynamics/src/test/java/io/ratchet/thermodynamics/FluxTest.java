package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FluxTest {
  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1e-12, 1e-200})
  void stationaryLaw_ofANearlyReducibleKernel_keepsItsRelativeAccuracy(double leak) {
    // two pairs of states; from the first to the second 3 leak, back 1 leak
    double[][] kernel = {
      {.5, .5, 0, 0}, {.5 - 3 * leak, .5, 3 * leak, 0}, {0, leak, .5, .5 - leak}, {0, 0, .5, .5}
    };

    double[] law = StationaryLaw.of(kernel);

    // detailed balance of a birth-death chain: pi_1 3 leak = pi_2 leak
    assertThat(law[2] / law[1]).isCloseTo(3, within(1e-14));
    assertThat(law[0] / law[1]).isCloseTo((.5 - 3 * leak) / .5, within(1e-14));
    assertThat(law[3] / law[2]).isCloseTo((.5 - leak) / .5, within(1e-14));
  }

  @Test
  void stationaryLaw_ofProbabilitiesFurtherApartThanADoubleReaches_isFinite() {
    double leak = 1e-200;
    // a birth-death chain: pi_1 = pi_0 1e200, pi_2 = pi_1 1e200
    double[][] kernel = {{.5, .5, 0}, {leak / 2, .5, .5}, {0, leak / 2, 1}};

    assertThat(StationaryLaw.of(kernel)).containsExactly(0, leak, 1);
  }

  @Test
  void stationaryLaw_leavesTransientStatesOut_whereverTheyAre() {
    double[][] kernel = {{.5, .3, .2, 0}, {0, .4, 0, .6}, {0, .5, .5, 0}, {0, .7, 0, .3}};

    double[] law = StationaryLaw.of(kernel);

    assertThat(law[0]).isZero();
    assertThat(law[2]).isZero();
    assertThat(law[1]).isCloseTo(7 / 13.0, within(1e-15));
    assertThat(law[3]).isCloseTo(6 / 13.0, within(1e-15));
  }

  @Test
  void stationaryLaw_isRefused_whereItIsNotUniqueOrNoKernelWasGiven() {
    assertThatThrownBy(() -> StationaryLaw.of(new double[][] {{1, 0}, {0, 1}}))
        .hasMessageContaining("2 closed classes");
    assertThatThrownBy(() -> StationaryLaw.of(new double[][] {{.5, .4}, {.5, .5}}))
        .hasMessageContaining("row 0 of the kernel sums to 0.9");
    assertThatThrownBy(() -> StationaryLaw.of(new double[][] {{1, 0}, {Double.NaN, 1}}))
        .hasMessageContaining("kernel 1 -> 0 is NaN");
    assertThatThrownBy(() -> StationaryLaw.of(new double[][] {{1, 0}, {1}}))
        .hasMessageContaining("entries of row 1 is 1; it must be 2");
  }

  @Test
  void relaxationTime_ofTwoStates_isThatOfTheirKernel() {
    // P = [[1 - a, a], [b, 1 - b]] has lambda_2 = 1 - a - b
    Flux flux = Flux.ofKernel(new double[][] {{.9, .1}, {.3, .7}});

    assertThat(flux.spectralGap().getAsDouble()).isCloseTo(.4, within(1e-14));
    assertThat(flux.relaxationTime().getAsDouble()).isCloseTo(-1 / Math.log(.6), within(1e-13));
  }

  @Test
  void relaxationTime_ofABiasedRing_isThatOfItsComplexEigenvalues() {
    // circulant: lambda_k = s + p w^k + q w^-k
    double[][] kernel = new double[5][5];
    for (int state = 0; state < 5; state++) {
      kernel[state][state] = .2;
      kernel[state][(state + 1) % 5] = .7;
      kernel[state][(state + 4) % 5] = .1;
    }
    double modulus = 0;
    for (int k = 1; k < 5; k++) {
      double angle = 2 * Math.PI * k / 5;
      modulus = Math.max(modulus, Math.hypot(.2 + .8 * Math.cos(angle), .6 * Math.sin(angle)));
    }

    assertThat(Flux.ofKernel(kernel).relaxationTime().getAsDouble())
        .isCloseTo(-1 / Math.log(modulus), within(1e-12));
  }

  @Test
  void relaxationTime_isZero_forAChainThatForgetsAtOnce() {
    double[][] kernel = {{.2, .3, .5}, {.2, .3, .5}, {.2, .3, .5}};

    assertThat(Flux.ofKernel(kernel).relaxationTime().getAsDouble()).isBetween(0.0, 0.04);
  }

  @Test
  void relaxationTime_isAbsent_whereTheChainNeverForgets() {
    double[][] periodic = {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}};
    TransitionCounts twoComponents = TransitionCounts.empty(5);
    twoComponents.add(0, 1, 10);
    twoComponents.add(1, 0, 10);
    twoComponents.add(3, 4, 10);

    assertThat(Flux.ofKernel(periodic).spectralGap().getAsDouble()).isLessThan(1e-12);
    assertThat(Flux.ofKernel(periodic).relaxationTime()).isEmpty();
    assertThat(Flux.stationarised(twoComponents).relaxationTime()).isEmpty();
    assertThat(Flux.of(new double[][] {{1}}).relaxationTime()).isEmpty();
    assertThat(Flux.stationarised(TransitionCounts.empty(3)).relaxationTime()).isEmpty();
  }

  @Test
  void unvisitedStates_doNotHideTheRelaxationTime() {
    TransitionCounts counts = TransitionCounts.empty(6);
    counts.add(1, 1, 90);
    counts.add(1, 4, 9);
    counts.add(4, 4, 90);
    counts.add(4, 1, 9);

    assertThat(Flux.stationarised(counts).relaxationTime()).isPresent();
  }

  @Test
  void oneWayFlux_producesInfiniteEntropy_andIsNotNaN() {
    Flux flux = Flux.ofKernel(new double[][] {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}});

    assertThat(flux.entropyProduction()).isEqualTo(Double.POSITIVE_INFINITY);
    Cycles cycles = Cycles.of(flux, 5);
    assertThat(cycles.strongest().get(0).affinity()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(cycles.entropyShare()).isEmpty();
  }

  @Test
  void fluxRatiosBeyondDoubles_stayFinite() {
    double[][] flux = {{0, .3, 1e-310}, {1e-310, 0, .3}, {.3, 1e-310, 0}};

    assertThat(Flux.of(flux).entropyProduction())
        .isCloseTo(.9 * (Math.log(.3) + 310 * Math.log(10)), within(1e-9));
  }

  @Test
  void stationarisedFlux_isBalanced_andKeepsTheSharesOfComponents() {
    TransitionCounts counts = TransitionCounts.empty(5);
    counts.add(0, 1, 30);
    counts.add(1, 2, 20);
    counts.add(2, 0, 10);
    counts.add(3, 3, 40);

    Flux flux = Flux.stationarised(counts);

    double[] law = flux.stationaryLaw();
    assertThat(law[0] + law[1] + law[2]).isCloseTo(.6, within(1e-15));
    assertThat(law[3]).isCloseTo(.4, within(1e-15));
    assertThat(law[4]).isZero();
    for (int state = 0; state < 5; state++) {
      double in = 0;
      for (int from = 0; from < 5; from++) {
        in += flux.flux(from, state);
      }
      assertThat(in).isCloseTo(law[state], within(1e-15));
    }
  }

  @Test
  void matrixTooLarge_isRefused() {
    TransitionCounts counts = TransitionCounts.empty(Flux.MAX_STATES + 1);
    assertThatThrownBy(() -> Flux.stationarised(counts))
        .hasMessage("states is 4097; it must be 1 to 4096");
    assertThatThrownBy(() -> Flux.of(new double[][] {{-1}}))
        .hasMessageContaining("flux 0 -> 0 is -1.0");
  }
}
