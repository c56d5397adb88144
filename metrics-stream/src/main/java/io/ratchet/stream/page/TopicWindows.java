package io.ratchet.stream.page;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Windows read from their topic one at a time, by a consumer without a group. Whoever goes back
 * through a run asks for neighbours: the windows that came along with the last one are kept, at
 * most {@value #KEPT}.
 */
public final class TopicWindows implements WindowLog, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicWindows.class);

  private static final int KEPT = 128;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private record Place(TopicPartition partition, long offset) {}

  private final Topics topics;
  private final int partitions;
  private final Consumer<byte[], byte[]> consumer;
  private final Map<Place, byte[]> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, byte[]> eldest) {
          return size() > KEPT;
        }
      };

  private TopicWindows(Topics topics, int partitions, Consumer<byte[], byte[]> consumer) {
    this.topics = topics;
    this.partitions = partitions;
    this.consumer = consumer;
  }

  /**
   * Opens a reader; it does nothing before it is asked.
   *
   * @param topics the catalogue
   * @param partitions number of partitions of each topic
   * @param clientProperties Kafka client properties, {@code bootstrap.servers} among them
   */
  public static TopicWindows open(Topics topics, int partitions, Map<String, ?> clientProperties) {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, KEPT / 4);
    // A few windows ahead of the one that was asked for, not the megabytes of a default fetch.
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 256 << 10);
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    return new TopicWindows(topics, partitions, new KafkaConsumer<>(properties, bytes, bytes));
  }

  @Override
  public Optional<Thermodynamics> read(String run, long offset) {
    TopicPartition partition =
        new TopicPartition(topics.thermodynamics().name(), Topics.partitionFor(run, partitions));
    try {
      byte[] value = bytes(new Place(partition, offset));
      return value != null && RecordCodec.decode(value) instanceof Thermodynamics window
          ? Optional.of(window)
          : Optional.empty();
    } catch (DecodeException | KafkaException e) {
      LOG.warn("the window at {}@{} could not be read: {}", partition, offset, e.toString());
      return Optional.empty();
    }
  }

  private synchronized byte[] bytes(Place place) {
    byte[] known = kept.get(place);
    if (known != null) {
      return known;
    }
    consumer.assign(List.of(place.partition));
    consumer.seek(place.partition, place.offset);
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(PATIENCE)) {
      if (record.value() != null) {
        kept.put(new Place(place.partition, record.offset()), record.value());
      }
    }
    return kept.get(place);
  }

  @Override
  public synchronized void close() {
    consumer.close();
  }
}
