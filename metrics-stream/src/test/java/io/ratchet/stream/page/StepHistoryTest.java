package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class StepHistoryTest {
  record Point(long step, double value) {}

  @Provide
  Arbitrary<List<Point>> points() {
    Arbitrary<Long> steps = Arbitraries.longs().between(0, 5_000);
    Arbitrary<Double> values = Arbitraries.doubles().between(-1e6, 1e6);
    return Combinators.combine(steps, values).as(Point::new).list().ofMaxSize(400);
  }

  @Property(tries = 300)
  void whateverTheOrder_binsHoldExactlyWhatFellIntoThem(
      @ForAll("points") List<Point> points, @ForAll @IntRange(min = 2, max = 40) int capacity) {
    StepHistory history = new StepHistory(capacity);
    for (int i = 0; i < points.size(); i++) {
      history.put(history.touch(points.get(i).step, i + 1), "x", points.get(i).value);
      assertThat(history.size()).isLessThanOrEqualTo(capacity);
    }
    // The same folded the slow way, knowing the final stride from the start.
    TreeMap<Long, List<Point>> bins = new TreeMap<>();
    for (Point point : points) {
      bins.computeIfAbsent(point.step / history.stride(), bin -> new ArrayList<>()).add(point);
    }
    assertThat(history.size()).isEqualTo(bins.size());
    int at = 0;
    for (var expected : bins.entrySet()) {
      List<Point> of = expected.getValue();
      assertThat(history.bin(at)).isEqualTo(expected.getKey());
      assertThat(history.lastStep(at))
          .isEqualTo(of.stream().mapToLong(Point::step).max().orElse(0));
      assertThat(history.count(at, "x")).isEqualTo(of.size());
      assertThat(history.min(at, "x"))
          .isEqualTo(of.stream().mapToDouble(Point::value).min().orElse(0));
      assertThat(history.max(at, "x"))
          .isEqualTo(of.stream().mapToDouble(Point::value).max().orElse(0));
      double mean = of.stream().mapToDouble(Point::value).average().orElse(0);
      assertThat(history.mean(at, "x")).isCloseTo(mean, within(1e-6));
      at++;
    }
  }

  @Test
  void aLongRun_usesAtLeastHalfOfItsMemory_andKeepsASpikeOfOneStep() {
    StepHistory history = new StepHistory(1_024);
    for (long step = 0; step < 1_000_000; step++) {
      history.put(history.touch(step, step + 1), "x", step == 123_456 ? 1e9 : 0.1);
    }
    assertThat(history.size()).isBetween(512, 1_024);
    assertThat(history.stride()).isEqualTo(1_024);
    int spike = (int) (123_456 / history.stride());
    assertThat(history.max(spike, "x")).isEqualTo(1e9);
    assertThat(history.min(spike, "x")).isEqualTo(0.1);
    assertThat(history.mean(0, "x")).isEqualTo(0.1);
  }

  @Test
  void aHistory_isShownAsItCame_whileItIsShort() {
    StepHistory history = new StepHistory(4);
    for (long step : new long[] {3, 0, 10}) {
      history.put(history.touch(step, 1), "x", (double) -step);
    }
    assertThat(history.stride()).isEqualTo(1);
    assertThat(history.lastStep(1)).isEqualTo(3);
    assertThat(history.mean(1, "x")).isEqualTo(-3);
  }

  @Test
  void noNumber_isAGap_andNeverAZero() {
    StepHistory history = new StepHistory(4);
    int at = history.touch(7, 1);
    history.put(at, "x", Double.NaN);
    history.put(at, "x", Double.POSITIVE_INFINITY);
    assertThat(history.size()).isEqualTo(1);
    assertThat(history.count(at, "x")).isZero();
    assertThat(history.count(at, "never heard of")).isZero();
  }

  @Test
  void whatWasSuperseded_isForgotten_withTheBinThatHoldsItsStart() {
    StepHistory history = new StepHistory(4);
    for (long step = 0; step < 16; step++) {
      history.put(history.touch(step, step + 1), "x", (double) step);
    }
    assertThat(history.stride()).isEqualTo(4);
    history.truncate(9, 17);
    assertThat(history.size()).isEqualTo(2);
    assertThat(history.lastStep(1)).isEqualTo(7);
    assertThat(history.rewritten()).isEqualTo(17);
    history.put(history.touch(9, 18), "x", 100);
    assertThat(history.min(2, "x")).isEqualTo(100);
    history.truncate(1_000, 19);
    assertThat(history.rewritten()).isEqualTo(17);
  }

  @Test
  void aReader_canAskForChangedBins_unlessTheStrideChanged() {
    StepHistory history = new StepHistory(2);
    history.put(history.touch(0, 1), "x", 1);
    history.put(history.touch(1, 2), "x", 1);
    assertThat(history.rewritten()).isZero();
    assertThat(history.version(0)).isEqualTo(1);
    history.put(history.touch(2, 3), "x", 1);
    assertThat(history.rewritten()).isEqualTo(3);
    assertThatThrownBy(() -> new StepHistory(1)).hasMessageContaining("at least 2");
  }
}
