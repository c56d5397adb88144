package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepCountsTest {
  @ParameterizedTest
  @CsvSource({
    "1,1,1",
    "3,1,1",
    "10,7,7",
    "10,8,8",
    "10,41,32",
    "20,64,5",
    "20,150,12",
    "10,512,32",
    "128,19,32",
    "200,9,4"
  })
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

  @ParameterizedTest
  @CsvSource({"1,1,0,1", "10,13,5,8", "10,64,40,32", "128,21,3,32"})
  void chainsOfAWorker_areCountedWhereTheyBelong(int states, int chains, int first, int groups) {
    UniformRandomProvider random = Chains.random(states);
    GroupedCounts expected = GroupedCounts.empty(groups, states);
    SweepCounts sweeps = SweepCounts.empty(groups, states, first, chains);
    SweepCounts unchecked = SweepCounts.empty(groups, states, first, chains);
    byte[] bytes = new byte[3 + 2 * chains];
    for (int sweep = 0; sweep < 20; sweep++) {
      for (int i = 3; i < bytes.length; i++) {
        bytes[i] = (byte) random.nextInt(states);
      }
      for (int chain = 0; chain < chains; chain++) {
        expected.add((first + chain) % groups, bytes[3 + chain], bytes[3 + chains + chain]);
      }
      sweeps.add(bytes, 3, 3 + chains);
      unchecked.addChecked(bytes, 3, 3 + chains);
    }
    GroupedCounts counts = GroupedCounts.empty(groups, states);
    counts.addAll(sweeps);
    assertThat(counts).isEqualTo(expected);
    counts.addAll(unchecked);
    assertThat(counts).isEqualTo(expected.plus(expected));
  }

  @Test
  void aStateThatIsNone_isFoundWhereverItStands() {
    for (int states : new int[] {1, 10, 127, 128, 200, 256}) {
      for (int bad = states; bad <= 255; bad++) {
        for (int at = 0; at < 19; at++) {
          byte[] bytes = new byte[20];
          Arrays.fill(bytes, (byte) (states - 1));
          assertThat(SweepCounts.firstNotBelow(bytes, 1, 18, states)).isEqualTo(-1);
          bytes[at] = (byte) bad;
          assertThat(SweepCounts.firstNotBelow(bytes, 1, 18, states)).isEqualTo(at == 0 ? -1 : at);
        }
      }
    }
    SweepCounts sweeps = SweepCounts.empty(2, 3, 0, 2);
    assertThatThrownBy(() -> sweeps.add(new byte[] {0, 1, 2, 3}, 0, 2))
        .hasMessageContaining("state at index 3 is 3; it must be 0 to 2");
    GroupedCounts counts = GroupedCounts.empty(2, 3);
    counts.addAll(sweeps);
    assertThat(counts.transitions()).isZero();
    assertThatThrownBy(() -> GroupedCounts.empty(3, 3).addAll(sweeps))
        .hasMessageContaining("2 groups");
  }
}
