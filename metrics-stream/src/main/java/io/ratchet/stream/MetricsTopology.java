package io.ratchet.stream;

import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.store.RunStores;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * The whole dataflow of the stream.
 *
 * <pre>
 * chain-states ------> windows ----+---> thermodynamics
 *                                  |
 *                                  +---> alerts
 *                                  |
 * gradient-updates --> gradients --+---> dead-letters
 * </pre>
 *
 * <p>Records enter and leave as bytes: what does not decode is a matter of the processors, which
 * write it to the dead letters, not of an exception handler. Both processors also set gauges. All
 * of a run lies in one partition, so there is nothing to repartition, and one partition is one
 * task.
 */
public final class MetricsTopology {
  static final String CHAIN_STATES = "chain-states";
  static final String GRADIENT_UPDATES = "gradient-updates";
  static final String WINDOWS = "windows";
  static final String GRADIENTS = "gradients";
  static final String THERMODYNAMICS = "thermodynamics";
  static final String ALERTS = "alerts";
  static final String DEAD_LETTERS = "dead-letters";

  private static final AutoOffsetReset EARLIEST = AutoOffsetReset.earliest();

  private MetricsTopology() {}

  /**
   * Declares the dataflow.
   *
   * @param topics names of the topics
   * @param partitions number of partitions of each of them
   * @param settings how the steps of new runs are cut into windows
   * @param exporter where gauges and counters are set
   */
  public static Topology build(
      Topics topics, int partitions, WindowSettings settings, PrometheusExporter exporter) {
    Deserializer<byte[]> in = new ByteArrayDeserializer();
    Serializer<byte[]> out = new ByteArraySerializer();
    // All partitions may come to this process; the rest of its heap is for everything else.
    long windowBytes = Runtime.getRuntime().maxMemory() / 4 / partitions;
    exporter.expect(topics.chainStates().name());
    exporter.expect(topics.gradientUpdates().name());
    return new Topology()
        .addSource(
            EARLIEST, CHAIN_STATES, MetricsTopology::timestamp, in, in, topics.chainStates().name())
        .addSource(
            EARLIEST,
            GRADIENT_UPDATES,
            MetricsTopology::timestamp,
            in,
            in,
            topics.gradientUpdates().name())
        .addProcessor(
            WINDOWS,
            withStores(
                () -> new WindowProcessor(settings, partitions, exporter, windowBytes),
                RunStores.builders()),
            CHAIN_STATES)
        .addProcessor(
            GRADIENTS, () -> new GradientProcessor(partitions, exporter), GRADIENT_UPDATES)
        .addSink(THERMODYNAMICS, topics.thermodynamics().name(), out, out, WINDOWS)
        .addSink(ALERTS, topics.alerts().name(), out, out, WINDOWS)
        .addSink(DEAD_LETTERS, topics.deadLetters().name(), out, out, WINDOWS, GRADIENTS);
  }

  /**
   * The record's timestamp, or the highest so far for a producer that sent none: Kafka takes a
   * negative one, and Kafka Streams would stop for ever at it. No decision depends on it.
   */
  static long timestamp(ConsumerRecord<Object, Object> record, long highest) {
    return record.timestamp() >= 0 ? record.timestamp() : Math.max(0, highest);
  }

  private static ProcessorSupplier<byte[], byte[], byte[], byte[]> withStores(
      ProcessorSupplier<byte[], byte[], byte[], byte[]> processor, Set<StoreBuilder<?>> stores) {
    return new ProcessorSupplier<>() {
      @Override
      public Processor<byte[], byte[], byte[], byte[]> get() {
        return processor.get();
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return stores;
      }
    };
  }
}
