package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.stream.FlakyNetwork.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stream is killed and cut off, again and again; what becomes visible is what the reference
 * says. A life is ended when it has committed 500 records or more and has windows in an open
 * transaction. The same harm to a twin without transactions must show.
 *
 * <p>{@code -Dratchet.rounds=100} and {@code -Dratchet.network.minutes=10} set the size, {@code
 * -Dratchet.seed=N} repeats what was done.
 */
@Tag("faults")
class StreamFaultsIT {
  private static final int ROUNDS = Integer.getInteger("ratchet.rounds", 10);

  private static final Duration NETWORK =
      Duration.ofMinutes(Integer.getInteger("ratchet.network.minutes", 3));
  private static final long SEED = Long.getLong("ratchet.seed", new Random().nextLong());
  private static final int LEAST_RECORDS = 500;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String EXACTLY_ONCE = StreamsConfig.EXACTLY_ONCE_V2;
  private static final String TWIN = StreamsConfig.AT_LEAST_ONCE;

  @TempDir private Path directory;
  private final Random random = new Random(SEED);

  @Test
  void killedStream_losesNothing_andDoublesNothing() throws Exception {
    say("kill, %d rounds".formatted(ROUNDS));
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      long records = 0;
      long windows = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long before = feed.committed();
        try (StreamInstance life = start(broker.bootstrap(), "one", EXACTLY_ONCE)) {
          feed.feedUntilCommitted(before + random.nextInt(LEAST_RECORDS, 4 * LEAST_RECORDS));
          stopInTheMiddle(life, feed, EXACTLY_ONCE);
          long committed = feed.committed() - before;
          life.kill();
          assertThat(committed).isGreaterThanOrEqualTo(LEAST_RECORDS);
          assertThat(feed.uncommittedWindows()).isPositive();
          records += committed;
          windows += feed.uncommittedWindows();
        }
      }
      try (StreamInstance survivor = start(broker.bootstrap(), "one", EXACTLY_ONCE)) {
        feed.finish();
        assertThat(survivor.isAlive()).isTrue();
      }
      say(
          "the killed lives committed %d records and left %d windows open"
              .formatted(records, windows));
      say(
          "%d windows of %d records are equal"
              .formatted(feed.assertSameAsReference(), feed.sent()));
    }
  }

  @Test
  void killedTwin_withoutTransactions_doublesWindows() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      try (StreamInstance life = start(broker.bootstrap(), "one", TWIN)) {
        feed.feedUntilCommitted(LEAST_RECORDS);
        stopInTheMiddle(life, feed, TWIN);
        life.kill();
      }
      try (StreamInstance survivor = start(broker.bootstrap(), "one", TWIN)) {
        feed.finish();
        assertThat(survivor.isAlive()).isTrue();
      }
      assertThatThrownBy(feed::assertSameAsReference)
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("should have same size"); // windows that were published twice
    }
  }

  @Test
  void flakyNetwork_losesNothing_andDoublesNothing() throws Exception {
    say("network, %s".formatted(NETWORK));
    int port = EmbeddedBroker.freePort();
    try (FlakyNetwork network = FlakyNetwork.to(port);
        EmbeddedBroker broker =
            EmbeddedBroker.start(directory.resolve("broker"), port, network.port());
        RunFeed feed = new RunFeed("127.0.0.1:" + network.port(), random);
        StreamInstance stream = start("127.0.0.1:" + network.port(), "one", EXACTLY_ONCE)) {
      assertThat(broker.bootstrap()).endsWith(":" + port);
      feed.feedUntilCommitted(LEAST_RECORDS);
      long before = network.opened();
      long longest = 0;
      long end = System.nanoTime() + NETWORK.toNanos();
      while (System.nanoTime() - end < 0) {
        network.harm(random);
        long start = System.nanoTime();
        feed.feedUntilCommitted(feed.committed() + random.nextInt(1, LEAST_RECORDS));
        longest = Math.max(longest, System.nanoTime() - start);
      }
      feed.finish();
      assertThat(stream.isAlive()).isTrue();
      assertThat(network.harmed()).containsKeys(Fault.values());
      assertThat(network.opened()).isGreaterThan(before);
      say(
          "harmed connections %s, %d opened again, longest without progress %.1f s"
              .formatted(network.harmed(), network.opened() - before, longest / 1e9));
      say(
          "%d windows of %d records are equal"
              .formatted(feed.assertSameAsReference(), feed.sent()));
    }
  }

  private StreamInstance start(String bootstrap, String name, String guarantee) throws Exception {
    return StreamInstance.start(bootstrap, directory, name, RunFeed.SETTINGS, guarantee);
  }

  /**
   * Stops an instance that has sent windows since it last committed; under exactly-once they are in
   * a transaction that is open.
   */
  private static void stopInTheMiddle(StreamInstance life, RunFeed feed, String guarantee) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              long committed = feed.committed();
              long windows = feed.sentWindows();
              feed.feedUntilCommitted(0);
              life.stop();
              boolean inTheMiddle =
                  feed.sentWindows() > windows
                      && feed.committed() == committed
                      && (guarantee.equals(TWIN) || feed.uncommittedWindows() > 0);
              if (!inTheMiddle) {
                life.goOn();
              }
              return inTheMiddle;
            });
  }

  private static void say(String what) {
    System.out.println("faults, seed " + SEED + ": " + what);
  }
}
