package io.ratchet.cli;

import io.ratchet.schema.Denial;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the committed records of one topic from the beginning, without a consumer group. */
final class TopicReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String address;
  private final String topic;
  private final List<TopicPartition> assigned;
  private final int partitions;
  private Map<TopicPartition, Long> ends;

  private TopicReader(
      KafkaConsumer<byte[], byte[]> consumer,
      String address,
      String topic,
      List<TopicPartition> assigned,
      int partitions) {
    this.consumer = consumer;
    this.address = address;
    this.topic = topic;
    this.assigned = assigned;
    this.partitions = partitions;
    ends = consumer.endOffsets(assigned);
  }

  /**
   * Opens a topic at its beginning.
   *
   * @param client Kafka client properties
   * @param run only the partition of this run, where the topic's keys are runs; null for all
   * @throws IllegalStateException if the topic does not exist
   */
  static TopicReader open(Map<String, String> client, Topic topic, String run) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put("isolation.level", "read_committed");
    properties.put("enable.auto.commit", false);
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      List<PartitionInfo> known = consumer.partitionsFor(topic.name());
      List<TopicPartition> assigned = partitions(known, topic, run);
      consumer.assign(assigned);
      consumer.seekToBeginning(assigned);
      return new TopicReader(
          consumer, client.get("bootstrap.servers"), topic.name(), assigned, known.size());
    } catch (TopicAuthorizationException e) {
      consumer.close();
      throw denied(client.get("bootstrap.servers"), topic.name(), e);
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  /** Goes on from the first record of each partition that is not older than a time. */
  TopicReader since(Instant time) {
    Map<TopicPartition, Long> asked = new HashMap<>();
    assigned.forEach(partition -> asked.put(partition, time.toEpochMilli()));
    consumer
        .offsetsForTimes(asked)
        .forEach(
            (partition, found) ->
                consumer.seek(partition, found == null ? ends.get(partition) : found.offset()));
    return this;
  }

  private static List<TopicPartition> partitions(
      List<PartitionInfo> known, Topic topic, String run) {
    if (known.isEmpty()) {
      throw new IllegalStateException(
          "topic " + topic.name() + " does not exist; ratchet topics create makes it");
    }
    boolean one = run != null && topic.key() == Topics.Key.RUN;
    List<TopicPartition> partitions = new ArrayList<>();
    for (int p = 0; p < known.size(); p++) {
      if (!one || p == Topics.partitionFor(run, known.size())) {
        partitions.add(new TopicPartition(topic.name(), p));
      }
    }
    return partitions;
  }

  /** Reads what there was when the topic was opened. */
  void readToEnd(Consumer<ConsumerRecord<byte[], byte[]>> each) {
    boolean more = true;
    while (more) {
      more = read(each);
    }
  }

  /** The same, for one who waits. */
  void readToEnd(
      Consumer<ConsumerRecord<byte[], byte[]>> each, String name, RatchetCommand command) {
    long size = size();
    try (Progress progress = Progress.of(name, Progress.Unit.RECORD, 0, size, command).start()) {
      boolean more = true;
      while (more) {
        more = read(each);
        progress.at(size - left());
      }
    }
  }

  /**
   * Reads some of what there was when the topic was opened, or last {@link #extend extended}.
   *
   * @return false when all of it has been read
   */
  boolean read(Consumer<ConsumerRecord<byte[], byte[]>> each) {
    if (isAtEnd()) {
      return false;
    }
    for (ConsumerRecord<byte[], byte[]> record : poll()) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      if (record.offset() < ends.get(partition)) {
        each.accept(record);
      } else if (record.offset() < consumer.position(partition)) {
        consumer.seek(partition, record.offset()); // it comes again once the end is extended
      }
    }
    return !isAtEnd();
  }

  private ConsumerRecords<byte[], byte[]> poll() {
    try {
      return consumer.poll(POLL);
    } catch (TopicAuthorizationException e) { // whoever writes to it may see it, not read it
      throw denied(address, topic, e);
    }
  }

  private static IllegalStateException denied(
      String address, String topic, TopicAuthorizationException e) {
    return new IllegalStateException(Denial.message(address, "Read", "topic " + topic), e);
  }

  private boolean isAtEnd() {
    return ends.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
  }

  /** Moves the end on to where it is now; false if it is where it was. */
  boolean extend() {
    Map<TopicPartition, Long> before = ends;
    ends = consumer.endOffsets(assigned);
    return !ends.equals(before);
  }

  /** Where each partition that is read ended when the topic was opened, or last extended. */
  Map<TopicPartition, Long> ends() {
    return ends;
  }

  /** Offsets that there were in all when the topic was opened, or last extended. */
  long size() {
    return ends.values().stream().mapToLong(Long::longValue).sum()
        - consumer.beginningOffsets(assigned).values().stream().mapToLong(Long::longValue).sum();
  }

  /** Offsets of them that are still to be read. */
  long left() {
    return ends.entrySet().stream()
        .mapToLong(end -> Math.max(0, end.getValue() - consumer.position(end.getKey())))
        .sum();
  }

  /** Whether retention has taken records from the beginning. */
  boolean isTruncated() {
    return consumer.beginningOffsets(assigned).values().stream().anyMatch(offset -> offset > 0);
  }

  /** Partitions of the topic, read or not. */
  int partitions() {
    return partitions;
  }

  /** Reads all, and goes on with what comes, until {@code stop}. */
  void follow(BooleanSupplier stop, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    while (!stop.getAsBoolean()) {
      poll().forEach(each);
    }
  }

  static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
