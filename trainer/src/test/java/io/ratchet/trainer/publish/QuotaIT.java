package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A producer that Kafka holds to a rate; docs/operations.md says how that is set. */
class QuotaIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Fewer than the queue takes: whatever the machine does, none is dropped for want of room. */
  private static final int SWEEPS = 10_000;

  /** About a hundredth of what is offered. */
  private static final double BYTES_PER_SECOND = 5_000;

  @TempDir private Path brokerFolder;
  @TempDir private Path spillFolder;

  @Test
  void aThrottledTrainer_goesOn_lagsAlone_andLosesNothing() throws Exception {
    try (RealBroker broker = RealBroker.start(brokerFolder)) {
      broker.createTopics();
      quota(broker, "greedy", BYTES_PER_SECOND);
      KafkaRunPublisher greedy = start(broker, "greedy");
      KafkaRunPublisher modest = start(broker, "modest");
      for (long step = 0; step < SWEEPS; step++) { // what training does: it hands over and goes on
        greedy.offer(PublisherProcess.sweep(step));
        modest.offer(PublisherProcess.sweep(step));
        if (step % 100 == 0) {
          Thread.sleep(1);
        }
      }
      assertThat(modest.close(WorkerState.FINISHED, SWEEPS, "", PATIENCE)).isTrue();
      assertThat(modest.dropped()).isZero();
      assertThat(sweeps(broker, "modest")).hasSize(SWEEPS + 1);
      assertThat(sweeps(broker, "greedy"))
          .as("held up by Kafka, while training was not")
          .hasSizeLessThan(SWEEPS / 2);

      quota(broker, "greedy", null);
      assertThat(greedy.close(WorkerState.FINISHED, SWEEPS, "", PATIENCE)).isTrue();
      assertThat(greedy.dropped()).isZero();
      await().atMost(PATIENCE).until(() -> sweeps(broker, "greedy").size() == SWEEPS + 1);
      assertThat(sweeps(broker, "greedy"))
          .containsExactlyElementsOf(LongStream.rangeClosed(0, SWEEPS).boxed().toList());
    }
  }

  @Test
  void whatFindsNoRoom_isDroppedAndCounted() throws Exception {
    try (RealBroker broker = RealBroker.start(brokerFolder)) {
      broker.createTopics();
      quota(broker, "greedy", BYTES_PER_SECOND);
      KafkaRunPublisher greedy =
          KafkaRunPublisher.start(
              settings(broker, "greedy").withQueueRecords(64).withSpillBytes(1 << 16),
              identity("greedy"),
              null,
              Clock.systemUTC());
      long offered = 0;
      while (greedy.dropped() == 0) {
        greedy.offer(PublisherProcess.sweep(offered++));
      }
      quota(broker, "greedy", null);
      assertThat(greedy.close(WorkerState.FINISHED, offered, "", PATIENCE)).isTrue();
      assertThat(sweeps(broker, "greedy").size() + greedy.dropped())
          .as("delivered and dropped")
          .isEqualTo(offered + 1);
    }
  }

  private KafkaRunPublisher start(RealBroker broker, String run) {
    return KafkaRunPublisher.start(settings(broker, run), identity(run), null, Clock.systemUTC());
  }

  private PublishSettings settings(RealBroker broker, String client) {
    Map<String, String> properties = new HashMap<>(broker.client());
    properties.put("client.id", client);
    properties.put("compression.type", "none"); // the rate is one of bytes on the wire
    properties.put("batch.size", "4096");
    return PublishSettings.of(properties, RealBroker.TOPICS, spillFolder.resolve(client));
  }

  private static RunIdentity identity(String run) {
    return new RunIdentity(
        run, 1, 0, 1, 1, 0, 2, 0, io.ratchet.schema.Expectation.UNKNOWN, 3, 4, null);
  }

  /** Numbers of a run's sweeps in the log, ascending. */
  private static Set<Long> sweeps(RealBroker broker, String run) throws Exception {
    Set<Long> numbers = new TreeSet<>();
    for (var record : broker.read(RealBroker.TOPICS.chainStates())) {
      ChainStates states = RecordCodec.decode(record.value(), ChainStates.class);
      if (states.getRun().equals(run)) {
        assertThat(record.partition())
            .isEqualTo(Topics.partitionFor(run, Topics.DEFAULT_PARTITIONS));
        numbers.add(states.getSweep());
      }
    }
    return numbers;
  }

  /** Sets the rate of a client, or takes it away. */
  private static void quota(RealBroker broker, String client, Double bytesPerSecond)
      throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>copyOf(broker.client()))) {
      ClientQuotaEntity entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, client));
      admin
          .alterClientQuotas(
              List.of(
                  new ClientQuotaAlteration(
                      entity,
                      List.of(new ClientQuotaAlteration.Op("producer_byte_rate", bytesPerSecond)))))
          .all()
          .get();
    }
  }
}
