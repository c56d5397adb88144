package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive fed from a real broker, which comes late and goes in between. */
@SuppressWarnings("FutureReturnValueIgnored") // the commit of the transaction tells
class ArchiveFeedIT {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final String RUN = "glyphs-1";

  @TempDir Path directory;
  private final RunArchive archive = new RunArchive(Clock.systemUTC());

  @Test
  @SuppressWarnings("try") // the feed works on its own thread
  void theArchive_followsTheTopics_whateverTheBrokerDoes() throws Exception {
    EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
    String bootstrap = broker.bootstrap();
    int port = Integer.parseInt(bootstrap.substring(bootstrap.indexOf(':') + 1));
    broker.close();
    try (ArchiveFeed feed =
        ArchiveFeed.start(archive, TOPICS, Map.of("bootstrap.servers", bootstrap), reason -> {})) {
      broker = EmbeddedBroker.start(directory, port);
      createTopics(bootstrap);
      try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, "t-1")) {
        producer.initTransactions();
        producer.beginTransaction();
        send(producer, TOPICS.runs().name(), RUN, Records.run(RUN).build());
        send(producer, TOPICS.runs().name(), RUN + "/0", Records.worker(RUN).build());
        for (int step = 0; step < 50; step++) {
          send(producer, TOPICS.gradientUpdates().name(), RUN, Records.update(RUN, step).build());
          byte[][] images = step == 20 ? new byte[][] {{1}, {2}} : new byte[0][];
          send(
              producer,
              TOPICS.chainStates().name(),
              RUN,
              Records.sweep(RUN, step, 8, images).build());
        }
        producer.send(
            new ProducerRecord<>(
                TOPICS.thermodynamics().name(), utf8(RUN), new byte[] {(byte) 0xC3, 1, 2}));
        send(producer, TOPICS.thermodynamics().name(), RUN, Records.window(RUN, 24).build());
        producer.commitTransaction();

        producer.beginTransaction();
        send(producer, TOPICS.thermodynamics().name(), RUN, Records.window(RUN, 9_999).build());
        producer.flush(); // or the record is never sent, and nothing is there to be aborted
        producer.abortTransaction();

        producer.beginTransaction();
        send(producer, TOPICS.thermodynamics().name(), RUN, Records.window(RUN, 49).build());
        // Of the contract, but not where the contract puts it:
        int elsewhere = (Topics.partitionFor(RUN, 6) + 1) % 6;
        producer.send(
            new ProducerRecord<>(
                TOPICS.gradientUpdates().name(),
                elsewhere,
                utf8(RUN),
                RecordCodec.encode(Records.update(RUN, 77).build())));
        producer.commitTransaction();
      }
      await(() -> read(h -> h.window().map(w -> w.getToStep()).orElse(-1L)).orElse(-1L) == 49);
      await(() -> read(RunHistory::step).orElse(0L) == 50);
      await(() -> read(h -> h.samples().latest().isPresent()).orElse(false));
      assertThat(read(h -> h.windows().size())).hasValue(2);
      assertThat(read(h -> h.samples().latest().orElseThrow().step())).hasValue(20L);
      assertThat(read(h -> h.run().orElseThrow().getSeed())).hasValue(1L);

      try (TopicWindows windows =
          TopicWindows.open(TOPICS, 6, Map.of("bootstrap.servers", bootstrap))) {
        long offset = read(h -> h.index().at(24).orElseThrow().offset()).orElseThrow();
        assertThat(windows.read(RUN, offset)).hasValue(Records.window(RUN, 24).build());
        assertThat(windows.read(RUN, offset)).hasValue(Records.window(RUN, 24).build());
        // Neither what is no record, nor what was aborted, is a window.
        assertThat(windows.read(RUN, offset - 1)).isEmpty();
        assertThat(windows.read(RUN, offset + 2)).isEmpty();
        assertThat(windows.read(RUN, 1_000_000)).isEmpty();
      }
      broker.close();
      broker = EmbeddedBroker.start(directory, port);
      try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, "t-2")) {
        producer.initTransactions();
        producer.beginTransaction();
        send(producer, TOPICS.gradientUpdates().name(), RUN, Records.update(RUN, 50).build());
        producer.commitTransaction();
      }
      await(() -> read(RunHistory::step).orElse(0L) == 51);
      assertThat(read(h -> h.updates().size())).hasValue(51);
      assertThat(read(h -> h.updates().count(0, "logLikelihood"))).hasValue(1L);
    } finally {
      broker.close();
    }
  }

  private <T> Optional<T> read(java.util.function.Function<RunHistory, T> reader) {
    return archive.read(RUN, reader);
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(90)).until(condition);
  }

  private static void createTopics(String bootstrap)
      throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      List<NewTopic> topics =
          TOPICS.all().stream()
              .map(topic -> new NewTopic(topic.name(), Topics.DEFAULT_PARTITIONS, (short) 1))
              .toList();
      admin.createTopics(topics).all().get();
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(String bootstrap, String transaction) {
    ByteArraySerializer bytes = new ByteArraySerializer();
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "transactional.id",
            transaction,
            "max.in.flight.requests.per.connection", // KAFKA-15591
            1),
        bytes,
        bytes);
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, String topic, String key, SpecificRecord record) {
    producer.send(new ProducerRecord<>(topic, utf8(key), RecordCodec.encode(record)));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
