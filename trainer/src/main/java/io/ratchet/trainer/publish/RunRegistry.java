package io.ratchet.trainer.publish;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Denial;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.schema.Worker;
import io.ratchet.trainer.InputException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the runs topic says at one moment: every run that was ever registered, hidden ones included,
 * and the last word of each worker.
 */
public final class RunRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(RunRegistry.class);

  private static final String HIDDEN = " (deleted; its id is never free again)";

  private final SortedMap<String, Run> runs = new TreeMap<>();
  private final SortedMap<String, SortedMap<Integer, Worker>> workers = new TreeMap<>();

  private RunRegistry() {}

  /**
   * Reads the topic from its beginning to its present end. A topic that does not exist is empty.
   *
   * @param client Kafka client properties, {@code bootstrap.servers} among them
   * @throws BrokerUnreachableException if that takes longer than {@code timeout}
   * @throws InputException if a client property cannot be used
   * @throws IllegalStateException if Kafka does not allow it
   */
  public static RunRegistry read(Map<String, String> client, Topics topics, Duration timeout) {
    String address = client.getOrDefault("bootstrap.servers", "(no bootstrap.servers)");
    Map<String, Object> properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
        Long.toString(Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis()))));
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    long deadline = System.nanoTime() + timeout.toNanos();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
      RunRegistry registry = new RunRegistry();
      registry.readAll(consumer, topics.runs(), deadline);
      return registry;
    } catch (ConfigException e) {
      if (String.valueOf(e.getMessage()).contains("bootstrap")) { // a name that does not resolve
        throw unreachable(address, timeout, e);
      }
      throw new InputException("client properties: " + e.getMessage(), e);
    } catch (AuthorizationException e) {
      throw new IllegalStateException(
          Denial.message(address, "Read", "topic " + topics.runs().name()), e);
    } catch (KafkaException e) {
      if (e.getCause() instanceof ConfigException config
          && !String.valueOf(config.getMessage()).contains("bootstrap")) {
        throw new InputException("client properties: " + config.getMessage(), e);
      }
      throw unreachable(address, timeout, e);
    }
  }

  private static BrokerUnreachableException unreachable(
      String address, Duration timeout, KafkaException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return new BrokerUnreachableException(
        "broker "
            + address
            + " did not answer within "
            + timeout.toMillis()
            + " ms: "
            + cause.getMessage(),
        e);
  }

  private void readAll(KafkaConsumer<byte[], byte[]> consumer, Topic topic, long deadline) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic.name()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
      if (System.nanoTime() - deadline >= 0) {
        throw new TimeoutException("the end of " + topic.name() + " was not reached");
      }
      consumer.poll(Duration.ofMillis(100)).forEach(this::take);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return; // nobody writes tombstones here: a run id is never free again
    }
    try {
      SpecificRecord value = RecordCodec.decode(record.value());
      if (value instanceof Run run && isKey(record.key(), run.getRun())) {
        runs.put(run.getRun(), run);
      } else if (value instanceof Worker worker
          && isKey(record.key(), Topics.workerKey(worker.getRun(), worker.getWorker()))) {
        workers
            .computeIfAbsent(worker.getRun(), run -> new TreeMap<>())
            .put(worker.getWorker(), worker);
      } else {
        LOG.warn("{}: a record that is no run's nor worker's is passed over", where(record));
      }
    } catch (DecodeException e) {
      LOG.warn("{}: passed over: {}", where(record), e.getMessage());
    }
  }

  private static boolean isKey(byte[] key, String expected) {
    return key != null && expected.equals(new String(key, StandardCharsets.UTF_8));
  }

  private static String where(ConsumerRecord<?, ?> record) {
    return record.topic() + "-" + record.partition() + "@" + record.offset();
  }

  /** A run, hidden or not. */
  public Optional<Run> run(String id) {
    return Optional.ofNullable(runs.get(id));
  }

  /** All runs by id, hidden ones included. */
  public SortedMap<String, Run> runs() {
    return Collections.unmodifiableSortedMap(runs);
  }

  /** The last word of each worker of a run, by number. */
  public SortedMap<Integer, Worker> workers(String id) {
    return Collections.unmodifiableSortedMap(workers.getOrDefault(id, new TreeMap<>()));
  }

  /** Highest attempt of a run that anyone wrote down, 0 for none: the next is one above. */
  public int highestAttempt(String id) {
    int highest = run(id).map(Run::getAttempt).orElse(0);
    for (Worker worker : workers(id).values()) {
      highest = Math.max(highest, worker.getAttempt());
    }
    return highest;
  }

  /**
   * Refuses an id that is not one, or is taken, by a hidden run too.
   *
   * @throws InputException with the reason
   */
  public void requireNew(String id) {
    if (!Topics.isRunId(id)) {
      throw new InputException("--run: '" + id + "', allowed: " + Topics.RUN_ID);
    }
    if (highestAttempt(id) > 0) {
      throw new InputException(
          "--run: '"
              + id
              + "' exists already"
              + (isHidden(id)
                  ? HIDDEN + "; choose another id"
                  : "; choose another id, or --resume"));
    }
  }

  /**
   * Refuses to go on with a run that is hidden. One that the topic does not know may go on: a
   * broker can lose its data.
   *
   * @throws InputException with the reason
   */
  public void requireNotHidden(String id) {
    if (isHidden(id)) {
      throw new InputException("--run: '" + id + "' exists" + HIDDEN);
    }
  }

  private boolean isHidden(String id) {
    return run(id).map(Run::getDeleted).orElse(false);
  }
}
