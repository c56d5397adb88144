package io.ratchet.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.publish.RunPublisher;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An update makes no objects: a run's heap depends neither on its length nor on its speed. */
final class AllocationTest {

  private static final int UPDATES = 1_000;

  /**
   * Vectors are objects until the compiler has come to every loop: on a busy machine that is late.
   */
  private static final int ROUNDS = 100;

  /**
   * What the compiler may or may not do without, as an iterator, and 96 bytes that StrictMath.pow
   * takes for a falling rate; 272 were the most seen. The model has 7,000 bytes.
   */
  private static final int NEXT_TO_NOTHING = 512;

  private final DataSet data = DataSets.load("glyphs:8", null, 500, 1);
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @ParameterizedTest
  @CsvSource({
    "latent-cycle, two-step",
    "latent-cycle, full",
    "latent-cycle, em",
    "tied, pcd",
    "tied, exact",
    "rbm, pcd",
    "rbm, cd"
  })
  void updates_makeNoObjects(String model, String algorithm) {
    TrainingSettings settings =
        TrainingSettings.builder()
            .model(LatentCycleModel.Kind.of(model))
            .algorithm(Algorithm.of(algorithm))
            .states(6)
            .hidden(16)
            .batch(50)
            .chains(32)
            .updates(ROUNDS * UPDATES)
            .publishEvery(Integer.MAX_VALUE)
            .build();
    TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), System::nanoTime);
    long thread = Thread.currentThread().getId();
    long least = Long.MAX_VALUE;
    for (int round = 1; round <= ROUNDS && least >= NEXT_TO_NOTHING; round++) {
      long end = (long) round * UPDATES;
      long before = threads.getThreadAllocatedBytes(thread);
      loop.run(() -> loop.step() == end, (step, logLikelihood) -> {});
      long allocated = threads.getThreadAllocatedBytes(thread) - before;
      least = Math.min(least, allocated / UPDATES);
    }

    assertThat(least).as("bytes an update").isLessThan(NEXT_TO_NOTHING);
  }
}
