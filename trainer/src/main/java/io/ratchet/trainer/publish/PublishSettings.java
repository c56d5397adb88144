package io.ratchet.trainer.publish;

import io.ratchet.schema.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How to publish.
 *
 * @param client Kafka client properties, {@code bootstrap.servers} among them
 * @param topics the topics
 * @param spillDirectory folder of the spill file
 * @param spillBytes most that the spill file may hold
 * @param queueRecords most observations that wait for the publishing thread, a power of 2
 * @param queueBytes most bytes of arrays in them
 * @param heartbeat time from one word of the worker to the next
 * @param promise within which the worker promises to speak again
 * @param stalledAfter time without an observation after which the worker calls itself stalled
 * @param several whether other workers wait for what this one publishes
 */
public record PublishSettings(
    Map<String, String> client,
    Topics topics,
    Path spillDirectory,
    long spillBytes,
    int queueRecords,
    long queueBytes,
    Duration heartbeat,
    Duration promise,
    Duration stalledAfter,
    boolean several) {
  private static final Logger LOG = LoggerFactory.getLogger(PublishSettings.class);

  /** Checks the bounds. */
  public PublishSettings {
    client = Map.copyOf(client);
    if (spillBytes < 0) {
      throw new IllegalArgumentException("spillBytes " + spillBytes + " is negative");
    }
    if (queueRecords < 1 || Integer.bitCount(queueRecords) != 1) {
      throw new IllegalArgumentException("queueRecords " + queueRecords + " is no power of 2");
    }
    if (queueBytes < 1) {
      throw new IllegalArgumentException("queueBytes " + queueBytes + " is not positive");
    }
  }

  /**
   * The defaults. The queue covers several seconds of training, far more than the publishing thread
   * ever waits for a broker in one go (0.2 s); the spill covers about a day at 30 updates/s and 400
   * bytes a record; a heartbeat may be lost twice before the promise is broken.
   */
  public static PublishSettings of(Map<String, String> client, Topics topics, Path spillDirectory) {
    return new PublishSettings(
        client,
        topics,
        spillDirectory,
        1L << 30,
        1 << 14,
        64L << 20,
        Duration.ofSeconds(3),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        false);
  }

  /**
   * The same for a worker that others wait for: nothing lingers, and a gradient comes to the log
   * after the sweeps that it was made from, so that what the others do next never outruns them. A
   * gradient is not kept in the spill file: the next process makes it again.
   */
  public PublishSettings ofSeveral() {
    Map<String, String> prompt = new HashMap<>(client);
    String linger = prompt.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    if (linger != null && !linger.equals("0")) { // every step would wait for it
      LOG.warn(
          "{} {} is taken for 0: workers wait for each other",
          ProducerConfig.LINGER_MS_CONFIG,
          linger);
    }
    prompt.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
    return new PublishSettings(
        prompt,
        topics,
        spillDirectory,
        spillBytes,
        queueRecords,
        queueBytes,
        heartbeat,
        promise,
        stalledAfter,
        true);
  }

  /** The same with another bound of the spill file. */
  public PublishSettings withSpillBytes(long bytes) {
    return new PublishSettings(
        client,
        topics,
        spillDirectory,
        bytes,
        queueRecords,
        queueBytes,
        heartbeat,
        promise,
        stalledAfter,
        several);
  }

  /** The same with another bound of the queue. */
  public PublishSettings withQueueRecords(int records) {
    return new PublishSettings(
        client,
        topics,
        spillDirectory,
        spillBytes,
        records,
        queueBytes,
        heartbeat,
        promise,
        stalledAfter,
        several);
  }

  /** The same with other times of the worker's own word. */
  public PublishSettings withHeartbeat(Duration heartbeat, Duration promise, Duration stalled) {
    return new PublishSettings(
        client,
        topics,
        spillDirectory,
        spillBytes,
        queueRecords,
        queueBytes,
        heartbeat,
        promise,
        stalled,
        several);
  }

  /** The addresses of the broker, for messages. */
  String address() {
    return client.getOrDefault("bootstrap.servers", "(no bootstrap.servers)");
  }
}
