package io.ratchet.stream;

import static io.ratchet.stream.Faults.LEAST_RECORDS;
import static io.ratchet.stream.Faults.PATIENCE;
import static io.ratchet.stream.Faults.say;
import static io.ratchet.stream.StreamProcess.PRODUCT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.broker.FlakyNetwork;
import io.ratchet.broker.FlakyNetwork.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stream is killed, stopped and cut off, again and again; what becomes visible is what the
 * reference says. A life is ended when it has committed 500 records or more and has windows in an
 * open transaction. The same harm to a twin without transactions must show.
 */
@Tag("faults")
class StreamFaultsIT {
  private static final String TWIN = StreamsConfig.AT_LEAST_ONCE;

  /** Windows that were published twice, or state that has more than the offsets tell of. */
  private static final Pattern DIFFERENT =
      Pattern.compile(".*(should have same size|expected: ).*", Pattern.DOTALL);

  /** What Kafka Streams says, one or another, when others have gone on without it. */
  private static final CharSequence[] FOUND_OUT = {
    "fenced",
    "lost due to missed rebalance",
    "TaskMigratedException",
    "TaskCorruptedException",
    "OutOfOrderSequenceException",
    "InvalidTxnStateException"
  };

  @TempDir private Path directory;
  private final Random random = new Random(Faults.SEED);

  @Test
  void killedStream_losesNothing_andDoublesNothing() throws Exception {
    say("kill, %d rounds", Faults.ROUNDS);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      long records = 0;
      long windows = 0;
      for (int round = 0; round < Faults.ROUNDS; round++) {
        long before = feed.committed();
        try (StreamInstance life = start(broker.bootstrap(), "one", PRODUCT)) {
          feed.feedUntilCommitted(before + random.nextInt(LEAST_RECORDS, 4 * LEAST_RECORDS));
          life.stopInTheMiddle(feed, true);
          long committed = feed.committed() - before;
          life.kill();
          assertThat(committed).isGreaterThanOrEqualTo(LEAST_RECORDS);
          assertThat(feed.uncommittedWindows()).isPositive();
          records += committed;
          windows += feed.uncommittedWindows();
        }
      }
      try (StreamInstance survivor = start(broker.bootstrap(), "one", PRODUCT)) {
        feed.finish();
        assertThat(survivor.isAlive()).isTrue();
      }
      say("the killed lives committed %d records and left %d windows open", records, windows);
      say("%d windows of %d records are equal", feed.assertSameAsReference(), feed.sent());
    }
  }

  @Test
  void killedTwin_withoutTransactions_doublesWindows() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      try (StreamInstance life = start(broker.bootstrap(), "one", TWIN)) {
        feed.feedUntilCommitted(LEAST_RECORDS);
        life.stopInTheMiddle(feed, false);
        life.kill();
      }
      try (StreamInstance survivor = start(broker.bootstrap(), "one", TWIN)) {
        feed.finish();
        assertThat(survivor.isAlive()).isTrue();
      }
      assertThatThrownBy(feed::assertSameAsReference)
          .isInstanceOf(AssertionError.class)
          .hasMessageMatching(DIFFERENT);
    }
  }

  @Test
  void stoppedStream_isReplaced_andWhatItHadOpenIsNeverSeen() throws Exception {
    say("stop and go on, %d rounds", Faults.few());
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random);
        StreamInstance one = start(broker.bootstrap(), "one", PRODUCT);
        StreamInstance two = start(broker.bootstrap(), "two", PRODUCT)) {
      long windows = 0;
      int round = 0;
      while (round < Faults.few()) {
        long before = feed.committed();
        feed.feedUntilCommitted(before + random.nextInt(LEAST_RECORDS, 4 * LEAST_RECORDS));
        StreamInstance zombie = owner(feed, one, two);
        StreamInstance other = zombie == one ? two : one;
        zombie.stopInTheMiddle(feed, true);
        if (feed.owner().equals(other.name())) { // it was given away just before, in good order
          zombie.goOn();
          continue;
        }
        round++;
        windows += feed.uncommittedWindows();
        long committed = feed.committed();
        String said = zombie.process().log();
        await().atMost(PATIENCE).until(() -> feed.owner().equals(other.name()));
        feed.feedUntilCommitted(committed + LEAST_RECORDS);
        zombie.goOn();
        // It found out when it tried to write, or when it asked for more.
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(zombie.process().log().substring(said.length()))
                        .containsAnyOf(FOUND_OUT));
        feed.feedUntilCommitted(feed.committed() + LEAST_RECORDS);
      }
      feed.finish();
      assertThat(one.isAlive() && two.isAlive()).isTrue();
      say("the stopped lives held %d windows open", windows);
      say("%d windows of %d records are equal", feed.assertSameAsReference(), feed.sent());
    }
  }

  @Test
  void stoppedTwin_withoutTransactions_isSeen() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random);
        StreamInstance one = start(broker.bootstrap(), "one", TWIN);
        StreamInstance two = start(broker.bootstrap(), "two", TWIN)) {
      feed.feedUntilCommitted(LEAST_RECORDS);
      StreamInstance zombie = owner(feed, one, two);
      StreamInstance other = zombie == one ? two : one;
      zombie.stopInTheMiddle(feed, false);
      await().atMost(PATIENCE).until(() -> feed.owner().equals(other.name()));
      feed.feedUntilCommitted(feed.committed() + LEAST_RECORDS);
      zombie.goOn();
      feed.finish();
      assertThatThrownBy(feed::assertSameAsReference)
          .isInstanceOf(AssertionError.class)
          .hasMessageMatching(DIFFERENT);
    }
  }

  @Test
  void flakyNetwork_losesNothing_andDoublesNothing() throws Exception {
    Duration minutes = Faults.minutes("network", 5);
    say("network, %s", minutes);
    int port = EmbeddedBroker.freePort();
    try (FlakyNetwork network = FlakyNetwork.to(port);
        EmbeddedBroker broker =
            EmbeddedBroker.start(directory.resolve("broker"), port, network.port());
        RunFeed feed = new RunFeed("127.0.0.1:" + network.port(), random);
        StreamInstance stream = start("127.0.0.1:" + network.port(), "one", PRODUCT)) {
      assertThat(broker.bootstrap()).endsWith(":" + port);
      feed.feedUntilCommitted(LEAST_RECORDS);
      long before = network.opened();
      long longest = 0;
      long end = System.nanoTime() + minutes.toNanos();
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
          "harmed connections %s, %d opened again, longest without progress %.1f s",
          network.harmed(), network.opened() - before, longest / 1e9);
      say("%d windows of %d records are equal", feed.assertSameAsReference(), feed.sent());
    }
  }

  @Test
  void instancesThatComeAndGo_loseNothing_andWorkGoesOn() throws Exception {
    Duration minutes = Faults.minutes("sharing", 1);
    say("one comes or goes every 2 s, %s", minutes);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        Sharers sharers = new Sharers(broker.bootstrap(), directory, random)) {
      sharers.come();
      sharers.come();
      // Of six partitions; those that share the work have three each.
      List<RunFeed> feeds =
          List.of(
              new RunFeed(broker.bootstrap(), 0, random, Map.of()),
              new RunFeed(broker.bootstrap(), 3, random, Map.of()));
      for (RunFeed feed : feeds) {
        feed.feedUntilCommitted(LEAST_RECORDS);
      }
      long[] done = new long[feeds.size()];
      long[] progress = new long[feeds.size()];
      Arrays.fill(progress, System.nanoTime());
      long longest = 0;
      long end = System.nanoTime() + minutes.toNanos();
      long next = System.nanoTime();
      List<String> owners = new ArrayList<>();
      // Longer where instances take so long to start that the work has hardly moved.
      while (System.nanoTime() - end < 0
          || (owners.size() < 3 && System.nanoTime() - end < PATIENCE.toNanos())) {
        if (System.nanoTime() - next >= 0) {
          next += Duration.ofSeconds(2).toNanos();
          sharers.change();
        }
        for (int i = 0; i < done.length; i++) {
          feeds.get(i).feedUntilCommitted(0);
          long committed = feeds.get(i).committed();
          long now = System.nanoTime();
          longest = Math.max(longest, now - progress[i]);
          if (committed > done[i]) {
            done[i] = committed;
            progress[i] = now;
          }
        }
        String owner = feeds.get(0).owner();
        if (!owner.isEmpty()
            && (owners.isEmpty() || !owners.get(owners.size() - 1).equals(owner))) {
          owners.add(owner);
        }
      }
      say(
          "%d came, %d were killed, %d left; a partition moved %d times; longest without progress"
              + " of either partition %.1f s",
          sharers.came(), sharers.killed(), sharers.left(), owners.size() - 1, longest / 1e9);
      assertThat(owners).hasSizeGreaterThan(2);
      assertThat(longest).isLessThan(Duration.ofSeconds(60).toNanos());
      for (RunFeed feed : feeds) {
        feed.finish();
        say("%d windows of %d records are equal", feed.assertSameAsReference(), feed.sent());
        feed.close();
      }
    }
  }

  private StreamInstance start(String bootstrap, String name, String kind) throws Exception {
    return StreamInstance.start(bootstrap, directory, name, RunFeed.SETTINGS, kind);
  }

  private static StreamInstance owner(RunFeed feed, StreamInstance one, StreamInstance two)
      throws Exception {
    String owner = await().atMost(PATIENCE).until(feed::owner, name -> !name.isEmpty());
    assertThat(owner).isIn(one.name(), two.name());
    return owner.equals(one.name()) ? one : two;
  }
}
