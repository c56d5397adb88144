package io.ratchet.stream.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The state of a task. Keys begin with the run id and a zero byte, which no id contains, so that
 * what belongs to a run lies together, in the order of attempts, buckets, workers and sweeps.
 *
 * @param runs of each run its book; key run
 * @param waiting records that wait for earlier ones; key run, attempt, worker, sweep, page
 * @param sweeps accepted sweeps of open buckets; key run, attempt, bucket, worker, page
 * @param buckets closed buckets of the windows; key run, attempt, bucket, page
 * @param beforeCommit runs whose changes are not in the stores yet
 */
public record RunStores(
    KeyValueStore<Bytes, byte[]> runs,
    KeyValueStore<Bytes, byte[]> waiting,
    KeyValueStore<Bytes, byte[]> sweeps,
    KeyValueStore<Bytes, byte[]> buckets,
    BeforeCommit beforeCommit) {
  public static final String RUNS = "runs";
  public static final String WAITING = "waiting";
  public static final String SWEEPS = "sweeps";
  public static final String BUCKETS = "buckets";

  /**
   * Settings of the changelogs. Their keys turn over all the time, so segments are small and
   * cleaned early: what a restart has to read stays near what there is to restore.
   */
  private static final Map<String, String> CHANGELOG =
      Map.of(
          TopicConfig.SEGMENT_BYTES_CONFIG,
          Integer.toString(16 << 20),
          TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG,
          "0.2");

  /**
   * The stores as the topology declares them: standard, persistent and logged. They need no cache,
   * since a run is written once a commit.
   */
  public static Set<StoreBuilder<?>> builders() {
    return Set.of(
        builder(RUNS), builder(WAITING), builder(SWEEPS), builder(BUCKETS), BeforeCommit.builder());
  }

  private static StoreBuilder<?> builder(String name) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
        .withLoggingEnabled(CHANGELOG);
  }

  /** The stores of a task. */
  public static RunStores of(ProcessingContext context) {
    return new RunStores(
        context.getStateStore(RUNS),
        context.getStateStore(WAITING),
        context.getStateStore(SWEEPS),
        context.getStateStore(BUCKETS),
        context.getStateStore(BeforeCommit.NAME));
  }

  /** Key of a run's book. */
  public static Bytes runKey(String run) {
    return Bytes.wrap(run.getBytes(StandardCharsets.UTF_8));
  }

  /** Prefix of all keys of an attempt. */
  public static byte[] attempt(String run, int attempt) {
    return start(run, attempt, 0).array();
  }

  /** Prefix of a waiting record. */
  public static byte[] waiting(String run, int attempt, int worker, long sweep) {
    return start(run, attempt, Integer.BYTES + Long.BYTES).putInt(worker).putLong(sweep).array();
  }

  /** Prefix of a closed bucket, and of all sweeps of an open one. */
  public static byte[] bucket(String run, int attempt, long bucket) {
    return start(run, attempt, Long.BYTES).putLong(bucket).array();
  }

  /** Prefix of the sweeps of a worker in an open bucket. */
  public static byte[] sweeps(String run, int attempt, long bucket, int worker) {
    return start(run, attempt, Long.BYTES + Integer.BYTES).putLong(bucket).putInt(worker).array();
  }

  /** The part of a key that comes after run and attempt. */
  public static ByteBuffer afterAttempt(byte[] key, String run) {
    int start = run.length() + 1 + Integer.BYTES; // an id is ASCII
    return ByteBuffer.wrap(key, start, key.length - start);
  }

  private static ByteBuffer start(String run, int attempt, int more) {
    byte[] id = run.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(id.length + 1 + Integer.BYTES + more)
        .put(id)
        .put((byte) 0)
        .putInt(attempt);
  }
}
