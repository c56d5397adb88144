package io.ratchet.trainer.publish;

import io.ratchet.schema.Topics;
import io.ratchet.trainer.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The producer's properties: the user's, our defaults where the user says nothing, and what nobody
 * may change because delivery in order and without loss rests on it.
 */
public final class ClientProperties {

  /** How long the publishing thread may be held up by one call of the producer. */
  static final int MAX_BLOCK_MILLIS = 200;

  private static final Map<String, String> FIXED =
      Map.ofEntries(
          Map.entry(ProducerConfig.ACKS_CONFIG, "all"),
          Map.entry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true"),
          Map.entry(ProducerConfig.RETRIES_CONFIG, Integer.toString(Integer.MAX_VALUE)),
          // 24 days: while the process lives, the producer keeps trying.
          Map.entry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.toString(Integer.MAX_VALUE)),
          Map.entry(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(MAX_BLOCK_MILLIS)),
          Map.entry(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, "false"),
          Map.entry(
              ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName()),
          Map.entry(
              ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName()));

  private static final Map<String, String> DEFAULTS =
      Map.of(
          ProducerConfig.COMPRESSION_TYPE_CONFIG,
          "lz4",
          ProducerConfig.LINGER_MS_CONFIG,
          "10",
          // The first batch to a partition that has no leader yet is refused, and a broker that
          // does not know the producer takes the next one in its place: the first is then out of
          // order for ever. With one request under way there is no next one.
          ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
          "1",
          // Batches of 16 KB, Kafka's default, were measured to cost four times as much.
          ProducerConfig.BATCH_SIZE_CONFIG,
          Integer.toString(256 << 10),
          // One record of the largest size and its header must pass.
          ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
          Integer.toString(Topics.MAX_RECORD_BYTES + 1024),
          ProducerConfig.BUFFER_MEMORY_CONFIG,
          Integer.toString(64 << 20));

  private ClientProperties() {}

  /**
   * Properties of a producer of bytes that gives up after Kafka's delivery timeout, for programs
   * other than training: the user's, with our defaults where the user says nothing; every record is
   * acknowledged by all replicas.
   */
  public static Map<String, Object> bounded(Map<String, String> client) {
    Map<String, Object> properties = new LinkedHashMap<>(DEFAULTS);
    properties.putAll(client);
    for (String key :
        List.of(
            ProducerConfig.ACKS_CONFIG,
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG)) {
      properties.put(key, FIXED.get(key));
    }
    return properties;
  }

  /**
   * Properties of the producer.
   *
   * @throws InputException if a property is fixed, or no value that Kafka takes
   */
  static Map<String, Object> producer(Map<String, String> client, String clientId) {
    Map<String, Object> properties = new LinkedHashMap<>(DEFAULTS);
    properties.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
    properties.putAll(client);
    new TreeMap<>(FIXED)
        .forEach(
            (key, value) -> {
              String users = client.get(key);
              if (users != null && !users.trim().equalsIgnoreCase(value)) {
                throw new InputException(
                    "client property "
                        + key
                        + "="
                        + users
                        + ": must be "
                        + value
                        + ", delivery in order and without loss rests on it");
              }
              properties.put(key, value);
            });
    for (String key :
        new String[] {
          ProducerConfig.TRANSACTIONAL_ID_CONFIG, ProducerConfig.PARTITIONER_CLASS_CONFIG
        }) {
      if (client.containsKey(key)) {
        throw new InputException(
            "client property " + key + "=" + client.get(key) + ": cannot be set for training");
      }
    }
    try {
      new ProducerConfig(properties);
    } catch (ConfigException e) {
      throw new InputException("client properties: " + e.getMessage(), e);
    }
    return properties;
  }
}
