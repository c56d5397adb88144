package io.ratchet.cli;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Denial;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.trainer.publish.RunRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;

/** A run as the topics have it: what the commands share that read one. */
final class RecordedRun {
  private final Connection connection;
  private final String id;
  private final RunRegistry registry;

  /** Fingerprints that the schemas topic has; null until a record's is not known here. */
  private Set<String> listed;

  private RecordedRun(Connection connection, String id, RunRegistry registry) {
    this.connection = connection;
    this.id = id;
    this.registry = registry;
  }

  /**
   * Finds a run.
   *
   * @throws io.ratchet.trainer.InputException if it is hidden, or nothing is known of it
   */
  static RecordedRun find(Connection connection, String id) throws InterruptedException {
    Check.runId(id);
    connection.connect().close();
    RunRegistry registry =
        RunRegistry.read(connection.clientProperties(), connection.topics(), connection.timeout());
    RecordedRun run = new RecordedRun(connection, id, registry);
    boolean known =
        registry
            .run(id)
            .map(registered -> !registered.getDeleted())
            .orElseGet(() -> hasSweeps(connection, id));
    if (!known) {
      throw Check.refused("--run", id, "allowed: a run of ratchet runs list");
    }
    return run;
  }

  String id() {
    return id;
  }

  /** What worker 0 registered; empty for a producer that does not register. */
  Optional<Run> registered() {
    return registry.run(id);
  }

  /** The last word of each of its workers. */
  Collection<io.ratchet.schema.Worker> workers() {
    return registry.workers(id).values();
  }

  /** The records of the run in a topic. */
  TopicReader open(Topic topic) {
    return TopicReader.open(connection.clientProperties(), topic, id);
  }

  /** Whether a record of the run's partition is the run's. */
  boolean isOf(ConsumerRecord<byte[], byte[]> record) {
    return TopicReader.key(record).equals(id);
  }

  /** Gives the record to whoever wants it, if it is the run's and decodes to that type. */
  <T extends SpecificRecord> void decode(
      ConsumerRecord<byte[], byte[]> record, Class<T> type, Consumer<T> each) {
    if (isOf(record)) {
      try {
        each.accept(RecordCodec.decode(record.value(), type));
      } catch (DecodeException e) {
        refuseLaterVersions(record, e); // anything else is among the stream's dead letters
      }
    }
  }

  /**
   * What no version wrote is left out; what this one does not know yet is not: the rest would pass
   * for the whole. The schemas topic tells them apart.
   */
  private void refuseLaterVersions(ConsumerRecord<byte[], byte[]> record, DecodeException why) {
    if (why.reason() != DecodeException.Reason.FINGERPRINT) {
      return;
    }
    Topic schemas = connection.topics().schemas();
    if (listed == null) {
      listed = new HashSet<>();
      try (TopicReader reader = TopicReader.open(connection.clientProperties(), schemas, null)) {
        reader.readToEnd(schema -> listed.add(TopicReader.key(schema)));
      }
    }
    String fingerprint = HexFormat.of().formatHex(record.value(), 2, 10);
    if (listed.contains(fingerprint)) {
      throw new IllegalStateException(
          "topic %s, partition %d, offset %d: run %s has a record that a later version of Ratchet wrote (schema %s of %s); use that version"
              .formatted(
                  record.topic(),
                  record.partition(),
                  record.offset(),
                  id,
                  fingerprint,
                  schemas.name()));
    }
  }

  /** Reads all records of the run in a topic. */
  <T extends SpecificRecord> void readAll(Topic topic, Class<T> type, Consumer<T> each) {
    try (TopicReader reader = open(topic)) {
      reader.readToEnd(record -> decode(record, type, each));
    }
  }

  /** The settings that the stream froze for the run; empty before its first window. */
  Optional<WindowSettings> settings() {
    return settings(Duration.ZERO);
  }

  /**
   * The same; waits for the first window.
   *
   * @param patience how long to wait
   */
  Optional<WindowSettings> settings(Duration patience) {
    WindowSettings[] found = new WindowSettings[1];
    long start = System.nanoTime();
    try (TopicReader reader = open(connection.topics().thermodynamics())) {
      Consumer<ConsumerRecord<byte[], byte[]>> look =
          record ->
              decode(
                  record,
                  Thermodynamics.class,
                  window -> found[0] = found[0] == null ? settingsOf(window) : found[0]);
      boolean more = true;
      while (more && found[0] == null) {
        more = reader.read(look);
      }
      reader.follow(
          () -> found[0] != null || System.nanoTime() - start >= patience.toNanos(), look);
    }
    return Optional.ofNullable(found[0]);
  }

  private static WindowSettings settingsOf(Thermodynamics window) {
    return new WindowSettings(
        window.getBucketSteps(), window.getWindowBuckets(), window.getGrace(), window.getFloor());
  }

  /**
   * Records of the run's partition of a topic that the stream has not dealt with; 0 if there are
   * none, or no stream has ever read it.
   */
  long leftByStream(Topic topic) throws InterruptedException {
    try (Admin admin = connection.connect();
        TopicReader reader = open(topic)) {
      Map<TopicPartition, OffsetAndMetadata> dealtWith =
          admin
              .listConsumerGroupOffsets(StreamSettings.DEFAULT_APPLICATION_ID)
              .partitionsToOffsetAndMetadata()
              .get();
      long left = 0;
      for (Map.Entry<TopicPartition, Long> end : reader.ends().entrySet()) {
        OffsetAndMetadata next = dealtWith.get(end.getKey());
        left += next == null ? 0 : Math.max(0, end.getValue() - next.offset());
      }
      return left;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupAuthorizationException) {
        String group = "group " + StreamSettings.DEFAULT_APPLICATION_ID;
        throw new IllegalStateException(
            Denial.message(connection.bootstrap(), "Describe", group), e);
      }
      throw new IllegalStateException(
          "Kafka cannot say how far the stream has come: " + e.getCause().getMessage(), e);
    }
  }

  /** Whether the log has a record of a run, registered or not. */
  static boolean hasSweeps(Connection connection, String id) {
    boolean[] found = {false};
    try (TopicReader reader =
        TopicReader.open(connection.clientProperties(), connection.topics().chainStates(), id)) {
      boolean more = true;
      while (more && !found[0]) {
        more = reader.read(record -> found[0] |= TopicReader.key(record).equals(id));
      }
    }
    return found[0];
  }
}
