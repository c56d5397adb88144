package io.ratchet.stream.page;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.stream.accept.Reason;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.Updates;
import io.ratchet.stream.runs.Registrations;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link RunArchive} up to date from the topics, on a thread of its own.
 *
 * <p>It is a plain consumer without a group: it is assigned every partition, begins at the
 * beginning and commits nothing, so any number of instances each see everything. It reads committed
 * records only. The runs are read to their end first, so that what comes after is attributed to
 * known attempts. While there is no broker, or the topics are not there yet, it tries again every
 * second.
 *
 * <p>Chain states are read for their samples alone, of which the archive keeps a few. So what a
 * poll brings is looked through in parts of {@value #SAMPLE_PART}, each from its end, by key; per
 * run, records are decoded only until one with samples turns up, at most {@value #SAMPLE_SEARCH}.
 * And a partition that is longer than {@value #SAMPLE_TAIL} records is begun that far from its end:
 * older samples are not worth the traffic.
 */
public final class ArchiveFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ArchiveFeed.class);

  static final int SAMPLE_SEARCH = 64;
  static final long SAMPLE_TAIL = 200_000;

  private static final int SAMPLE_PART = 256;

  private static final Duration POLL = Duration.ofMillis(500);

  private final RunArchive archive;
  private final Topics topics;
  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final java.util.function.Consumer<Reason> rejected;
  private final Map<TopicPartition, Long> next = new HashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile Consumer<byte[], byte[]> open;
  private int partitions;
  private boolean complaining;

  private ArchiveFeed(
      RunArchive archive,
      Topics topics,
      Supplier<Consumer<byte[], byte[]>> consumers,
      java.util.function.Consumer<Reason> rejected) {
    this.rejected = rejected;
    this.archive = archive;
    this.topics = topics;
    this.consumers = consumers;
    thread = new Thread(this::feed, "run-archive");
    thread.setDaemon(true);
  }

  /**
   * Starts to read.
   *
   * @param archive what is fed; nobody else may feed it
   * @param topics the catalogue
   * @param clientProperties Kafka client properties, {@code bootstrap.servers} among them
   * @param rejected told of each record that is left out of a topic that only the page reads
   */
  public static ArchiveFeed start(
      RunArchive archive,
      Topics topics,
      Map<String, ?> clientProperties,
      java.util.function.Consumer<Reason> rejected) {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    return start(archive, topics, () -> new KafkaConsumer<>(properties, bytes, bytes), rejected);
  }

  static ArchiveFeed start(
      RunArchive archive,
      Topics topics,
      Supplier<Consumer<byte[], byte[]>> consumers,
      java.util.function.Consumer<Reason> rejected) {
    ArchiveFeed feed = new ArchiveFeed(archive, topics, consumers, rejected);
    feed.thread.start();
    return feed;
  }

  /** Stops reading; the archive stays as it is. */
  @Override
  public void close() {
    closed.countDown();
    Consumer<byte[], byte[]> consumer = open;
    if (consumer != null) {
      consumer.wakeup();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void feed() {
    while (!isClosed()) {
      try (Consumer<byte[], byte[]> consumer = consumers.get()) {
        open = consumer;
        follow(consumer);
      } catch (WakeupException e) {
        // close() called: the loop ends
      } catch (KafkaException e) {
        complain(e.toString());
      } catch (OutOfMemoryError e) { // of one record, inflated: the rest of the process has enough
        complain(e.toString());
      } catch (RuntimeException e) {
        LOG.error("the page's reader failed and begins again where it was", e);
      } finally {
        open = null;
      }
      rest();
    }
  }

  /** Says once, not every second, why there is nothing to read. */
  private void complain(String reason) {
    if (!complaining) {
      LOG.warn("the page waits for the topics: {}", reason);
      complaining = true;
    }
  }

  private void rest() {
    try {
      boolean unused = closed.await(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
  }

  private void follow(Consumer<byte[], byte[]> consumer) {
    List<TopicPartition> runs = partitionsOf(consumer, topics.runs().name());
    List<TopicPartition> others = new ArrayList<>();
    List<TopicPartition> sampled = partitionsOf(consumer, topics.chainStates().name());
    others.addAll(partitionsOf(consumer, topics.thermodynamics().name()));
    others.addAll(partitionsOf(consumer, topics.gradientUpdates().name()));
    others.addAll(partitionsOf(consumer, topics.alerts().name()));
    others.addAll(sampled);
    if (runs.isEmpty() || others.size() != 4 * runs.size()) {
      complain("they do not exist yet, or their numbers of partitions differ");
      return;
    }
    partitions = runs.size();
    consumer.assign(runs);
    begin(consumer, consumer.beginningOffsets(runs));
    Map<TopicPartition, Long> ends = consumer.endOffsets(runs);
    while (runs.stream().anyMatch(runPart -> next.get(runPart) < ends.get(runPart))) {
      poll(consumer);
    }
    Map<TopicPartition, Long> starts = consumer.beginningOffsets(others);
    Map<TopicPartition, Long> sampledEnds = consumer.endOffsets(sampled);
    sampledEnds.forEach((part, end) -> starts.merge(part, end - SAMPLE_TAIL, Math::max));
    others.addAll(runs);
    consumer.assign(others);
    begin(consumer, starts);
    runs.forEach(part -> consumer.seek(part, next.get(part)));
    LOG.info("the page reads {} partitions", others.size());
    complaining = false;
    while (!isClosed()) {
      poll(consumer);
    }
  }

  private static List<TopicPartition> partitionsOf(
      Consumer<byte[], byte[]> consumer, String topic) {
    List<PartitionInfo> infos = consumer.partitionsFor(topic);
    return infos == null
        ? List.of()
        : infos.stream().map(info -> new TopicPartition(topic, info.partition())).toList();
  }

  /** Seeks where an earlier consumer left off, or else to the given start. */
  private void begin(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> starts) {
    starts.forEach(
        (part, start) -> {
          next.putIfAbsent(part, start);
          consumer.seek(part, next.get(part));
        });
  }

  private void poll(Consumer<byte[], byte[]> consumer) {
    if (isClosed()) {
      throw new WakeupException();
    }
    ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
    for (TopicPartition part : records.partitions()) {
      List<ConsumerRecord<byte[], byte[]>> batch = records.records(part);
      if (part.topic().equals(topics.chainStates().name())) {
        foldSamples(batch);
      } else {
        batch.forEach(this::fold);
      }
    }
    for (TopicPartition part : consumer.assignment()) {
      next.put(part, consumer.position(part)); // also past markers of transactions
    }
  }

  /** A part of what is there at once: a long log then still gives samples over its steps. */
  private void foldSamples(List<ConsumerRecord<byte[], byte[]>> batch) {
    for (int from = 0; from < batch.size(); from += SAMPLE_PART) {
      foldLastSamples(batch.subList(from, Math.min(batch.size(), from + SAMPLE_PART)));
    }
  }

  private void foldLastSamples(List<ConsumerRecord<byte[], byte[]>> batch) {
    Map<String, Integer> left = new HashMap<>();
    for (int i = batch.size() - 1; i >= 0; i--) {
      ConsumerRecord<byte[], byte[]> record = batch.get(i);
      String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
      int tries = left.getOrDefault(key, SAMPLE_SEARCH);
      if (tries > 0) {
        boolean found =
            fold(record) instanceof ChainStates states
                && states.getWorker() == 0
                && states.getSamples() != null;
        left.put(key, found ? 0 : tries - 1);
      }
    }
  }

  /** Folds one record, and says what is left out where nobody else would. */
  private SpecificRecord fold(ConsumerRecord<byte[], byte[]> record) {
    try {
      return open(record);
    } catch (RejectedException e) {
      LOG.debug("left out {}: {}", where(record), e.getMessage());
      boolean streams =
          record.topic().equals(topics.chainStates().name())
              || record.topic().equals(topics.gradientUpdates().name());
      if (!streams) { // those are in the dead letters
        rejected.accept(e.reason());
      }
    } catch (RuntimeException e) {
      LOG.warn("left out a record that could not be folded: {}", where(record), e);
    }
    return null;
  }

  private SpecificRecord open(ConsumerRecord<byte[], byte[]> record) throws RejectedException {
    SpecificRecord decoded;
    try {
      decoded = RecordCodec.decode(record.value());
    } catch (DecodeException e) {
      throw new RejectedException(Reason.UNDECODABLE, e.getMessage());
    }
    String topic = record.topic();
    if (topic.equals(topics.runs().name()) && decoded instanceof Run run) {
      Registrations.check(run, record.key(), record.value().length);
      archive.accept(run);
    } else if (topic.equals(topics.runs().name()) && decoded instanceof Worker worker) {
      Registrations.check(worker, record.key(), record.value().length);
      archive.accept(worker);
    } else if (topic.equals(topics.gradientUpdates().name())
        && decoded instanceof GradientUpdate update) {
      checkPlace(update.getRun(), record);
      Updates.check(update);
      archive.accept(update);
    } else if (topic.equals(topics.thermodynamics().name())
        && decoded instanceof Thermodynamics window) {
      checkPlace(window.getRun(), record);
      archive.accept(window, record.offset(), record.timestamp());
    } else if (topic.equals(topics.alerts().name()) && decoded instanceof Alert alert) {
      checkPlace(alert.getRun(), record);
      archive.accept(alert);
    } else if (topic.equals(topics.chainStates().name()) && decoded instanceof ChainStates states) {
      checkPlace(states.getRun(), record);
      archive.accept(states);
    } else {
      throw new RejectedException(
          Reason.UNDECODABLE, decoded.getSchema().getName() + " does not belong here");
    }
    return decoded;
  }

  private void checkPlace(String run, ConsumerRecord<byte[], byte[]> record)
      throws RejectedException {
    if (!Topics.isRunId(run)) {
      throw new RejectedException(Reason.INVALID, "run is not " + Topics.RUN_ID);
    }
    if (Topics.partitionFor(run, partitions) != record.partition()) {
      throw new RejectedException(Reason.WRONG_PARTITION, "not the partition of run " + run);
    }
  }

  private static String where(ConsumerRecord<byte[], byte[]> record) {
    return record.topic() + "-" + record.partition() + "@" + record.offset();
  }
}
