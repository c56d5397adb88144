package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ratchet.thermodynamics.ReversibilityTest.Method;
import java.util.HashSet;
import java.util.Set;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReversibilityTestTest {
  private static final double[][] RING = {{.2, .6, .2}, {.2, .2, .6}, {.6, .2, .2}};

  @Test
  void signFlip_rejectsADrivenChain_andNotAReversibleOne() {
    GroupedCounts driven = Chains.simulate(RING, 32, 100, Chains.random(1));
    GroupedCounts reversible =
        Chains.simulate(Chains.reversibleKernel(4, Chains.random(2)), 32, 100, Chains.random(3));

    assertThat(ReversibilityTest.signFlip(driven, 199, 1).pValue()).hasValue(1 / 200.0);
    assertThat(ReversibilityTest.signFlip(reversible, 199, 1).pValue().getAsDouble())
        .isGreaterThan(0.05);
  }

  @Test
  void signFlip_isAFunctionOfItsSeed() {
    GroupedCounts counts = Chains.simulate(RING, 8, 5, Chains.random(4));
    long seed = ReversibilityTest.seed(3, 4_999);

    assertThat(ReversibilityTest.signFlip(counts, 999, seed))
        .isEqualTo(ReversibilityTest.signFlip(counts.copy(), 999, seed));
    Set<Long> seeds = new HashSet<>();
    for (int attempt = 1; attempt <= 100; attempt++) {
      for (long step = 0; step < 1_000; step++) {
        seeds.add(ReversibilityTest.seed(attempt, step));
      }
    }
    assertThat(seeds).hasSize(100_000);
  }

  @Test
  void signFlip_countsReversalsThatEqualTheSample() {
    // given 6 groups that all say the same: only all or none reversed reach the statistic
    GroupedCounts counts = GroupedCounts.empty(6, 3);
    for (int group = 0; group < 6; group++) {
      for (int state = 0; state < 3; state++) {
        counts.add(group, state, (state + 1) % 3, 3 + state);
        counts.add(group, (state + 1) % 3, state, 1);
      }
    }

    ReversibilityTest test = ReversibilityTest.signFlip(counts, 100_000, 1);

    // 2 of 64 reversals; four standard errors of 100,000 draws
    assertThat(test.pValue().getAsDouble()).isCloseTo(2 / 64.0, within(0.0022));
  }

  @ParameterizedTest
  @CsvSource({"5, false", "6, true"})
  void signFlip_needsSixGroups(int groups, boolean valid) {
    GroupedCounts counts = GroupedCounts.empty(8, 3);
    for (int group = 0; group < groups; group++) {
      counts.add(group, 0, 1, 5);
    }

    ReversibilityTest test = ReversibilityTest.signFlip(counts, 199, 1);

    assertThat(test.pValue().isPresent()).isEqualTo(valid);
    assertThat(test.remark().isEmpty()).isEqualTo(valid);
  }

  @ParameterizedTest
  @CsvSource({
    "8, 10, SIGN_FLIP, true",
    "8, 100, SIGN_FLIP, true",
    "3, 100, CHI_SQUARE, true",
    "3, Infinity, CHI_SQUARE, true",
    "3, 1, CHI_SQUARE, true",
    "3, 10, SIGN_FLIP, false",
  })
  void theTestThatIsValid_isTaken(int groups, double length, Method method, boolean valid) {
    GroupedCounts counts = Chains.simulate(RING, groups, 60, Chains.random(5));

    ReversibilityTest test = ReversibilityTest.of(counts, length, 199, 1);

    assertThat(test.method()).isEqualTo(method);
    assertThat(test.pValue().isPresent()).isEqualTo(valid);
    assertThat(test.remark().isEmpty()).isEqualTo(valid);
  }

  @Test
  void chiSquare_ofSingleTransitions_hasAllPairsForDegreesOfFreedom() {
    UniformRandomProvider random = Chains.random(6);
    GroupedCounts counts = Chains.simulate(RING, 500, 1, random);

    assertThat(ReversibilityTest.chiSquare(counts, 1).degreesOfFreedom()).isEqualTo(3);
    assertThat(ReversibilityTest.chiSquare(counts, 100).degreesOfFreedom()).isEqualTo(1);
  }

  @Test
  void withoutTransitions_thereIsNoPValue() {
    GroupedCounts counts = GroupedCounts.empty(8, 3);

    assertThat(ReversibilityTest.of(counts, 100, 199, 1).pValue()).isEmpty();
    assertThat(ReversibilityTest.of(counts, 100, 199, 1).remark()).isEqualTo("no transitions");
    assertThatThrownBy(() -> ReversibilityTest.signFlip(counts, 198, 1))
        .hasMessageContaining("flips is 198; it must be 199");
  }

  @Test
  void chiSquare_isNotGiven_whereBeginningsAndEndsShowLikeACurrent() {
    // given reversible rings, one that a chain of 100 transitions goes round and one it does not
    ReversibilityTest relaxed =
        ReversibilityTest.chiSquare(Chains.simulate(lazyRing(3), 4, 100, Chains.random(8)), 100);
    ReversibilityTest slow =
        ReversibilityTest.chiSquare(Chains.simulate(lazyRing(20), 4, 100, Chains.random(8)), 100);

    assertThat(relaxed.pValue()).isPresent();
    assertThat(slow.pValue()).isEmpty();
    assertThat(slow.remark()).contains("relaxation time");
  }

  @Test
  void boundaryTerm_isTheEnergyOfThePotentialFlow() {
    // given a ring of five edges of conductance 20 with a net flow of 2 through one of them: the
    // resistance between its ends is that of one edge beside four in a row, (1/20)(4/5)
    GroupedCounts ring = GroupedCounts.empty(1, 5);
    for (int i = 0; i < 5; i++) {
      ring.add(0, i, (i + 1) % 5, i == 0 ? 11 : 10);
      ring.add(0, (i + 1) % 5, i, i == 0 ? 9 : 10);
    }
    double term = 2 * 2 / 20.0 * 4 / 5;

    assertThat(BoundaryTerm.isAtMost(ring.pairs(), term * (1 + 1e-9))).isTrue();
    assertThat(BoundaryTerm.isAtMost(ring.pairs(), term * (1 - 1e-9))).isFalse();
  }

  private static double[][] lazyRing(int states) {
    double[][] kernel = new double[states][states];
    for (int i = 0; i < states; i++) {
      kernel[i][i] = 0.6;
      kernel[i][(i + 1) % states] = 0.2;
      kernel[i][(i + states - 1) % states] = 0.2;
    }
    return kernel;
  }

  @Test
  void signFlip_isWhatReversingGroupsOneByOneGives() {
    UniformRandomProvider source = Chains.random(5);
    for (int turn = 0; turn < 50; turn++) {
      int groups = 6 + turn % 30;
      GroupedCounts counts = GroupedCounts.empty(groups, 5);
      for (int transition = 0; transition < 40 * groups; transition++) {
        counts.add(transition % groups, source.nextInt(5), source.nextInt(5));
      }
      double sample = statistic(counts, new boolean[groups]);
      UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create((long) turn);
      int atLeast = 0;
      for (int flip = 0; flip < 199; flip++) {
        boolean[] kept = new boolean[groups];
        for (int group = 0; group < groups; group++) {
          kept[group] = random.nextBoolean();
        }
        atLeast += statistic(counts, kept) >= sample * (1 - 1e-12) ? 1 : 0;
      }
      assertThat(ReversibilityTest.signFlip(counts, 199, turn).pValue())
          .hasValue((1.0 + atLeast) / 200);
    }
  }

  /** X2 when the groups that are not kept are reversed; reversing all of them changes nothing. */
  private static double statistic(GroupedCounts counts, boolean[] kept) {
    double statistic = 0;
    for (int i = 0; i < counts.states(); i++) {
      for (int j = i + 1; j < counts.states(); j++) {
        long net = 0;
        long sum = 0;
        for (int group = 0; group < counts.groups(); group++) {
          long difference = counts.count(group, i, j) - counts.count(group, j, i);
          net += kept[group] ? difference : -difference;
          sum += counts.count(group, i, j) + counts.count(group, j, i);
        }
        statistic += sum == 0 ? 0 : (double) net * net / sum;
      }
    }
    return statistic;
  }
}
