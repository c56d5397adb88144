package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.trainer.InputException;
import io.ratchet.trainer.checkpoint.Snapshot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GradientLogIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String TOPIC = RealBroker.TOPICS.gradientUpdates().name();

  @TempDir Path folder;

  @Test
  void log_isReadFromTheOffset_andSaysWhatIsNoLongerKept() throws Exception {
    try (RealBroker broker = RealBroker.start(folder)) {
      broker.createTopics();
      TopicPartition partition =
          new TopicPartition(TOPIC, Topics.partitionFor("r", Topics.DEFAULT_PARTITIONS));
      send(broker, partition, 0, 10);
      assertThat(first(broker, Snapshot.NOWHERE)).isZero();
      assertThat(first(broker, 4)).isEqualTo(4);

      try (Admin admin = Admin.create(Map.<String, Object>copyOf(broker.client()))) {
        admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(6))).all().get();
      }
      assertThat(first(broker, 6)).isEqualTo(6);
      assertThatThrownBy(() -> first(broker, 5))
          .isInstanceOf(InputException.class)
          .hasMessageContainingAll(
              "from offset 5 of " + partition, "no longer kept; the log begins at 6", "--at-step");

      // A broker that lost its data has less than the checkpoint knows of: what comes is new.
      try (GradientLog log = open(broker, 50)) {
        assertThat(log.position()).isEqualTo(10);
        send(broker, partition, 10, 11);
        assertThat(next(log).getStep()).isEqualTo(10);
      }
    }
  }

  private static long first(RealBroker broker, long offset) {
    try (GradientLog log = open(broker, offset)) {
      return next(log).getStep();
    }
  }

  private static GradientLog open(RealBroker broker, long offset) {
    return GradientLog.open(
        broker.client(), RealBroker.TOPICS, "r", offset, Clock.systemUTC().instant());
  }

  private static GradientUpdate next(GradientLog log) {
    GradientUpdate update = log.next(PATIENCE);
    assertThat(update).isNotNull();
    return update;
  }

  /** Sends steps, each to the offset of its number. */
  private static void send(RealBroker broker, TopicPartition partition, long from, long to)
      throws Exception {
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(Map.<String, Object>copyOf(broker.client()), bytes, bytes)) {
      for (long step = from; step < to; step++) {
        GradientUpdate update =
            GradientUpdate.newBuilder()
                .setRun("r")
                .setAttempt(1)
                .setWorker(0)
                .setIncarnation(1)
                .setSequence(step)
                .setStep(step)
                .build();
        producer
            .send(
                new ProducerRecord<>(
                    TOPIC,
                    partition.partition(),
                    "r".getBytes(StandardCharsets.UTF_8),
                    RecordCodec.encode(update)))
            .get();
      }
    }
  }
}
