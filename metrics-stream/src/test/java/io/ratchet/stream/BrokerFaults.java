package io.ratchet.stream;

import static io.ratchet.stream.Faults.LEAST_RECORDS;
import static io.ratchet.stream.Faults.PATIENCE;
import static io.ratchet.stream.Faults.say;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Brokers are killed under the stream and under the producer that feeds it, and come back; what
 * becomes visible is what the reference says, from one and the same life of the stream. A broker
 * dies when the stream has committed 500 records or more since the last time and has windows in an
 * open transaction: it is stopped first, so that it cannot end the transaction in between.
 *
 * <p>A suite for any brokers that can be killed.
 */
@Tag("faults")
abstract class BrokerFaults {
  @TempDir private Path directory;
  private final Random random = new Random(Faults.SEED);

  /** Starts so many brokers that are one Kafka. */
  abstract Brokers brokers(Path directory, int size) throws Exception;

  /** Who is killed. */
  enum Victim {
    THE_ONLY_ONE(1, 1),
    ONE_OF_THREE(3, 1),
    THE_LEADER_OF_THE_RUN(3, 1),
    THE_ACTIVE_CONTROLLER(3, 1),
    TWO_OF_THREE(3, 2);

    private final int brokers;
    private final int killed;

    Victim(int brokers, int killed) {
      this.brokers = brokers;
      this.killed = killed;
    }

    /** Whether those left are a majority, so that work goes on before the others are back. */
    boolean leavesMajority() {
      return 2 * (brokers - killed) > brokers;
    }

    List<Integer> choose(RunFeed feed, Random random) throws Exception {
      return switch (this) {
        case THE_LEADER_OF_THE_RUN -> List.of(feed.leader());
        case THE_ACTIVE_CONTROLLER -> List.of(feed.controller());
        default -> {
          List<Integer> nodes = new ArrayList<>();
          for (int node = 1; node <= brokers; node++) {
            nodes.add(node);
          }
          Collections.shuffle(nodes, random);
          yield nodes.subList(0, killed);
        }
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void killedBrokers_loseNothing_andDoubleNothing(Victim victim) throws Exception {
    int rounds = Faults.few();
    List<Long> recoveries = new ArrayList<>();
    long records = 0;
    long windows = 0;
    try (Brokers brokers = brokers(directory, victim.brokers);
        RunFeed feed = new RunFeed(brokers.bootstrap(), random);
        StreamInstance stream = start(brokers)) {
      for (int round = 0; round < rounds; round++) {
        long before = feed.committed();
        feed.feedUntilCommitted(before + random.nextInt(LEAST_RECORDS, 4 * LEAST_RECORDS));
        List<Integer> nodes = victim.choose(feed, random);
        stream.stopInTheMiddle(feed, true);
        long committed = feed.committed();
        records += committed - before;
        windows += feed.uncommittedWindows();
        brokers.kill(nodes);
        stream.goOn();
        long harmed = System.nanoTime();
        if (!victim.leavesMajority()) {
          brokers.start(nodes);
        }
        feed.feedUntilCommitted(committed + 1);
        recoveries.add(Duration.ofNanos(System.nanoTime() - harmed).toMillis());
        if (victim.leavesMajority()) {
          brokers.start(nodes);
        }
        await().atMost(PATIENCE).until(() -> feed.isInSync(brokers.size()));
      }
      feed.finish();
      assertThat(stream.isAlive()).isTrue();
      Collections.sort(recoveries);
      say(
          "SIGKILL of %s, %d rounds: %d records committed and %d windows open when they died; back"
              + " to the next commit after %d ms (median), %d ms (longest), the start of the"
              + " broker %s; %d windows of %d records are equal",
          victim,
          rounds,
          records,
          windows,
          recoveries.get(rounds / 2),
          recoveries.get(rounds - 1),
          victim.leavesMajority() ? "apart" : "included",
          feed.assertSameAsReference(),
          feed.sent());
    }
  }

  /** Whoever does not wait for acknowledgements loses what was under way: the suite must see it. */
  @Test
  void killedBroker_losesWhatWasNotAcknowledged() throws Exception {
    Map<String, ?> careless = Map.of("acks", "0", "enable.idempotence", false, "retries", 0);
    try (Brokers brokers = brokers(directory, 1);
        RunFeed feed = new RunFeed(brokers.bootstrap(), 0, random, careless);
        StreamInstance stream = start(brokers)) {
      feed.feedUntilCommitted(LEAST_RECORDS);
      brokers.pause(1);
      feed.send(LEAST_RECORDS);
      brokers.kill(List.of(1));
      brokers.start(List.of(1));
      feed.finish();
      assertThat(stream.isAlive()).isTrue();
      assertThatThrownBy(feed::assertSameAsReference).isInstanceOf(AssertionError.class);
    }
  }

  private StreamInstance start(Brokers brokers) throws Exception {
    return StreamInstance.start(
        brokers.bootstrap(), directory, "one", RunFeed.SETTINGS, StreamProcess.PRODUCT);
  }
}
