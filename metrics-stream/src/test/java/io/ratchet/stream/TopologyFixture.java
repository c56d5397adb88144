package io.ratchet.stream;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.page.RunArchive;
import io.ratchet.stream.store.RunStores;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;

/** The whole topology on one partition, with real stores and no broker. */
final class TopologyFixture implements AutoCloseable {
  static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");
  private static final List<String> STORES =
      List.of(RunStores.RUNS, RunStores.WAITING, RunStores.SWEEPS, RunStores.BUCKETS);

  private final WindowSettings settings;
  private final Path directory;
  private int lives;
  private TopologyTestDriver driver;
  private PrometheusExporter exporter;
  private TestInputTopic<byte[], byte[]> states;
  private TestInputTopic<byte[], byte[]> gradients;

  TopologyFixture(WindowSettings settings, Path directory) {
    this.settings = settings;
    this.directory = directory;
    start();
  }

  private void start() {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
    properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.resolve("life" + lives++).toString());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    exporter = new PrometheusExporter("test", Clock.fixed(NOW, java.time.ZoneOffset.UTC));
    driver =
        new TopologyTestDriver(
            MetricsTopology.build(TOPICS, 1, settings, exporter), properties, NOW);
    states = input(TOPICS.chainStates().name());
    gradients = input(TOPICS.gradientUpdates().name());
  }

  private TestInputTopic<byte[], byte[]> input(String topic) {
    return driver.createInputTopic(
        topic, new ByteArraySerializer(), new ByteArraySerializer(), NOW, Duration.ZERO);
  }

  /** Ends the process and begins another one with what the changelogs hold. */
  void restart() {
    Map<String, Map<Bytes, byte[]>> kept = contents();
    driver.close();
    start();
    kept.forEach((store, entries) -> entries.forEach((key, value) -> store(store).put(key, value)));
  }

  /** Takes over what another stream's changelogs hold. */
  void adopt(TopologyFixture other) {
    other
        .contents()
        .forEach((name, entries) -> entries.forEach((key, value) -> store(name).put(key, value)));
  }

  /** All entries of all stores. */
  Map<String, Map<Bytes, byte[]>> contents() {
    Map<String, Map<Bytes, byte[]>> contents = new LinkedHashMap<>();
    for (String name : STORES) {
      Map<Bytes, byte[]> entries = new TreeMap<>();
      try (KeyValueIterator<Bytes, byte[]> all = store(name).all()) {
        while (all.hasNext()) {
          KeyValue<Bytes, byte[]> next = all.next();
          entries.put(next.key, next.value);
        }
      }
      contents.put(name, entries);
    }
    return contents;
  }

  private KeyValueStore<Bytes, byte[]> store(String name) {
    return driver.getKeyValueStore(name);
  }

  void send(ChainStates record) {
    states.pipeInput(record.getRun().getBytes(StandardCharsets.UTF_8), RecordCodec.encode(record));
  }

  void sendStates(byte[] key, byte[] value) {
    states.pipeInput(new TestRecord<>(key, value));
  }

  void sendGradient(String key, SpecificRecord value) {
    gradients.pipeInput(key.getBytes(StandardCharsets.UTF_8), RecordCodec.encode(value));
  }

  List<Thermodynamics> windows() {
    List<Thermodynamics> windows = new ArrayList<>();
    for (TestRecord<byte[], byte[]> record : output(TOPICS.thermodynamics().name())) {
      try {
        windows.add(RecordCodec.decode(record.value(), Thermodynamics.class));
      } catch (DecodeException e) {
        throw new AssertionError(e);
      }
    }
    return windows;
  }

  List<Alert> alerts() {
    List<Alert> alerts = new ArrayList<>();
    for (TestRecord<byte[], byte[]> record : output(TOPICS.alerts().name())) {
      try {
        alerts.add(RecordCodec.decode(record.value(), Alert.class));
      } catch (DecodeException e) {
        throw new AssertionError(e);
      }
    }
    return alerts;
  }

  List<TestRecord<byte[], byte[]>> deadLetters() {
    return output(TOPICS.deadLetters().name());
  }

  String metrics() {
    return exporter.text(List.<RunArchive.Summary>of());
  }

  /** Value of a series, or NaN if there is none. */
  double metric(String series) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  private List<TestRecord<byte[], byte[]>> output(String topic) {
    return driver
        .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
        .readRecordsToList();
  }

  @Override
  public void close() {
    driver.close();
  }
}
