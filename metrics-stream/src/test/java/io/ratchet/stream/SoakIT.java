package io.ratchet.stream;

import static io.ratchet.stream.Faults.say;
import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.broker.FlakyNetwork;
import io.ratchet.stream.ChildProcess.Footprint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Harm of every kind, in random order, for a long time: to the network, to the broker, to one of
 * two instances that share the work. The other one is only let down by those around it; it must not
 * grow. It runs beside the other tests of its module.
 */
@Tag("faults")
@Execution(ExecutionMode.CONCURRENT)
class SoakIT {
  private static final Duration PAUSE = Duration.ofSeconds(2);

  @TempDir private Path directory;
  private final Random random = new Random(Faults.SEED);

  private enum Harm {
    NETWORK,
    INSTANCE_KILLED,
    INSTANCE_STOPPED,
    BROKER_KILLED
  }

  @Test
  void randomHarm_losesNothing_andTheSurvivorDoesNotGrow() throws Exception {
    Duration minutes = Faults.minutes("soak", 10);
    say("soak, %s", minutes);
    Map<Harm, Integer> done = new EnumMap<>(Harm.class);
    List<Footprint> footprints = new ArrayList<>();
    int port = EmbeddedBroker.freePort();
    try (FlakyNetwork network = FlakyNetwork.to(port);
        BrokerProcesses brokers = BrokerProcesses.start(directory, port, network);
        RunFeed feed = new RunFeed(brokers.bootstrap(), random);
        StreamInstance survivor = launch(brokers, "survivor");
        Sharer other = new Sharer(brokers)) {
      feed.feedUntilCommitted(1);
      long longest = 0;
      long end = System.nanoTime() + minutes.toNanos();
      while (System.nanoTime() - end < 0) {
        Harm harm = Harm.values()[random.nextInt(Harm.values().length)];
        switch (harm) {
          case NETWORK -> network.harm(random);
          case INSTANCE_KILLED -> other.replace();
          case INSTANCE_STOPPED -> other.stop(Duration.ofMillis(random.nextInt(1_000, 14_000)));
          case BROKER_KILLED -> {
            brokers.kill(List.of(1));
            brokers.start(List.of(1));
          }
        }
        done.merge(harm, 1, Integer::sum);
        long start = System.nanoTime();
        feed.feedUntilCommitted(feed.committed() + random.nextInt(1, 200));
        longest = Math.max(longest, System.nanoTime() - start);
        footprints.add(survivor.process().footprint());
        Thread.sleep(PAUSE.toMillis());
      }
      feed.finish();
      assertThat(survivor.isAlive()).isTrue();
      say("soak: %s; longest without progress %.1f s", done, longest / 1e9);
      say("%d windows of %d records are equal", feed.assertSameAsReference(), feed.sent());
    }
    say(
        "the survivor, second quarter and last: %s, %s",
        median(footprints, 1), median(footprints, 3));
    assertThat(done).containsOnlyKeys(Harm.values());
    assertFlat(footprints);
  }

  /** A quarter is what a process needs to get to know its code; then nothing may grow. */
  private static void assertFlat(List<Footprint> footprints) {
    Footprint before = median(footprints, 1);
    Footprint after = median(footprints, 3);
    assertThat(after.residentBytes()).isLessThan(before.residentBytes() * 5 / 4);
    assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 3);
    assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() * 5 / 4);
  }

  /** Medians of a quarter of the time, from 0. */
  private static Footprint median(List<Footprint> footprints, int quarter) {
    int size = footprints.size();
    List<Footprint> part = footprints.subList(quarter * size / 4, (quarter + 1) * size / 4);
    return new Footprint(
        median(part, Footprint::residentBytes),
        (int) median(part, Footprint::threads),
        (int) median(part, Footprint::descriptors));
  }

  private static long median(List<Footprint> part, ToLongFunction<Footprint> quantity) {
    long[] sorted = part.stream().mapToLong(quantity).sorted().toArray();
    assertThat(sorted).as("too short to be judged").isNotEmpty();
    return sorted[sorted.length / 2];
  }

  private StreamInstance launch(Brokers brokers, String name) throws Exception {
    return StreamInstance.launch(
        brokers.bootstrap(), directory, name, RunFeed.SETTINGS, StreamProcess.PRODUCT);
  }

  /** The instance that harm is done to: always there, never for long. */
  private final class Sharer implements AutoCloseable {
    private final Brokers brokers;
    private StreamInstance instance;

    private Sharer(Brokers brokers) throws Exception {
      this.brokers = brokers;
      instance = launch(brokers, "sharer");
    }

    private void replace() throws Exception {
      instance.kill();
      instance = launch(brokers, "sharer");
    }

    private void stop(Duration duration) throws Exception {
      if (!instance.isAlive()) {
        replace(); // it gave up at its start, before Kafka was there
      }
      instance.stop();
      Thread.sleep(duration.toMillis());
      instance.goOn();
    }

    @Override
    public void close() {
      instance.kill();
    }
  }
}
