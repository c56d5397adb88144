package io.ratchet.stream;

import static io.ratchet.stream.Faults.PATIENCE;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.HostileRecords.Hostile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends records, and knows afterwards what has become of each of them. */
final class Account implements AutoCloseable {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  /** Fate of a record that the reference knows best. */
  private static final String WATCHED = "watched";

  /** Reasons that concern the bytes alone; what passes them is a matter of the run's book. */
  private static final Set<String> OF_THE_RECORD =
      Set.of("undecodable", "invalid", "wrong-partition");

  private record Place(String topic, int partition, long offset) {}

  /** What was sent: its bytes where its fate is open, else their checksum. */
  @SuppressWarnings("ArrayRecordComponent") // decoded, never compared
  private record Sent(String fate, int length, long checksum, byte[] open) {}

  private record Letter(String reason, int length, long checksum) {}

  private final Admin admin;
  private final Map<String, Object> client;
  private final Producer<byte[], byte[]> producer;
  private final Map<Place, Sent> sent = new ConcurrentHashMap<>();

  private volatile Exception failed;

  Account(String bootstrap) {
    client = Map.of("bootstrap.servers", bootstrap);
    admin = Admin.create(client);
    Map<String, Object> properties = new HashMap<>(client);
    properties.put("compression.type", "lz4");
    properties.put("linger.ms", 5);
    properties.put("max.in.flight.requests.per.connection", 1); // KAFKA-15591
    properties.put("max.request.size", Topics.MAX_RECORD_BYTES);
    producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Sees to it that the page can read every record of its topic, however late it comes to it. */
  void keepWhatIsSuperseded() throws Exception {
    var late =
        new AlterConfigOp(
            new ConfigEntry("min.compaction.lag.ms", Long.toString(Duration.ofDays(1).toMillis())),
            AlterConfigOp.OpType.SET);
    var runs = new ConfigResource(ConfigResource.Type.TOPIC, TOPICS.runs().name());
    admin.incrementalAlterConfigs(Map.of(runs, List.of(late))).all().get();
  }

  /** Sends a good record of a run that a reference follows. */
  void send(Topics.Topic topic, ChainStates record) {
    byte[] key = record.getRun().getBytes(StandardCharsets.UTF_8);
    int partition = Topics.partitionFor(key, Topics.DEFAULT_PARTITIONS);
    send(new Hostile(topic, partition, key, RecordCodec.encode(record), WATCHED));
  }

  void send(Hostile record) {
    RecordHeaders headers = new RecordHeaders();
    if (record.fate().equals("undecodable")) { // nobody asks for headers: they may be anything
      headers.add("", null).add("\u001b[2J", new byte[1_000]).add("reason", new byte[] {-1});
    }
    byte[] value = record.value();
    boolean kept = record.fate().equals(HostileRecords.OPEN) || record.fate().equals(WATCHED);
    Sent noted =
        new Sent(
            record.fate(), value == null ? 0 : value.length, checksum(value), kept ? value : null);
    var unused =
        producer.send(
            new ProducerRecord<>(
                record.topic().name(), record.partition(), record.key(), value, headers),
            (where, failure) -> {
              if (failure != null) {
                failed = failure;
                return;
              }
              sent.put(new Place(where.topic(), where.partition(), where.offset()), noted);
            });
  }

  /** Waits until the stream has dealt with all that was sent. */
  void awaitCommitted() {
    producer.flush();
    if (failed != null) {
      throw new IllegalStateException("not sent", failed);
    }
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              Map<TopicPartition, OffsetAndMetadata> committed =
                  admin
                      .listConsumerGroupOffsets(StreamSettings.DEFAULT_APPLICATION_ID)
                      .partitionsToOffsetAndMetadata()
                      .get();
              for (TopicPartition part : inputs()) {
                OffsetAndMetadata at = committed.get(part);
                long end =
                    admin
                        .listOffsets(Map.of(part, OffsetSpec.latest()))
                        .partitionResult(part)
                        .get()
                        .offset();
                if ((at == null ? 0 : at.offset()) < end) {
                  return false;
                }
              }
              return true;
            });
  }

  private static List<TopicPartition> inputs() {
    List<TopicPartition> inputs = new ArrayList<>(partitions(TOPICS.chainStates()));
    inputs.addAll(partitions(TOPICS.gradientUpdates()));
    return inputs;
  }

  private static List<TopicPartition> partitions(Topics.Topic topic) {
    return IntStream.range(0, Topics.DEFAULT_PARTITIONS)
        .mapToObj(partition -> new TopicPartition(topic.name(), partition))
        .toList();
  }

  /** Windows of a run that were published. */
  List<Thermodynamics> windows(String run) throws DecodeException {
    byte[] key = run.getBytes(StandardCharsets.UTF_8);
    List<byte[]> ofRun = new ArrayList<>();
    read(
        TOPICS.thermodynamics(),
        record -> {
          if (Arrays.equals(record.key(), key)) {
            ofRun.add(record.value());
          }
        });
    List<Thermodynamics> windows = new ArrayList<>();
    for (byte[] window : ofRun) {
      windows.add(RecordCodec.decode(window, Thermodynamics.class));
    }
    return windows;
  }

  /** Records of the topic that only the page reads which it must have left out. */
  long leftOutByThePage() {
    return sent.entrySet().stream()
        .filter(each -> each.getKey().topic().equals(TOPICS.runs().name()))
        .filter(each -> !each.getValue().fate().equals(HostileRecords.ACCEPTED))
        .count();
  }

  /** What lies in the dead letters, by the place that each of them names. */
  static final class Letters {
    private final Map<Place, Letter> byPlace;
    private final long size;

    private Letters(Map<Place, Letter> byPlace, long size) {
      this.byPlace = byPlace;
      this.size = size;
    }

    Map<String, Long> byReason() {
      Map<String, Long> counts = new TreeMap<>();
      byPlace.values().forEach(letter -> counts.merge(letter.reason(), 1L, Long::sum));
      return counts;
    }

    Letters withoutOne() {
      Map<Place, Letter> fewer = new HashMap<>(byPlace);
      fewer.remove(byPlace.keySet().iterator().next());
      return new Letters(fewer, size - 1);
    }

    Letters withAnotherReason() {
      Map<Place, Letter> other = new HashMap<>(byPlace);
      Map.Entry<Place, Letter> any = byPlace.entrySet().iterator().next();
      String reason = any.getValue().reason().equals("invalid") ? "mismatch" : "invalid";
      other.put(
          any.getKey(), new Letter(reason, any.getValue().length(), any.getValue().checksum()));
      return new Letters(other, size);
    }
  }

  Letters letters() {
    Map<Place, Letter> letters = new HashMap<>();
    int[] size = new int[1];
    read( // one by one: a million would not fit
        TOPICS.deadLetters(),
        record -> {
          size[0]++;
          letters.put(
              new Place(
                  header(record, "topic"),
                  Integer.parseInt(header(record, "partition")),
                  Long.parseLong(header(record, "offset"))),
              new Letter(
                  header(record, "reason"),
                  Integer.parseInt(header(record, "length")),
                  checksum(record.value())));
        });
    return new Letters(letters, size[0]);
  }

  /**
   * What does not fit together of what was sent, what lies in the dead letters and what the stream
   * says it has counted; at most a few lines of each kind.
   */
  List<String> complaints(Letters letters, Map<String, Long> metrics) {
    List<String> complaints = new ArrayList<>();
    Map<String, NaiveStream> books = new HashMap<>();
    Map<String, Long> expected = new TreeMap<>();
    List<Place> places = new ArrayList<>(sent.keySet());
    places.sort(
        java.util.Comparator.comparing(Place::topic)
            .thenComparing(Place::partition)
            .thenComparing(Place::offset));
    long acceptedWithoutBook = 0;
    for (Place place : places) {
      Sent record = sent.get(place);
      if (place.topic().equals(TOPICS.runs().name())) {
        if (!record.fate().equals(HostileRecords.ACCEPTED)) {
          expected.merge("page " + record.fate(), 1L, Long::sum);
        }
        continue;
      }
      expected.merge("records " + place.topic(), 1L, Long::sum);
      Letter letter = letters.byPlace.get(place);
      String reason = letter == null ? "" : letter.reason();
      if (record.open() == null) {
        boolean accepted = record.fate().equals(HostileRecords.ACCEPTED);
        acceptedWithoutBook +=
            accepted && place.topic().equals(TOPICS.chainStates().name()) ? 1 : 0;
        if (!reason.equals(accepted ? "" : record.fate())) {
          complaints.add(place + " is '" + reason + "', not " + record.fate());
        }
      } else if (!OF_THE_RECORD.contains(reason)) {
        try {
          ChainStates sweep = RecordCodec.decode(record.open(), ChainStates.class);
          NaiveStream book =
              books.computeIfAbsent(sweep.getRun(), run -> new NaiveStream(RunFeed.SETTINGS));
          int before = book.became.getOrDefault(reason, 0);
          book.take(sweep);
          // Whoever waited may be refused later: then it is found by the sums.
          if (!reason.isEmpty()
              && book.became.getOrDefault(reason, 0) == before
              && book.waiting() == 0) {
            complaints.add(place + " is '" + reason + "' and should not be");
          }
        } catch (DecodeException e) {
          complaints.add(place + " does not decode, and is '" + reason + "'");
        }
      } else if (reason.equals("undecodable") != !decodes(record.open())) {
        complaints.add(place + " is '" + reason + "'");
      }
      if (letter != null) {
        if (letter.length() != record.length() || letter.checksum() != record.checksum()) {
          complaints.add(place + " is not what was sent");
        }
        expected.merge("rejected " + reason, 1L, Long::sum);
      }
    }
    Map<String, Long> became = new TreeMap<>();
    long waiting = 0;
    for (NaiveStream book : books.values()) {
      book.became.forEach((what, count) -> became.merge(what, (long) count, Long::sum));
      waiting += book.waiting();
    }
    expected.put("accepted", acceptedWithoutBook + became.getOrDefault("accepted", 0L));
    expected.put("duplicates", became.getOrDefault("duplicate", 0L));
    expected.put("late", became.getOrDefault("late", 0L));
    Map<String, Long> counted = new TreeMap<>();
    metrics.forEach((series, value) -> counted.merge(word(series), value, Long::sum));
    counted.keySet().retainAll(expected.keySet());
    expected.values().removeIf(count -> count == 0);
    counted.values().removeIf(count -> count == 0);
    if (!counted.equals(expected)) {
      complaints.add("counted " + counted + ", expected " + expected);
    }
    long rejected =
        letters.byPlace.keySet().stream()
            .filter(place -> place.topic().equals(TOPICS.chainStates().name()))
            .count();
    long told =
        counted.getOrDefault("accepted", 0L)
            + counted.getOrDefault("duplicates", 0L)
            + counted.getOrDefault("late", 0L)
            + rejected
            + waiting;
    long produced = expected.get("records " + TOPICS.chainStates().name());
    if (told != produced) {
      complaints.add(produced + " sweeps were sent, " + told + " accounted for");
    }
    if (letters.size != letters.byPlace.size()
        || !sent.keySet().containsAll(letters.byPlace.keySet())) {
      complaints.add("a dead letter twice, or of nothing");
    }
    return complaints.subList(0, Math.min(complaints.size(), 20));
  }

  private static boolean decodes(byte[] value) {
    try {
      ChainStates unused = RecordCodec.decode(value, ChainStates.class);
      return true;
    } catch (DecodeException e) {
      return false;
    }
  }

  /** A series' name as it is called here. */
  private static String word(String series) {
    String label = series.replaceAll(".*=\"([^\"]*)\".*", "$1");
    if (series.startsWith("ratchet_stream_records_total")) {
      return "records " + label;
    } else if (series.startsWith("ratchet_stream_rejected_total")) {
      return "rejected " + label;
    } else if (series.startsWith("ratchet_page_rejected_total")) {
      return "page " + label;
    }
    return series.replace("ratchet_stream_", "").replace("_total", "");
  }

  private void read(
      Topics.Topic topic, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> taker) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put("isolation.level", "read_committed");
    try (Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> assigned = partitions(topic);
      consumer.assign(assigned);
      consumer.seekToBeginning(assigned);
      Map<TopicPartition, Long> ends = consumer.endOffsets(assigned);
      while (assigned.stream().anyMatch(part -> consumer.position(part) < ends.get(part))) {
        consumer.poll(Duration.ofMillis(200)).forEach(taker);
      }
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  /** Of what a dead letter keeps of it. */
  private static long checksum(byte[] value) {
    if (value == null) {
      return -1;
    }
    CRC32 checksum = new CRC32();
    checksum.update(value, 0, Math.min(value.length, Topics.MAX_RESULT_BYTES));
    return checksum.getValue();
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
  }
}
