package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A record of a few kilobytes on the wire that does not fit the stream's heap once it is inflated,
 * which Kafka's client does before anyone can look: the stream ends and says the way out, and with
 * more heap the record is a dead letter and the run beside it is watched.
 */
final class InflatedRecordIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int BYTES = 150 << 20;

  @TempDir private Path directory;

  @Test
  void endsTheStreamWithAReason_andIsADeadLetterWithMoreHeap() throws Exception {
    Topics topics = Topics.of(Topics.DEFAULT_PREFIX);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      Trainings trainings = new Trainings(broker.bootstrap(), directory.resolve("runs"));
      assertThat(
              CommandLineRun.of("topics", "create", "--bootstrap", broker.bootstrap()).exitCode())
          .isZero();
      send(broker.bootstrap(), topics.chainStates().name(), "beside", new byte[BYTES]);
      assertThat(CommandLineRun.of(trainings.start("beside", "--updates", "100")).exitCode())
          .isZero();
      try (RatchetProcess stream = stream("-Xmx96m", broker.bootstrap())) {
        assertThat(stream.waitFor(PATIENCE)).isEqualTo(1);
        assertThat(stream.errors())
            .contains(
                "ratchet: the stream stopped: the heap, ",
                " MiB, is full, of what it holds or of one record")
            .contains("RATCHET_JAVA_OPTS=-Xmx");
      }
      try (RatchetProcess stream = stream("-Xmx1g", broker.bootstrap())) {
        await()
            .atMost(PATIENCE)
            .until(() -> RunWindows.read(broker.bootstrap(), "beside").lastStep() == 99);
        assertThat(stream.isAlive()).isTrue();
      }
      CommandLineRun letters =
          CommandLineRun.of(
              "topics", "tail", topics.deadLetters().name(), "--bootstrap", broker.bootstrap());
      assertThat(letters.out().lines()).hasSize(1);
      assertThat(letters.out()).contains("undecodable", String.valueOf(BYTES));
    }
  }

  private RatchetProcess stream(String heap, String bootstrap) {
    return RatchetProcess.streamWithHeap(
        heap, bootstrap, directory.resolve("state"), "--window", "5");
  }

  private static void send(String bootstrap, String topic, String key, byte[] value)
      throws Exception {
    Map<String, Object> properties =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "compression.type",
            "zstd",
            "max.request.size",
            2 * BYTES,
            "buffer.memory",
            2L * BYTES);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value)).get();
    }
  }
}
