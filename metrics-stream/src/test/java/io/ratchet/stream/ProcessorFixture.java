package io.ratchet.stream;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.store.BeforeCommit;
import io.ratchet.stream.store.RunStores;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.StoreBuilder;

/** The window processor alone, with maps for stores. */
final class ProcessorFixture {
  private static final Pattern COUNTER =
      Pattern.compile(
          "ratchet_stream_(accepted|late|duplicates|rejected)_total(?:\\{reason=\"([^\"]+)\",?})? (.*)");

  private final WindowSettings settings;
  private final long maxBytes;
  private final Map<String, MapStore> stores = new LinkedHashMap<>();
  private final List<Thermodynamics> windows = new ArrayList<>();
  private final PrometheusExporter exporter = new PrometheusExporter("test", Clock.systemUTC());
  private BeforeCommit beforeCommit;
  private WindowProcessor processor;
  private MockProcessorContext<byte[], byte[]> context;
  private int deadLetters;
  private long offset;

  ProcessorFixture(WindowSettings settings) {
    this(settings, Long.MAX_VALUE);
  }

  /** One whose runs leave the memory when their windows take more. */
  ProcessorFixture(WindowSettings settings, long maxBytes) {
    this.settings = settings;
    this.maxBytes = maxBytes;
    for (String name :
        List.of(RunStores.RUNS, RunStores.WAITING, RunStores.SWEEPS, RunStores.BUCKETS)) {
      stores.put(name, new MapStore(name));
    }
    restart();
  }

  /** What was done is committed, and another processor takes over what the stores hold. */
  void restart() {
    collect();
    if (beforeCommit != null) {
      beforeCommit.flushCache();
    }
    context = new MockProcessorContext<>();
    stores.values().forEach(context::addStateStore);
    beforeCommit = beforeCommit();
    context.addStateStore(beforeCommit);
    processor = new WindowProcessor(settings, 1, exporter, maxBytes);
    processor.init(context);
  }

  void send(ChainStates record) {
    context.setRecordMetadata("chain-states", 0, offset++);
    byte[] key = record.getRun().getBytes(StandardCharsets.UTF_8);
    processor.process(new Record<>(key, RecordCodec.encode(record), 0));
  }

  List<Thermodynamics> windows() {
    collect();
    return List.copyOf(windows);
  }

  int deadLetters() {
    collect();
    return deadLetters;
  }

  /** How many records were accepted, late, a duplicate, or refused for a reason. */
  Map<String, Integer> became() {
    Map<String, Integer> became = new TreeMap<>();
    exporter
        .text(List.of())
        .lines()
        .forEach(
            line -> {
              Matcher counter = COUNTER.matcher(line);
              int count = counter.matches() ? (int) Double.parseDouble(counter.group(3)) : 0;
              if (count > 0) {
                String reason = counter.group(2);
                became.put(
                    reason == null ? counter.group(1).replaceFirst("s$", "") : reason, count);
              }
            });
    return became;
  }

  /** Entries of all stores. */
  long entries() {
    beforeCommit.flushCache();
    return stores.values().stream().mapToLong(MapStore::approximateNumEntries).sum();
  }

  /** As the topology makes it. */
  static BeforeCommit beforeCommit() {
    return RunStores.builders().stream()
        .map(StoreBuilder::build)
        .filter(BeforeCommit.class::isInstance)
        .map(BeforeCommit.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private void collect() {
    if (context == null) {
      return;
    }
    deadLetters += context.forwarded(MetricsTopology.DEAD_LETTERS).size();
    for (var forwarded : context.forwarded(MetricsTopology.THERMODYNAMICS)) {
      try {
        windows.add(RecordCodec.decode(forwarded.record().value(), Thermodynamics.class));
      } catch (DecodeException e) {
        throw new AssertionError(e);
      }
    }
    context.resetForwards();
  }
}
