package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application on a real broker, killed in the middle of a run. */
class StreamRestartIT {
  private static final String RUN = "killed-and-back";
  private static final WindowSettings SETTINGS = new WindowSettings(25, 5, 1_000, 0.05);
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;
  private StreamInstance stream;

  @AfterEach
  void endStream() {
    if (stream != null) {
      stream.kill();
    }
  }

  @Test
  void windows_areThoseOfTheReference_whenTheStreamIsKilledInBetween() throws Exception {
    List<ChainStates> records = RunFeed.records(RUN, 2_500, new Random(1));
    NaiveStream reference = new NaiveStream(SETTINGS);
    records.forEach(reference::take);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0)) {
      Map<String, Object> client =
          Map.of(
              "bootstrap.servers",
              broker.bootstrap(),
              "max.in.flight.requests.per.connection", // KAFKA-15591
              1);
      stream = start(broker);
      int partition = Topics.partitionFor(RUN, Topics.DEFAULT_PARTITIONS);
      List<Thermodynamics> windows = new ArrayList<>();
      try (Producer<byte[], byte[]> producer =
              new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
          Consumer<byte[], byte[]> consumer = consumer(client, partition)) {
        int half = records.size() / 2;
        send(producer, records.subList(0, half));
        await()
            .atMost(PATIENCE)
            .until(() -> poll(consumer, windows).size() > reference.windows.size() / 4);
        int beforeTheKill = windows.size();
        // What it reads now it has not committed when it dies.
        send(producer, records.subList(half, half + 500));
        stream.kill();
        send(producer, records.subList(half + 500, records.size()));

        stream = start(broker);
        await()
            .atMost(PATIENCE)
            .until(() -> poll(consumer, windows).size() >= reference.windows.size());
        assertThat(windows.size()).isGreaterThan(beforeTheKill + 10);
        WindowsAgainstReferenceTest.assertSame(windows, reference);
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    get(stream.uri(), "metrics")
                        .contains("ratchet_window_transitions{run=\"" + RUN));
      }
    }
  }

  private StreamInstance start(EmbeddedBroker broker) throws Exception {
    return StreamInstance.start(broker.bootstrap(), directory, "stream", SETTINGS);
  }

  private static void send(Producer<byte[], byte[]> producer, List<ChainStates> records)
      throws Exception {
    List<Future<?>> sent = new ArrayList<>();
    for (ChainStates record : records) {
      sent.add(
          producer.send(
              new ProducerRecord<>(
                  TOPICS.chainStates().name(),
                  RUN.getBytes(StandardCharsets.UTF_8),
                  RecordCodec.encode(record))));
    }
    for (Future<?> each : sent) {
      each.get();
    }
  }

  private static Consumer<byte[], byte[]> consumer(Map<String, Object> client, int partition) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put("isolation.level", "read_committed");
    Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> assigned =
        List.of(new TopicPartition(TOPICS.thermodynamics().name(), partition));
    consumer.assign(assigned);
    consumer.seekToBeginning(assigned);
    return consumer;
  }

  private static List<Thermodynamics> poll(
      Consumer<byte[], byte[]> consumer, List<Thermodynamics> windows) throws Exception {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
      windows.add(RecordCodec.decode(record.value(), Thermodynamics.class));
    }
    return windows;
  }

  private static String get(URI page, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(page.resolve(path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
