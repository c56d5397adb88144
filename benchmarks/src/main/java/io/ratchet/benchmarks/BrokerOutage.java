package io.ratchet.benchmarks;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Kills the broker in the middle of a training for ten seconds: how long updates take before,
 * meanwhile and after, and whether every sweep is in the topic, in order.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.BrokerOutage [DATA [UPDATES [OUTAGE-SECONDS]]]</pre>
 */
public final class BrokerOutage {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final String RUN = "outage";

  /** Updates before the first that counts: the compiler is still at work. */
  private static final int WARM = 5_000;

  private BrokerOutage() {}

  /** Runs the outage and prints what came of it. */
  public static void main(String[] args) throws Exception {
    String spec = args.length > 0 ? args[0] : "glyphs:16";
    int updates = args.length > 1 ? Integer.parseInt(args[1]) : 65_000;
    long outageNanos = (args.length > 2 ? Long.parseLong(args[2]) : 10) * 1_000_000_000L;
    int third = (updates - WARM) / 3;
    Path folder = Files.createTempDirectory("ratchet-outage");
    DataSet data = DataSets.load(spec, null, Integer.MAX_VALUE, 1);
    TrainingSettings settings =
        TrainingSettings.builder().updates(updates).batch(100).seed(1).build();
    long[] nanos = new long[updates];
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), TOPICS)) {
      KafkaRunPublisher publisher =
          broker.publisher(RUN, folder.resolve("spill"), data.visible(), settings);
      TrainingLoop loop = TrainingLoop.start(data, settings, publisher, System::nanoTime);
      int killAt = WARM + third;
      long[] back = new long[1]; // sweeps made when the broker was started again
      Thread returning = null;
      long last = System.nanoTime();
      while (loop.step() < updates) {
        int step = (int) loop.step();
        if (step == killAt) {
          broker.kill();
          returning =
              new Thread(
                  () -> {
                    try {
                      Thread.sleep(Duration.ofNanos(outageNanos).toMillis());
                      back[0] = publisher.nextSweep();
                      broker.startAgain();
                    } catch (Exception e) {
                      throw new IllegalStateException(e);
                    }
                  });
          returning.start();
          last = System.nanoTime();
        }
        loop.run(() -> loop.step() > step, (done, logLikelihood) -> {});
        long now = System.nanoTime();
        nanos[step] = now - last;
        last = now;
      }
      returning.join();
      print("broker alive", nanos, WARM, WARM + third);
      print("from its death on", nanos, killAt, killAt + third);
      print("last third", nanos, updates - third, updates);
      boolean delivered = publisher.close(WorkerState.FINISHED, updates, "", Duration.ofMinutes(2));
      System.out.printf(
          Locale.ROOT,
          "%,d updates while it was dead; delivered %b, dropped %d, spilled %,d%n",
          back[0] - killAt,
          delivered,
          publisher.dropped(),
          publisher.spilled());
      readBack(broker, updates);
    }
  }

  private static void print(String what, long[] nanos, int from, int to) {
    double[] micros = Arrays.stream(nanos, from, to).mapToDouble(n -> n / 1e3).toArray();
    System.out.printf(
        Locale.ROOT,
        "%-18s %,7d updates: median %7.1f us, p99 %8.1f us, longest %9.1f us%n",
        what,
        to - from,
        Figures.median(micros),
        Figures.quantile(micros, 0.99),
        Figures.quantile(micros, 1));
  }

  /** Reads the run's partition and says what a reader would have counted. */
  private static void readBack(BrokerProcess broker, int updates) throws Exception {
    TopicPartition partition =
        new TopicPartition(
            TOPICS.chainStates().name(), Topics.partitionFor(RUN, Topics.DEFAULT_PARTITIONS));
    BitSet seen = new BitSet();
    long records = 0;
    long disorder = 0;
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(Map.<String, Object>copyOf(broker.client()), bytes, bytes)) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          int sweep =
              Math.toIntExact(RecordCodec.decode(record.value(), ChainStates.class).getSweep());
          records++;
          if (!seen.get(sweep) && sweep != seen.length()) {
            disorder++;
          }
          seen.set(sweep);
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "in the topic: %,d records, %,d of %,d sweeps, %d duplicates, %d out of order%n",
        records,
        seen.cardinality(),
        updates + 1,
        records - seen.cardinality(),
        disorder);
  }
}
