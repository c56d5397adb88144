package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MeanGradientTest {
  private final Gradient gradient = new Gradient(List.of(new Gradient.Block("W", 2)));

  @Test
  void mean_isAddedInTheOrderOfTheWorkers_inDoublePrecision() {
    // 1e30 + 1 - 1e30 is 0 in this order and 1 in the other; 2^24 + 1 is no float32.
    gradient.setMean(List.of(worker(1e30f, 1 << 24), worker(1, 1), worker(-1e30f, 0)));
    assertThat(gradient.values("W")).containsExactly(0, ((1 << 24) + 1) / 3.0);
    gradient.setMean(List.of(worker(1e30f, 1 << 24), worker(-1e30f, 1), worker(1, 0)));
    assertThat(gradient.values("W")).containsExactly(1 / 3.0, ((1 << 24) + 1) / 3.0);
  }

  @Test
  void meanOfOne_isItself_inEveryBit() {
    gradient.setMean(List.of(worker(-0.0f, 0.1f)));
    assertThat(gradient.values("W"))
        .usingElementComparator(Double::compare)
        .containsExactly(-0.0, (double) 0.1f);
  }

  @Test
  void workerWithOtherBlocks_isRefused() {
    assertThatThrownBy(() -> gradient.setMean(List.of(worker(1, 2), Map.of("b", new float[2]))))
        .hasMessage("gradient of W, worker 1: 0 values, allowed: 2");
    assertThatThrownBy(() -> gradient.setMean(List.of(Map.of("W", new float[3]))))
        .hasMessage("gradient of W, worker 0: 3 values, allowed: 2");
  }

  private static Map<String, float[]> worker(float... values) {
    return Map.of("W", values);
  }
}
