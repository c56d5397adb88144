package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountsTest {
  @ParameterizedTest
  @ValueSource(ints = {5, TransitionCounts.DENSE_STATES, TransitionCounts.DENSE_STATES + 1, 65_535})
  void iteration_isRowMajor_andHoldsWhatWasCounted(int states) {
    UniformRandomProvider random = Chains.random(states);
    TransitionCounts counts = TransitionCounts.empty(states);
    Map<Long, Long> expected = new TreeMap<>();
    for (int i = 0; i < 20_000; i++) {
      int from = random.nextInt(states);
      int to = random.nextInt(Math.min(states, 40));
      counts.add(from, to);
      expected.merge((long) from << 32 | to, 1L, Long::sum);
    }

    List<Long> keys = new ArrayList<>();
    counts.forEach(
        (from, to, count) -> {
          keys.add((long) from << 32 | to);
          assertThat(count)
              .isEqualTo(expected.get((long) from << 32 | to))
              .isEqualTo(counts.count(from, to));
        });
    assertThat(keys).isEqualTo(List.copyOf(expected.keySet()));
    assertThat(counts.transitions()).isEqualTo(20_000);
    assertThat(counts.distinctPairs()).isEqualTo(expected.size());
  }

  @Test
  void millionPairsOf65535States_fitInMemory_andAreEstimated() {
    UniformRandomProvider random = Chains.random(1);
    GroupedCounts counts = GroupedCounts.empty(2, 65_535);
    for (int i = 0; i < 1_000_000; i++) {
      counts.add(i & 1, random.nextInt(65_535), random.nextInt(65_535));
    }

    EntropyProduction found = EntropyProduction.fromCounts(counts, Double.POSITIVE_INFINITY);

    assertThat(counts.pooled().distinctPairs()).isGreaterThan(999_000);
    assertThat(found.status()).isEqualTo(Estimate.Status.FROZEN); // 1 jump a pair tells nothing
    assertThat(found.standardError()).isPresent();
  }

  @Test
  void rollingWindow_ofSparseCounts_doesNotGrow() {
    // given counts that come and go, always in new pairs
    TransitionCounts window = TransitionCounts.empty(60_000);
    for (int i = 0; i < 59_000; i++) {
      TransitionCounts bucket = TransitionCounts.empty(60_000);
      bucket.add(i, i + 1, 3);
      window.addAll(bucket);
      window.subtractAll(bucket);
    }
    window.add(7, 8);

    TransitionCounts fresh = TransitionCounts.empty(60_000);
    fresh.add(7, 8);
    assertThat(window).isEqualTo(fresh).hasSameHashCodeAs(fresh);
    assertThat(window.toString()).contains("transitions=1, distinctPairs=1");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 1_000})
  void addingCountsToThemselves_doublesThem(int states) {
    TransitionCounts counts = TransitionCounts.empty(states);
    for (int i = 0; i < states; i++) {
      counts.add(i, (i * 7) % states, i);
    }
    TransitionCounts before = counts.copy();

    counts.addAll(counts);

    assertThat(counts.minus(before)).isEqualTo(before);
    assertThat(counts.transitions()).isEqualTo(2 * before.transitions());
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 1_000})
  void takingAwayWhatWasNotGiven_isRefused_andChangesNothing(int states) {
    TransitionCounts counts = TransitionCounts.empty(states);
    counts.add(0, 1, 5);
    counts.add(1, 2, 5);
    TransitionCounts more = TransitionCounts.empty(states);
    more.add(0, 1, 1);
    more.add(1, 2, 6);
    TransitionCounts before = counts.copy();

    assertThatThrownBy(() -> counts.subtractAll(more))
        .hasMessage("cannot take 6 transitions 1 -> 2 from 5");
    assertThat(counts).isEqualTo(before);
  }

  @Test
  void unusableInput_isRefused_withValueAndRange() {
    TransitionCounts counts = TransitionCounts.empty(4);
    assertThatThrownBy(() -> counts.add(0, 4))
        .hasMessage("transition 0 -> 4: states must be 0 to 3");
    assertThatThrownBy(() -> counts.add(-1, 0)).hasMessageContaining("-1 -> 0");
    assertThatThrownBy(() -> counts.add(0, 1, -2))
        .hasMessage("count of 0 -> 1 is -2; it must not be negative");
    assertThatThrownBy(() -> TransitionCounts.empty(0))
        .hasMessage("states is 0; it must be 1 to 65535");
    assertThatThrownBy(() -> TransitionCounts.empty(65_536)).hasMessageContaining("65536");
    assertThatThrownBy(() -> counts.addAll(TransitionCounts.empty(5)))
        .hasMessageContaining("5 states cannot be joined with counts of 4");
    assertThatThrownBy(() -> TransitionCounts.of(new long[][] {{1, 2}, {3}}))
        .hasMessage("row 1 of the count matrix has 1 entries; 2 are needed");
  }

  @Test
  void countsBeyondLong_areRefused() {
    TransitionCounts counts = TransitionCounts.empty(4);
    counts.add(0, 1, Long.MAX_VALUE);

    assertThatThrownBy(() -> counts.add(0, 1, 1L)).isInstanceOf(ArithmeticException.class);
    assertThat(counts.count(0, 1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void groups_areKeptApart_andPooled() {
    GroupedCounts counts = GroupedCounts.empty(3, 2);
    counts.add(0, 0, 1);
    counts.add(2, 0, 1, 4);
    counts.add(2, 1, 1, 2);

    assertThat(counts.count(0, 0, 1)).isEqualTo(1);
    assertThat(counts.count(2, 0, 1)).isEqualTo(4);
    assertThat(counts.pooled().count(0, 1)).isEqualTo(5);
    assertThat(counts.transitions()).isEqualTo(7);
    assertThat(counts.transitions(2)).isEqualTo(6);
    assertThat(counts.groupsWithTransition()).isEqualTo(2);
    assertThat(counts.arrivals()).isDeepEqualTo(new long[][] {{0, 1}, {0, 0}, {0, 6}});
    assertThat(GroupedCounts.groupsOf(20)).isEqualTo(20);
    assertThat(GroupedCounts.groupsOf(1_000)).isEqualTo(32);
    assertThatThrownBy(() -> counts.add(3, 0, 0)).hasMessage("group is 3; it must be 0 to 2");
    assertThatThrownBy(() -> counts.addAll(GroupedCounts.empty(2, 2)))
        .hasMessageContaining("2 groups and 2 states");
  }

  @Test
  void estimators_seeWhatWasCountedAfterTheyWereFirstAsked() {
    GroupedCounts counts = GroupedCounts.empty(1, 3);
    assertThat(Currents.of(counts, 10).total()).isZero();
    counts.add(0, 0, 1);
    assertThat(Currents.of(counts, 10).total()).isEqualTo(1);
    counts.addAll(
        GroupedCounts.of(TransitionCounts.of(new long[][] {{0, 0, 2}, {0, 0, 0}, {0, 0, 0}})));
    assertThat(Currents.of(counts, 10).total()).isEqualTo(2);
    counts.subtractAll(counts.copy());
    assertThat(Currents.of(counts, 10).total()).isZero();
  }
}
