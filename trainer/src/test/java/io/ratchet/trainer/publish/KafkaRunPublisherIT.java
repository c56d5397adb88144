package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaRunPublisherIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final long SPILLED_BEFORE_THE_KILL = 3_000;

  @TempDir Path brokerFolder;
  @TempDir Path spillFolder;

  @Test
  void brokerStoppedForTenSeconds_getsEverySweep_inOrder() throws Exception {
    try (RealBroker broker = RealBroker.start(brokerFolder)) {
      broker.createTopics();
      KafkaRunPublisher publisher = start(broker, 1);
      Offering offering = new Offering(publisher);
      offering.start();
      await().atMost(PATIENCE).until(() -> publisher.nextSweep() > 2_000);

      broker.stop();
      long stopped = publisher.nextSweep();
      await().during(Duration.ofSeconds(10)).atMost(Duration.ofSeconds(11)).until(() -> true);
      assertThat(publisher.nextSweep()).as("training goes on").isGreaterThan(stopped + 4_000);
      broker.startAgain();

      long back = publisher.nextSweep();
      await().atMost(PATIENCE).until(() -> publisher.nextSweep() > back + 2_000);
      offering.finish();
      assertThat(publisher.spilled()).as("the outage was long enough to spill").isPositive();
      assertThat(publisher.close(WorkerState.FINISHED, 0, "", PATIENCE)).isTrue();
      assertThat(publisher.dropped()).isZero();

      List<ChainStates> sent = broker.chainStates();
      assertThat(firstSeen(sent)).isEqualTo(range(publisher.nextSweep() + 1));
      assertThat(sent.get(sent.size() - 1).getEnd()).as("end is the last").isTrue();
      assertThat(sequences(broker)).isEqualTo(range(publisher.nextUpdate()));
      assertThat(broker.read(RealBroker.TOPICS.chainStates()))
          .extracting(ConsumerRecord::partition)
          .containsOnly(Topics.partitionFor("killed-run", Topics.DEFAULT_PARTITIONS));
    }
    assertThat(spillFolder).isEmptyDirectory();
  }

  @Test
  void processKilledWhileTheBrokerIsAway_leavesItsSweepsToTheNext() throws Exception {
    try (RealBroker broker = RealBroker.start(brokerFolder)) {
      broker.createTopics();
      broker.stop();
      long[] said = killed(broker.address(), "unlimited");
      assertThat(said[0]).as("spilled").isGreaterThanOrEqualTo(SPILLED_BEFORE_THE_KILL);
      assertThat(said[1]).as("dropped").isZero();
      broker.startAgain();
      assertThat(deliveredByTheNext(broker)).isGreaterThanOrEqualTo((int) said[0]);
    }
  }

  /** A bound on file size stands in for a full disk: the write fails in the middle of a record. */
  @Test
  void fullDisk_countsWhatIsLost_andKeepsWhatWasWritten() throws Exception {
    try (RealBroker broker = RealBroker.start(brokerFolder)) {
      broker.createTopics();
      broker.stop();
      long[] said = killed(broker.address(), "64");
      assertThat(said[0]).as("spilled").isBetween(100L, SPILLED_BEFORE_THE_KILL - 1L);
      assertThat(said[1]).as("dropped").isPositive();
      broker.startAgain();
      assertThat(deliveredByTheNext(broker)).isEqualTo((int) said[0]);
    }
  }

  /** Lets the next process of the run deliver; how many sweeps the killed one had left to it. */
  private int deliveredByTheNext(RealBroker broker) throws Exception {
    KafkaRunPublisher publisher = start(broker, 2);
    publisher.offer(PublisherProcess.sweep(0));
    assertThat(publisher.close(WorkerState.FINISHED, 1, "", PATIENCE)).isTrue();
    List<ChainStates> sent = broker.chainStates();
    List<ChainStates> left = sent.stream().filter(r -> r.getAttempt() == 1).toList();
    assertThat(firstSeen(left)).isEqualTo(range(left.size()));
    assertThat(sent.subList(0, left.size())).as("before its own").isEqualTo(left);
    return left.size();
  }

  @Test
  void noBrokerAtAll_isNoReasonToWait() {
    for (String address : new String[] {"127.0.0.1:1", "no.such.host.invalid:9092"}) {
      PublishSettings settings =
          PublishSettings.of(Map.of("bootstrap.servers", address), RealBroker.TOPICS, spillFolder);
      KafkaRunPublisher publisher =
          KafkaRunPublisher.start(settings, PublisherProcess.identity(1), null, Clock.systemUTC());
      publisher.offer(PublisherProcess.sweep(0));
      await().atMost(PATIENCE).until(publisher::isBrokerAway);
      assertThat(publisher.close(WorkerState.FINISHED, 1, "", Duration.ofMillis(100))).isFalse();
      assertThat(
              KafkaRunPublisher.spillFile(
                  settings.spillDirectory(),
                  PublisherProcess.identity(1).run(),
                  PublisherProcess.identity(1).worker()))
          .exists();
    }
  }

  private KafkaRunPublisher start(RealBroker broker, int attempt) {
    return KafkaRunPublisher.start(
        PublishSettings.of(broker.client(), RealBroker.TOPICS, spillFolder)
            .withQueueRecords(1 << 12),
        PublisherProcess.identity(attempt),
        Run.newBuilder().setRun("killed-run").setAttempt(attempt).setCreatedMillis(1).build(),
        Clock.systemUTC());
  }

  /** Kills a publishing process once it has spilled, or dropped: how many it said of each. */
  private long[] killed(String address, String fileSizeLimit) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -f \"$0\" && exec \"$@\"",
                fileSizeLimit,
                java,
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                PublisherProcess.class.getName(),
                address,
                spillFolder.toString(),
                Long.toString(SPILLED_BEFORE_THE_KILL))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String[] said = out.readLine().split(" ", 2);
      return new long[] {Long.parseLong(said[0]), Long.parseLong(said[1])};
    } finally {
      process.destroyForcibly().waitFor();
      assertThat(process.exitValue()).as("killed, not ended").isEqualTo(137);
    }
  }

  /** Numbers in the order in which each was first seen: the order that a reader counts in. */
  private static List<Long> firstSeen(List<ChainStates> states) {
    Set<Long> seen = new LinkedHashSet<>();
    states.forEach(state -> seen.add(state.getSweep()));
    return new ArrayList<>(seen);
  }

  private static List<Long> sequences(RealBroker broker) throws Exception {
    Set<Long> seen = new LinkedHashSet<>();
    for (var record : broker.read(RealBroker.TOPICS.gradientUpdates())) {
      seen.add(RecordCodec.decode(record.value(), GradientUpdate.class).getSequence());
    }
    return new ArrayList<>(seen);
  }

  private static List<Long> range(long to) {
    return LongStream.range(0, to).boxed().toList();
  }

  /** Stands in for training: about a thousand updates a second. */
  private static final class Offering extends Thread {
    private final KafkaRunPublisher publisher;
    private volatile boolean finished;

    Offering(KafkaRunPublisher publisher) {
      this.publisher = publisher;
    }

    @Override
    public void run() {
      for (long step = 0; !finished; step++) {
        publisher.offer(PublisherProcess.sweep(step));
        publisher.offer(new UpdateObservation(step, List.of(), null, -1, Double.NaN, 0.01, 1));
        LockSupport.parkNanos(900_000);
      }
    }

    void finish() throws InterruptedException {
      finished = true;
      join();
    }
  }
}
