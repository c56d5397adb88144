package io.ratchet.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.publish.RunPublisher;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a run keeps alive does not grow with its updates. */
final class MemoryTest {

  private static final int SOME = 300;

  /** Of other threads and of the compiler's profiles; 900 updates that kept a state each: 3 MB. */
  private static final long NOISE = 500_000;

  @Test
  void liveHeap_isTheSame_afterFourTimesTheUpdates() {
    DataSet data = DataSets.load("glyphs:28", null, 2_000, 1);
    TrainingSettings settings =
        TrainingSettings.builder().updates(5 * SOME).observeEvery(1).build();
    TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), System::nanoTime);
    run(loop, SOME);
    long after = liveHeap();
    run(loop, 4 * SOME);

    assertThat(liveHeap()).isCloseTo(after, within(NOISE));
    assertThat(loop.step()).isEqualTo(4 * SOME); // still in use
  }

  private static void run(TrainingLoop loop, long to) {
    loop.run(() -> loop.step() == to, (step, logLikelihood) -> {});
  }

  private static long liveHeap() {
    for (int k = 0; k < 3; k++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
