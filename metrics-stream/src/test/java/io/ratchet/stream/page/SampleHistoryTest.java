package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SampleHistoryTest {
  private final SampleHistory history = new SampleHistory();

  @Test
  void theLatestIsAlwaysThere_andOlderOnesAtEvenDistances() {
    for (int step = 0; step < 10_000; step += 10) {
      history.add(samples(step));
    }
    assertThat(history.latest().orElseThrow().step()).isEqualTo(9_990);
    assertThat(history.all()).hasSizeBetween(SampleHistory.CAPACITY / 2, SampleHistory.CAPACITY);
    for (int at = 1; at < history.all().size() - 1; at++) {
      assertThat(history.all().get(at).step() - history.all().get(at - 1).step())
          .isBetween(240L, 270L);
    }
  }

  @Test
  void samplesOfAnEarlierStep_areLeftOut_unlessTheLaterAreSuperseded() {
    history.add(samples(20));
    history.add(samples(10));
    assertThat(history.all()).hasSize(1);
    history.truncate(15);
    history.add(samples(15));
    assertThat(history.latest().orElseThrow().step()).isEqualTo(15);
  }

  private static SampleHistory.Samples samples(long step) {
    return new SampleHistory.Samples(
        step, 8, new byte[][] {{1}}, new int[] {0}, new int[] {0}, new int[0]);
  }
}
