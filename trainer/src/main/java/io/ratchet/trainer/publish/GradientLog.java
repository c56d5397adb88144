package io.ratchet.trainer.publish;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Denial;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.trainer.InputException;
import io.ratchet.trainer.checkpoint.Snapshot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the gradients of one run in the order of its partition. No group, hence no rebalance. */
final class GradientLog implements AutoCloseable {

  /** How far the clocks of two hosts may differ when the beginning of a run is looked for. */
  private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(GradientLog.class);

  private static final Duration PROBE = Duration.ofSeconds(1);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String address;
  private final TopicPartition partition;
  private final String run;
  private Iterator<ConsumerRecord<byte[], byte[]>> read = Collections.emptyIterator();
  private long position;

  private GradientLog(
      KafkaConsumer<byte[], byte[]> consumer,
      String address,
      TopicPartition partition,
      String run) {
    this.consumer = consumer;
    this.address = address;
    this.partition = partition;
    this.run = run;
  }

  /**
   * Opens the log.
   *
   * @param offset where to begin; {@link Snapshot#NOWHERE} for where the run can have begun
   * @param created when the run was registered
   * @throws InputException if records from there on are no longer kept
   */
  static GradientLog open(
      Map<String, String> client, Topics topics, String run, long offset, Instant created) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"); // a gap is told
    // A record is there for all as soon as it is acknowledged: the producers use no transactions.
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
    properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "1");
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes);
    try {
      String topic = topics.gradientUpdates().name();
      int partitions = consumer.partitionsFor(topic).size();
      TopicPartition partition = new TopicPartition(topic, Topics.partitionFor(run, partitions));
      consumer.assign(List.of(partition));
      GradientLog log =
          new GradientLog(
              consumer, String.valueOf(client.get("bootstrap.servers")), partition, run);
      log.seek(offset, created);
      return log;
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  private void seek(long offset, Instant created) {
    position = offset;
    if (offset < 0) {
      long earliest = Math.max(0, created.minus(CLOCKS_DIFFER).toEpochMilli());
      OffsetAndTimestamp found =
          consumer.offsetsForTimes(Map.of(partition, earliest)).get(partition);
      position = found == null ? end() : found.offset();
    } else {
      long first = consumer.beginningOffsets(List.of(partition)).get(partition);
      if (offset < first) {
        throw new InputException(
            "--resume: the gradients after the checkpoint, from offset "
                + offset
                + " of "
                + partition
                + ", are no longer kept; the log begins at "
                + first
                + "; allowed: --resume --at-step N of every worker, N a step of which each has a"
                + " checkpoint");
      }
      if (offset > end()) { // a broker can lose its data: the checkpoint is all there is
        LOG.warn(
            "{} ends before offset {} of the checkpoint: nothing to catch up", partition, offset);
        position = end();
      }
    }
    consumer.seek(partition, position);
  }

  /** Offset of the record that {@link #next} hands out next, or of one before it. */
  long position() {
    return position;
  }

  /** Offset behind the last record there is now. */
  long end() {
    return consumer.endOffsets(List.of(partition)).get(partition);
  }

  /**
   * The run's next record; null if there was none in that time. What is no gradient of the run is
   * passed over; the stream counts and keeps it.
   */
  GradientUpdate next(Duration patience) {
    if (!read.hasNext()) {
      try {
        read = consumer.poll(patience).iterator();
      } catch (InterruptException e) {
        throw e;
      } catch (AuthorizationException e) {
        throw new IllegalStateException(
            Denial.message(address, "Read", "topic " + partition.topic()), e);
      } catch (KafkaException e) {
        throw new IllegalStateException("reading " + partition + ": " + e.getMessage(), e);
      }
      if (!read.hasNext()) {
        position = Math.max(position, consumer.position(partition));
      }
    }
    while (read.hasNext()) {
      ConsumerRecord<byte[], byte[]> record = read.next();
      position = record.offset() + 1;
      GradientUpdate update = Objects.equals(key(record), run) ? decoded(record.value()) : null;
      if (update != null) {
        return update;
      }
    }
    return null;
  }

  private static GradientUpdate decoded(byte[] value) {
    try {
      return RecordCodec.decode(value, GradientUpdate.class);
    } catch (DecodeException e) {
      return null;
    }
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
  }

  /** Whether the broker answers; waits for it a little. */
  boolean isBrokerThere() {
    try {
      return consumer.endOffsets(List.of(partition), PROBE).containsKey(partition);
    } catch (TimeoutException e) {
      return false;
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
