package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepCountsTest {
  @ParameterizedTest
  @CsvSource({"1,1,1", "3,1,1", "10,7,7", "10,8,8", "10,41,32", "20,64,5", "128,19,32", "200,9,4"})
  void sweeps_countAsOneByOne(int states, int chains, int groups) {
    UniformRandomProvider random = Chains.random(states);
    byte[] sweeps = new byte[chains * 50];
    for (int i = 0; i < sweeps.length; i++) {
      sweeps[i] = (byte) random.nextInt(states);
    }
    GroupedCounts expected = GroupedCounts.empty(groups, states);
    for (int i = chains; i < sweeps.length; i++) {
      expected.add(i % chains % groups, sweeps[i - chains] & 0xFF, sweeps[i] & 0xFF);
    }

    GroupedCounts counts = GroupedCounts.empty(groups, states);
    counts.addSweeps(sweeps, chains);
    assertThat(counts).isEqualTo(expected);

    counts.addSweeps(sweeps, chains);
    assertThat(counts).isEqualTo(expected.plus(expected));
  }

  @Test
  void lessThanTwoSweeps_holdNoTransition() {
    GroupedCounts counts = GroupedCounts.empty(2, 3);

    counts.addSweeps(new byte[0], 4);
    counts.addSweeps(new byte[4], 4);

    assertThat(counts.transitions()).isZero();
  }

  @Test
  void badSweeps_areRefusedWhole() {
    GroupedCounts counts = GroupedCounts.empty(2, 3);

    assertThatThrownBy(() -> counts.addSweeps(new byte[] {0, 1, 2, 0, 1, 3}, 2))
        .hasMessageContaining("state at index 5 is 3; it must be 0 to 2");
    assertThatThrownBy(() -> counts.addSweeps(new byte[] {0, -1}, 1))
        .hasMessageContaining("state at index 1 is 255");
    assertThatThrownBy(() -> counts.addSweeps(new byte[7], 2))
        .hasMessageContaining("7 states are not whole sweeps of 2 chains");
    assertThatThrownBy(() -> counts.addSweeps(new byte[7], 0)).hasMessageContaining("chains is 0");
    assertThat(counts.transitions()).isZero();
  }
}
