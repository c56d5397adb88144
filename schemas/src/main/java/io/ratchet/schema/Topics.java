package io.ratchet.schema;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;

/**
 * The one catalogue of topics: names, keys, values, retention.
 *
 * <p>All have the same number of partitions, and everything of a run lies in one: the offset order
 * of that partition is the run's history.
 */
public final class Topics {
  public static final String DEFAULT_PREFIX = "ratchet.";

  /** Partitions of every topic; chosen once, never changed later. */
  public static final int DEFAULT_PARTITIONS = 6;

  /** What a run id looks like. It is a key, a file name and a label, hence so narrow. */
  public static final String RUN_ID = "[a-z0-9][a-z0-9-]{0,62}";

  private static final Pattern PREFIX_PATTERN = Pattern.compile("[a-zA-Z0-9._-]{0,200}");

  /** Largest record of a topic that carries whole sweeps or gradients, bytes. */
  public static final int MAX_RECORD_BYTES = 16 << 20;

  /** Largest window, and largest part of a dead letter that is kept, bytes. */
  public static final int MAX_RESULT_BYTES = 512 << 10;

  private static final Duration FOREVER = null;
  private static final int KAFKA_DEFAULT_RECORD_BYTES = 1_048_588;

  /** What a record's key is. */
  public enum Key {
    /** The run id. */
    RUN,
    /** The run id, or run/worker. */
    RUN_OR_WORKER,
    /** The key of the record that was refused. */
    ORIGINAL,
    /** Fingerprint of a schema, 16 hex digits in the order of the bytes on the wire. */
    FINGERPRINT
  }

  /** How a topic forgets. */
  public enum Cleanup {
    /** Keeps the last value of a key. */
    COMPACT,
    /** Keeps everything until its retention is over. */
    DELETE
  }

  /**
   * One topic.
   *
   * @param name full name, with prefix
   * @param key what the key is
   * @param values record types of the values; empty where they are text or raw bytes
   * @param cleanup how it forgets
   * @param retentionEmbedded retention on the embedded broker; null for ever
   * @param retentionCluster retention on a cluster; null for ever
   * @param maxRecordBytes largest record that the topic takes
   * @param doc what it holds, one line
   */
  public record Topic(
      String name,
      Key key,
      List<Class<? extends SpecificRecord>> values,
      Cleanup cleanup,
      Duration retentionEmbedded,
      Duration retentionCluster,
      int maxRecordBytes,
      String doc) {

    /** The topic's settings in Kafka's own words, for whoever creates it. */
    public Map<String, String> config(boolean embeddedBroker) {
      Map<String, String> config = new LinkedHashMap<>();
      config.put("cleanup.policy", cleanup == Cleanup.COMPACT ? "compact" : "delete");
      if (cleanup == Cleanup.DELETE) {
        Duration retention = embeddedBroker ? retentionEmbedded : retentionCluster;
        config.put("retention.ms", Long.toString(retention == null ? -1 : retention.toMillis()));
        config.put("retention.bytes", "-1");
      }
      config.put("max.message.bytes", Integer.toString(maxRecordBytes));
      // The broker inflates what comes compressed, and refuses what is larger then: a record of 40
      // KB may hold 400 MB, and Kafka's consumer inflates it before anyone can look at its size.
      config.put("compression.type", "uncompressed");
      return config;
    }
  }

  private final Topic runs;
  private final Topic chainStates;
  private final Topic gradientUpdates;
  private final Topic thermodynamics;
  private final Topic alerts;
  private final Topic deadLetters;
  private final Topic schemas;

  private Topics(String prefix) {
    runs =
        new Topic(
            prefix + "runs.v1",
            Key.RUN_OR_WORKER,
            List.of(Run.class, Worker.class),
            Cleanup.COMPACT,
            FOREVER,
            FOREVER,
            KAFKA_DEFAULT_RECORD_BYTES,
            "what each run is, and what each worker last said of itself");
    chainStates =
        history(
            prefix + "chain-states.v1",
            ChainStates.class,
            Duration.ofDays(30),
            MAX_RECORD_BYTES,
            "what each published sweep did to the chains");
    gradientUpdates =
        history(
            prefix + "gradient-updates.v1",
            GradientUpdate.class,
            Duration.ofDays(30),
            MAX_RECORD_BYTES,
            "each parameter update");
    thermodynamics =
        history(
            prefix + "thermodynamics.v1",
            Thermodynamics.class,
            FOREVER,
            KAFKA_DEFAULT_RECORD_BYTES,
            "what each closed window says");
    alerts =
        history(
            prefix + "alerts.v1",
            Alert.class,
            FOREVER,
            KAFKA_DEFAULT_RECORD_BYTES,
            "each raise, resolve and supersede of an alert");
    deadLetters =
        new Topic(
            prefix + "dead-letters.v1",
            Key.ORIGINAL,
            List.of(),
            Cleanup.DELETE,
            Duration.ofDays(7),
            Duration.ofDays(7),
            KAFKA_DEFAULT_RECORD_BYTES,
            "records that were refused, cut to 512 KiB, with the reason in a header");
    schemas =
        new Topic(
            prefix + "schemas.v1",
            Key.FINGERPRINT,
            List.of(),
            Cleanup.COMPACT,
            FOREVER,
            FOREVER,
            KAFKA_DEFAULT_RECORD_BYTES,
            "the Avro schemas, as JSON");
  }

  private static Topic history(
      String name,
      Class<? extends SpecificRecord> value,
      Duration onCluster,
      int maxRecordBytes,
      String doc) {
    return new Topic(
        name, Key.RUN, List.of(value), Cleanup.DELETE, FOREVER, onCluster, maxRecordBytes, doc);
  }

  /**
   * The topics under a prefix.
   *
   * @throws IllegalArgumentException if a topic could not be called so
   */
  public static Topics of(String prefix) {
    if (!PREFIX_PATTERN.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "topic prefix '" + prefix + "' is not " + PREFIX_PATTERN.pattern());
    }
    return new Topics(prefix);
  }

  public Topic runs() {
    return runs;
  }

  public Topic chainStates() {
    return chainStates;
  }

  public Topic gradientUpdates() {
    return gradientUpdates;
  }

  public Topic thermodynamics() {
    return thermodynamics;
  }

  public Topic alerts() {
    return alerts;
  }

  public Topic deadLetters() {
    return deadLetters;
  }

  public Topic schemas() {
    return schemas;
  }

  /** All topics, in the order of the data. */
  public List<Topic> all() {
    return List.of(
        runs, chainStates, gradientUpdates, thermodynamics, alerts, deadLetters, schemas);
  }

  /** Whether a text may be a run id: {@link #RUN_ID}, by hand, since every record is asked. */
  public static boolean isRunId(String text) {
    if (text == null || text.isEmpty() || text.length() > 63 || text.charAt(0) == '-') {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
        return false;
      }
    }
    return true;
  }

  /** Key of a worker's record in the runs topic. */
  public static String workerKey(String run, int worker) {
    return run + "/" + worker;
  }

  /**
   * The partition in which everything of a run lies: murmur2 of the UTF-8 bytes of its id, made
   * positive by dropping the sign bit, modulo partitions. Kafka's Java producer does the same with
   * a key; librdkafka calls it {@code murmur2_random}.
   */
  public static int partitionFor(String run, int partitions) {
    return partitionFor(run.getBytes(StandardCharsets.UTF_8), partitions);
  }

  /** The same for a run id in UTF-8. */
  public static int partitionFor(byte[] run, int partitions) {
    if (!(partitions > 0)) {
      throw new IllegalArgumentException("partitions " + partitions + " is not positive");
    }
    return (murmur2(run) & 0x7fffffff) % partitions;
  }

  /**
   * MurmurHash2 of Austin Appleby, 32 bits, with the seed that Kafka uses; constants are his.
   *
   * @see <a href="https://github.com/aappleby/smhasher/blob/master/src/MurmurHash2.cpp">source</a>
   */
  static int murmur2(byte[] data) {
    int m = 0x5bd1e995;
    int h = 0x9747b28c ^ data.length;
    int whole = data.length & ~3;
    for (int i = 0; i < whole; i += 4) {
      int k =
          (data[i] & 0xff)
              | (data[i + 1] & 0xff) << 8
              | (data[i + 2] & 0xff) << 16
              | (data[i + 3] & 0xff) << 24;
      k *= m;
      k ^= k >>> 24;
      k *= m;
      h *= m;
      h ^= k;
    }
    if (data.length > whole) {
      for (int i = data.length - 1; i >= whole; i--) {
        h ^= (data[i] & 0xff) << (8 * (i - whole));
      }
      h *= m;
    }
    h ^= h >>> 13;
    h *= m;
    h ^= h >>> 15;
    return h;
  }
}
