package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.apache.commons.rng.UniformRandomProvider;

/** Laws that hold for all counts and all kernels. */
class LawsTest {
  private static final double LONG = 1_000;

  /** One counted transition of a group. */
  record Step(int group, int from, int to, long count) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> state = Arbitraries.integers().between(0, 6);
    return Combinators.combine(
            Arbitraries.integers().between(0, 7),
            state,
            state,
            Arbitraries.longs().between(0, 1_000_000))
        .as(Step::new)
        .list()
        .ofMaxSize(120);
  }

  @Property(tries = 300)
  void addingCounts_inAnyOrder_givesTheSameBits(
      @ForAll("steps") List<Step> steps, @ForAll long seed) {
    List<Step> shuffled = new ArrayList<>(steps);
    Collections.shuffle(shuffled, new Random(seed));
    // Dense and sparse storage both.
    for (int states : new int[] {7, 5_000}) {
      GroupedCounts one = count(steps, states);
      GroupedCounts other = count(shuffled, states);

      assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
      EntropyProduction a = EntropyProduction.fromCounts(one, LONG);
      EntropyProduction b = EntropyProduction.fromCounts(other, LONG);
      assertThat(a.estimate(0.95)).isEqualTo(b.estimate(0.95));
      assertThat(Currents.of(one, 100)).isEqualTo(Currents.of(other, 100));
      assertThat(ReversibilityTest.signFlip(one, 199, seed))
          .isEqualTo(ReversibilityTest.signFlip(other, 199, seed));
    }
  }

  @Property(tries = 300)
  void denseAndSparseCounts_giveTheSameNumbers(@ForAll("steps") List<Step> steps) {
    GroupedCounts dense = count(steps, 7);
    GroupedCounts sparse = count(steps, 5_000);

    assertThat(EntropyProduction.fromCounts(sparse, LONG).estimate(0.95))
        .isEqualTo(EntropyProduction.fromCounts(dense, LONG).estimate(0.95));
    assertThat(Currents.of(sparse, 100)).isEqualTo(Currents.of(dense, 100));
    assertThat(ObservedGraph.of(sparse)).isEqualTo(ObservedGraph.of(dense));
    assertThat(SelfTransition.of(sparse, 0.95)).isEqualTo(SelfTransition.of(dense, 0.95));
  }

  @Property(tries = 300)
  void minus_takesBackWhatPlusGave(
      @ForAll("steps") List<Step> first, @ForAll("steps") List<Step> second) {
    for (int states : new int[] {7, 5_000}) {
      GroupedCounts a = count(first, states);
      GroupedCounts b = count(second, states);

      assertThat(a.plus(b)).isEqualTo(b.plus(a));
      assertThat(a.plus(b).minus(b)).isEqualTo(a);
      assertThat(a.plus(GroupedCounts.empty(8, states))).isEqualTo(a);
      assertThat(a.plus(b).transitions()).isEqualTo(a.transitions() + b.transitions());

      GroupedCounts oneByOne = a.plus(b);
      for (int group = 0; group < 8; group++) {
        int each = group;
        b.visit(group, (from, to, count) -> oneByOne.subtract(each, from, to, count));
      }
      assertThat(oneByOne).isEqualTo(a);
    }
  }

  @Property(tries = 300)
  void relabellingStates_permutesCurrents_andKeepsEntropyProduction(
      @ForAll("steps") List<Step> steps, @ForAll long seed) {
    List<Integer> label = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6));
    Collections.shuffle(label, new Random(seed));
    List<Step> relabelled =
        steps.stream()
            .map(s -> new Step(s.group, label.get(s.from), label.get(s.to), s.count))
            .toList();

    GroupedCounts before = count(steps, 7);
    GroupedCounts after = count(relabelled, 7);

    assertSameEntropyProduction(before, after);
    assertThat(ObservedGraph.of(after)).isEqualTo(ObservedGraph.of(before));
    for (Currents.Current current : Currents.of(before, 100).strongest()) {
      assertThat(Currents.of(after, 100).strongest())
          .anySatisfy(
              other -> {
                assertThat(other.from()).isEqualTo(label.get(current.from()));
                assertThat(other.to()).isEqualTo(label.get(current.to()));
                assertThat(other.value()).isEqualTo(current.value());
                assertThat(other.standardError()).isEqualTo(current.standardError());
              });
    }
  }

  @Property(tries = 300)
  void reversingEveryChain_flipsEachCurrent_andKeepsEntropyProduction(
      @ForAll("steps") List<Step> steps) {
    List<Step> reversed =
        steps.stream().map(s -> new Step(s.group, s.to, s.from, s.count)).toList();
    GroupedCounts forward = count(steps, 7);
    GroupedCounts backward = count(reversed, 7);

    assertSameEntropyProduction(forward, backward);
    List<Currents.Current> flipped =
        Currents.of(forward, 100).strongest().stream()
            .map(c -> new Currents.Current(c.to(), c.from(), c.value(), c.standardError()))
            .toList();
    assertThat(Currents.of(backward, 100).strongest()).containsExactlyInAnyOrderElementsOf(flipped);
  }

  @Property(tries = 200)
  void mergingStates_neverRaisesTheEntropyProductionOfAFlux(
      @ForAll @IntRange(min = 3, max = 12) int states, @ForAll long seed) {
    UniformRandomProvider random = Chains.random(seed);
    Flux flux = Flux.ofKernel(Chains.kernel(states, random));
    int merged = 1 + random.nextInt(states);
    double[][] coarse = new double[merged][merged];
    int[] block = new int[states];
    for (int state = 0; state < states; state++) {
      block[state] = random.nextInt(merged);
    }
    for (int from = 0; from < states; from++) {
      for (int to = 0; to < states; to++) {
        coarse[block[from]][block[to]] += flux.flux(from, to);
      }
    }

    assertThat(Flux.of(coarse).entropyProduction())
        .isLessThanOrEqualTo(flux.entropyProduction() + 1e-12);
  }

  @Property(tries = 200)
  void stationaryLaw_isInvariant_andFluxIsBalanced(
      @ForAll @IntRange(min = 1, max = 30) int states, @ForAll long seed) {
    double[][] kernel = Chains.kernel(states, Chains.random(seed));
    double[] law = StationaryLaw.of(kernel);

    double[] next = new double[states];
    for (int from = 0; from < states; from++) {
      for (int to = 0; to < states; to++) {
        next[to] += law[from] * kernel[from][to];
      }
    }
    assertThat(next).containsExactly(law, within(1e-15));
  }

  @Property(tries = 100)
  void reversibleKernel_hasNoEntropyProduction_andNoCycles(
      @ForAll @IntRange(min = 1, max = 20) int states, @ForAll long seed) {
    Flux flux = Flux.ofKernel(Chains.reversibleKernel(states, Chains.random(seed)));

    assertThat(flux.entropyProduction()).isBetween(0.0, 1e-12);
    assertThat(Cycles.of(flux, 10).total()).isZero();
    assertThat(Cycles.of(flux, 10).entropyShare().orElse(0)).isZero();
  }

  private static void assertSameEntropyProduction(GroupedCounts a, GroupedCounts b) {
    EntropyProduction one = EntropyProduction.fromCounts(a, LONG);
    EntropyProduction other = EntropyProduction.fromCounts(b, LONG);
    assertThat(other.status()).isEqualTo(one.status());
    // The same terms in another order.
    if (one.centre().isPresent()) {
      double value = one.centre().getAsDouble();
      assertThat(other.centre().getAsDouble())
          .isCloseTo(value, within(1e-12 * (1 + Math.abs(value))));
    }
    if (one.standardError().isPresent()) {
      double error = one.standardError().getAsDouble();
      assertThat(other.standardError().getAsDouble()).isCloseTo(error, within(1e-9 * (1 + error)));
    }
  }

  private static GroupedCounts count(List<Step> steps, int states) {
    GroupedCounts counts = GroupedCounts.empty(8, states);
    for (Step step : steps) {
      counts.add(step.group, step.from, step.to, step.count);
    }
    return counts;
  }
}
