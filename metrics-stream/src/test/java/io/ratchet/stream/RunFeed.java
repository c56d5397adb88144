package io.ratchet.stream;

import static io.ratchet.stream.Faults.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Runs, one after the other, all of one partition, sent to a stream while a test does it harm; and
 * what the reference says of them.
 *
 * <p>The stream is kept busy but never far behind, so that what is killed is always in the middle.
 */
final class RunFeed implements AutoCloseable {
  /** The floor is one that every window is below: each run raises an alert. */
  static final WindowSettings SETTINGS = new WindowSettings(5, 5, 1_000, 20);

  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  /** Records sent beyond those committed: enough for several commit intervals of open windows. */
  private static final int AHEAD = 1_000;

  /** About 7,000 records; the reference takes time that grows with the square. */
  private static final int STEPS_OF_A_RUN = 2_000;

  /** Of each of two workers: as many groups of chains as the detector asks for. */
  private static final int CHAINS = 10;

  private record Run(String id, List<ChainStates> records) {}

  private final TopicPartition input;
  private final TopicPartition output;
  private final Map<String, Object> client;
  private final Random random;
  private final Admin admin;
  private final Producer<byte[], byte[]> producer;
  private final List<Run> runs = new ArrayList<>();
  private int sentOfRun;
  private long sent;
  private Future<?> last;

  RunFeed(String bootstrap, Random random) {
    this(bootstrap, 0, random, Map.of());
  }

  /**
   * A feed of any partition.
   *
   * @param properties of its producer
   */
  RunFeed(String bootstrap, int partition, Random random, Map<String, ?> properties) {
    this.random = random;
    input = new TopicPartition(TOPICS.chainStates().name(), partition);
    output = new TopicPartition(TOPICS.thermodynamics().name(), partition);
    client = Map.of("bootstrap.servers", bootstrap);
    Map<String, Object> quick = new HashMap<>(client);
    // A question that a dead broker does not answer is asked again.
    quick.put("request.timeout.ms", 5_000);
    quick.put("default.api.timeout.ms", 15_000);
    admin = Admin.create(quick);
    Map<String, Object> patient = new HashMap<>(client);
    // An outage is no reason to give up, nor to send out of order.
    patient.put("delivery.timeout.ms", 600_000);
    patient.put("max.block.ms", 600_000);
    // As the product's own: a first batch that is refused while there is no leader can else never
    // be delivered, since the one after it was taken.
    patient.put("max.in.flight.requests.per.connection", 1);
    patient.putAll(properties);
    producer = new KafkaProducer<>(patient, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Two workers, a fifth of their sweeps twice, each in its place or up to 50 off, and now and then
   * one of a second producer.
   */
  static List<ChainStates> records(String run, int steps, Random random) {
    List<List<ChainStates>> workers = RandomHistory.workers(run, 1, 5, 0, steps, 2, CHAINS, random);
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
        if (random.nextInt(50) == 0) {
          records.add(ChainStates.newBuilder(worker.get(i)).setIncarnation(-1).build());
        }
      }
    }
    return records;
  }

  /** Records sent so far. */
  long sent() {
    return sent;
  }

  /** Records whose offsets the stream has committed. */
  long committed() throws Exception {
    OffsetAndMetadata offset =
        answer(
                () ->
                    admin
                        .listConsumerGroupOffsets(StreamSettings.DEFAULT_APPLICATION_ID)
                        .partitionsToOffsetAndMetadata())
            .get(input);
    return offset == null ? 0 : offset.offset();
  }

  /** Sends until the stream has committed so many records. */
  void feedUntilCommitted(long records) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              long done = committed();
              while (sent < done + AHEAD) {
                send();
              }
              return done >= records;
            });
  }

  /** Sends so many more, without a look at what the stream does. */
  void send(int records) {
    for (int i = 0; i < records; i++) {
      send();
    }
  }

  /** Windows in the broker, visible or not. */
  long sentWindows() throws Exception {
    return end(output, IsolationLevel.READ_UNCOMMITTED);
  }

  /** Windows that lie in the broker in a transaction that is neither committed nor aborted. */
  long uncommittedWindows() throws Exception {
    return sentWindows() - end(output, IsolationLevel.READ_COMMITTED);
  }

  /** Where any topic's partition of the same number ends. */
  long end(String topic) throws Exception {
    return end(new TopicPartition(topic, input.partition()), IsolationLevel.READ_UNCOMMITTED);
  }

  /** Name of the instance that works on the partition; empty while none does. */
  String owner() throws Exception {
    return answer(
            () ->
                admin.describeConsumerGroups(List.of(StreamSettings.DEFAULT_APPLICATION_ID)).all())
        .values()
        .iterator()
        .next()
        .members()
        .stream()
        .filter(member -> member.assignment().topicPartitions().contains(input))
        // Kafka Streams appends the number of the thread.
        .map(member -> member.groupInstanceId().orElseThrow().replaceFirst("-\\d+$", ""))
        .findFirst()
        .orElse("");
  }

  /** The broker that leads the partition of the records. */
  int leader() throws Exception {
    return answer(() -> admin.describeTopics(List.of(input.topic())).allTopicNames())
        .get(input.topic())
        .partitions()
        .get(input.partition())
        .leader()
        .id();
  }

  /** The broker whose controller is the active one. */
  int controller() throws Exception {
    return answer(() -> admin.describeMetadataQuorum().quorumInfo()).leaderId();
  }

  /**
   * Whether every partition, Kafka's own among them, has as many replicas in sync as there are
   * brokers.
   */
  boolean isInSync(int brokers) throws Exception {
    Set<String> names =
        answer(() -> admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
    return answer(() -> admin.describeTopics(names).allTopicNames()).values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .allMatch(partition -> partition.leader() != null && partition.isr().size() == brokers);
  }

  /** Sends the rest of the last run and waits until the stream has dealt with it. */
  void finish() throws Exception {
    while (sentOfRun < runs.get(runs.size() - 1).records().size()) {
      send();
    }
    producer.flush();
    last.get();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                committed() == end(input, IsolationLevel.READ_UNCOMMITTED)
                    && uncommittedWindows() == 0);
  }

  /**
   * Compares what was published, and is visible, with the reference and with the recomputation:
   * windows, alerts, and how many records were refused.
   *
   * @return windows compared
   */
  int assertSameAsReference() throws Exception {
    Map<String, List<byte[]>> published = published(output);
    Map<String, List<byte[]>> raised =
        published(new TopicPartition(TOPICS.alerts().name(), input.partition()));
    Map<String, List<byte[]>> refused =
        published(new TopicPartition(TOPICS.deadLetters().name(), input.partition()));
    int compared = 0;
    for (Run run : runs) {
      List<Thermodynamics> windows =
          decode(published.getOrDefault(run.id(), List.of()), Thermodynamics.class);
      NaiveStream reference = new NaiveStream(SETTINGS);
      run.records().forEach(reference::take);
      assertThat(reference.windows).hasSizeGreaterThan(100);
      WindowsAgainstReferenceTest.assertSame(windows, reference);
      Recomputed recomputed = Recomputed.of(run.id(), SETTINGS, run.records());
      assertThat(windows).isEqualTo(recomputed.windows());
      assertThat(recomputed.alerts()).isNotEmpty();
      assertThat(decode(raised.getOrDefault(run.id(), List.of()), Alert.class))
          .isEqualTo(recomputed.alerts());
      assertThat(refused.getOrDefault(run.id(), List.of()))
          .hasSize(Math.toIntExact(WindowsAgainstReferenceTest.rejected(reference)))
          .isNotEmpty();
      compared += windows.size();
    }
    assertThat(published.keySet()).hasSameSizeAs(runs);
    return compared;
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
  }

  private void send() {
    if (runs.isEmpty() || sentOfRun == runs.get(runs.size() - 1).records().size()) {
      String id = idOfPartition();
      runs.add(new Run(id, records(id, STEPS_OF_A_RUN, random)));
      sentOfRun = 0;
    }
    Run run = runs.get(runs.size() - 1);
    last =
        producer.send(
            new ProducerRecord<>(
                input.topic(),
                input.partition(),
                run.id().getBytes(StandardCharsets.UTF_8),
                RecordCodec.encode(run.records().get(sentOfRun))));
    sentOfRun++;
    sent++;
  }

  private String idOfPartition() {
    String id;
    do {
      id = "harmed-" + Integer.toHexString(random.nextInt());
    } while (Topics.partitionFor(id, Topics.DEFAULT_PARTITIONS) != input.partition());
    return id;
  }

  private long end(TopicPartition partition, IsolationLevel isolation) throws Exception {
    return answer(
            () ->
                admin
                    .listOffsets(
                        Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                    .partitionResult(partition))
        .offset();
  }

  /** What Kafka says; asked again while nobody is there to answer. */
  private static <T> T answer(Supplier<KafkaFuture<T>> question) throws Exception {
    long start = System.nanoTime();
    while (true) {
      try {
        return question.get().get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException)
            || System.nanoTime() - start > PATIENCE.toNanos()) {
          throw e;
        }
      }
    }
  }

  private static <T extends SpecificRecord> List<T> decode(List<byte[]> values, Class<T> type)
      throws DecodeException {
    List<T> records = new ArrayList<>();
    for (byte[] value : values) {
      records.add(RecordCodec.decode(value, type));
    }
    return records;
  }

  /** The committed records of a partition by their keys, which are runs. */
  private Map<String, List<byte[]>> published(TopicPartition output) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put("isolation.level", "read_committed");
    Map<String, List<byte[]>> published = new HashMap<>();
    try (Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(output));
      consumer.seekToBeginning(List.of(output));
      long end = consumer.endOffsets(List.of(output)).get(output);
      while (consumer.position(output) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          published
              .computeIfAbsent(
                  new String(record.key(), StandardCharsets.UTF_8), run -> new ArrayList<>())
              .add(record.value());
        }
      }
    }
    return published;
  }
}
