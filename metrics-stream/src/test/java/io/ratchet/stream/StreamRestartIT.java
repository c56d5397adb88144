package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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
  private Process stream;

  @AfterEach
  void endStream() throws InterruptedException {
    if (stream != null) {
      stream.destroyForcibly().waitFor();
    }
  }

  @Test
  void windows_areThoseOfTheReference_whenTheStreamIsKilledInBetween() throws Exception {
    List<ChainStates> records = records();
    NaiveStream reference = new NaiveStream(SETTINGS);
    records.forEach(reference::take);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0)) {
      Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrap());
      start(broker);
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
        stream.destroyForcibly().waitFor();
        send(producer, records.subList(half + 500, records.size()));

        URI page = start(broker);
        await()
            .atMost(PATIENCE)
            .until(() -> poll(consumer, windows).size() >= reference.windows.size());
        assertThat(windows.size()).isGreaterThan(beforeTheKill + 10);
        WindowsAgainstReferenceTest.assertSame(windows, reference);
        await()
            .atMost(PATIENCE)
            .until(() -> get(page, "metrics").contains("ratchet_window_transitions{run=\"" + RUN));
      }
    }
  }

  /** Two workers, a fifth of their sweeps twice, each in its place or up to 50 off. */
  private static List<ChainStates> records() {
    Random random = new Random(1);
    List<List<ChainStates>> workers = RandomHistory.workers(RUN, 1, 5, 0, 2_500, 2, random);
    List<ChainStates> records = new ArrayList<>();
    for (List<ChainStates> worker : workers) {
      ChainStates end = worker.remove(worker.size() - 1);
      for (int from = 0; from < worker.size(); from += 50) {
        Collections.shuffle(worker.subList(from, Math.min(from + 50, worker.size())), random);
      }
      worker.add(end);
    }
    for (int i = 0; i < workers.get(0).size(); i++) {
      for (List<ChainStates> worker : workers) {
        records.add(worker.get(i));
        if (random.nextInt(5) == 0) {
          records.add(worker.get(i));
        }
      }
    }
    return records;
  }

  private URI start(EmbeddedBroker broker) throws IOException {
    Path address = directory.resolve("address");
    Files.deleteIfExists(address);
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            StreamProcess.class.getName(),
            broker.bootstrap(),
            directory.resolve("state").toString(),
            Integer.toString(SETTINGS.bucketSteps()),
            Integer.toString(SETTINGS.windowBuckets()),
            address.toString());
    File log = directory.resolve("stream.log").toFile();
    stream =
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    await().atMost(PATIENCE).until(() -> Files.exists(address) && Files.size(address) > 0);
    return URI.create(Files.readString(address));
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
