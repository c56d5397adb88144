package io.ratchet.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.stream.MetricsTopology;
import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.page.HttpSettings;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Records a second, and a second of CPU time, of the complete stream (exactly-once, exact state,
 * output and changelogs) beside less and less of it on the same topic in the same process: an
 * exactly-once Streams application that does nothing with a record, a consumer that decodes it, a
 * consumer that does not.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.StreamThroughput [CHAINS [RECORDS [RUNS [ROUNDS]]]]</pre>
 *
 * <p>Each run fills a partition and gives a thread its work. The variants take turns; the first
 * {@value #WARM_ROUNDS} rounds warm up and do not count. CPU time is this process's, compiler and
 * collector included; the broker is another process.
 *
 * <p>What counts is the steady state that a run of hours is in: from the moment a quarter of the
 * records is done, committed where there are commits, until all are. Beside it stands the same from
 * the moment the application runs, with the opening of its stores and its first commits.
 */
public final class StreamThroughput {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  /** Rounds that do not count: until then the compiler takes as much as the stream's thread. */
  private static final int WARM_ROUNDS = 5;

  /** Steps recorded; a longer run goes through them again, its steps and sweeps go on. */
  private static final int RECORDED_STEPS = 100_000;

  private static final WindowSettings WINDOWS = new WindowSettings(1_000, 20, 20, 0.05);
  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final BrokerProcess broker;
  private final Path folder;
  private final Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
  private final int threads;
  private int applications;

  private StreamThroughput(BrokerProcess broker, Path folder, int threads) {
    this.broker = broker;
    this.folder = folder;
    this.threads = threads;
  }

  /** Runs the comparison and prints it. */
  public static void main(String[] args) throws Exception {
    int chains = args.length > 0 ? Integer.parseInt(args[0]) : 64;
    int records = args.length > 1 ? Integer.parseInt(args[1]) : 4_000_000;
    int runs = args.length > 2 ? Integer.parseInt(args[2]) : 1;
    int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 9;
    Path folder = Files.createTempDirectory("ratchet-throughput");
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), TOPICS)) {
      StreamThroughput bench = new StreamThroughput(broker, folder, runs);
      for (int run = 0; run < runs; run++) {
        bench.produce(records / runs, chains);
      }
      String[] names = {
        "byte[] consumer", "consumer and decoder", "Streams foreach, EOS", "complete stream, EOS"
      };
      Measured[][] measured = new Measured[names.length][rounds];
      for (int round = 0; round < rounds; round++) {
        measured[0][round] = bench.consume(false);
        measured[1][round] = bench.consume(true);
        measured[2][round] = bench.stream(foreach(), records);
        measured[3][round] =
            bench.stream(
                MetricsTopology.build(
                    TOPICS,
                    Topics.DEFAULT_PARTITIONS,
                    WINDOWS,
                    new PrometheusExporter("benchmark", Clock.systemUTC())),
                records);
      }
      System.out.printf(
          Locale.ROOT,
          "%,d records of %d chains, K = 10, B = %d, %d runs and threads, %d rounds%n",
          records,
          chains,
          WINDOWS.bucketSteps(),
          runs,
          rounds - WARM_ROUNDS);
      for (int v = 0; v < names.length; v++) {
        double[] wall = new double[rounds - WARM_ROUNDS];
        double[] cpu = new double[rounds - WARM_ROUNDS];
        double[] share = new double[rounds - WARM_ROUNDS];
        double[] wholeShare = new double[rounds - WARM_ROUNDS];
        for (int round = WARM_ROUNDS; round < rounds; round++) {
          int at = round - WARM_ROUNDS;
          Measured ours = measured[v][round];
          Measured peer = measured[2][round];
          wall[at] = ours.steady.perSecond();
          cpu[at] = ours.steady.perCpuSecond();
          share[at] = ours.steady.perCpuSecond() / peer.steady.perCpuSecond();
          wholeShare[at] = ours.whole.perCpuSecond() / peer.whole.perCpuSecond();
        }
        System.out.printf(
            Locale.ROOT,
            "%-22s %,9.0f records/s  %,9.0f records/CPU-s  %.2f of Streams foreach (%.2f to %.2f),"
                + " start included %.2f%n",
            names[v],
            Figures.median(wall),
            Figures.median(cpu),
            Figures.median(share),
            Figures.quantile(share, 0),
            Figures.quantile(share, 1),
            Figures.median(wholeShare));
      }
    }
  }

  /** What records took. */
  private record Cost(long records, long wallNanos, long cpuNanos) {
    double perSecond() {
      return records * 1e9 / wallNanos;
    }

    double perCpuSecond() {
      return records * 1e9 / cpuNanos;
    }
  }

  /** A round: all of it, and its steady state. */
  private record Measured(Cost whole, Cost steady) {}

  /** Measures a round while it goes on. */
  private static final class Watch {
    private final long records;
    private final long wall = System.nanoTime();
    private final long cpu = PROCESS.getProcessCpuTime();
    private long steadyFrom;
    private long steadyWall;
    private long steadyCpu;

    Watch(long records) {
      this.records = records;
    }

    /** Takes note of how many records are done. */
    void at(long done) {
      if (steadyFrom == 0 && done >= records / 4) {
        steadyFrom = done;
        steadyWall = System.nanoTime();
        steadyCpu = PROCESS.getProcessCpuTime();
      }
    }

    /** All are done. */
    Measured end() {
      long now = System.nanoTime();
      long used = PROCESS.getProcessCpuTime();
      return new Measured(
          new Cost(records, now - wall, used - cpu),
          new Cost(records - steadyFrom, now - steadyWall, used - steadyCpu));
    }
  }

  /** A run in a partition that no other run is in. */
  private void produce(int records, int chains) throws Exception {
    String run;
    TopicPartition partition;
    int number = 0;
    do {
      run = "run-" + number++;
      partition =
          new TopicPartition(
              TOPICS.chainStates().name(), Topics.partitionFor(run, Topics.DEFAULT_PARTITIONS));
    } while (ends.containsKey(partition));
    RecordedChains recorded =
        RecordedChains.simulate(Math.min(records, RECORDED_STEPS) * RecordedChains.CHAINS);
    byte[] key = run.getBytes(StandardCharsets.UTF_8);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      Future<RecordMetadata> last = null;
      for (int step = 0; step < records; step++) {
        int at = step % recorded.steps() * RecordedChains.CHAINS;
        ChainStates sweep =
            RecordedChains.sweep(
                run,
                step,
                RecordedChains.STATES,
                ByteBuffer.wrap(recorded.states(), at, chains),
                ByteBuffer.wrap(recorded.states(), at + RecordedChains.CHAINS, chains));
        last =
            producer.send(
                new ProducerRecord<>(TOPICS.chainStates().name(), key, RecordCodec.encode(sweep)));
      }
      if (last != null) {
        last.get();
      }
    }
    ends.put(partition, new OffsetAndMetadata(records));
  }

  private Measured consume(boolean decoding) throws Exception {
    Map<String, Object> properties = new HashMap<>(broker.client());
    properties.put("isolation.level", "read_committed");
    long records = ends.values().stream().mapToLong(OffsetAndMetadata::offset).sum();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>(ends.keySet());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Watch watch = new Watch(records);
      long done = 0;
      while (done < records) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          if (!decoding || RecordCodec.decode(record.value(), ChainStates.class).getStep() >= 0) {
            done++;
          }
        }
        watch.at(done);
      }
      return watch.end();
    }
  }

  private Measured stream(Topology topology, long records) throws Exception {
    String application = "application-" + applications++;
    StreamSettings settings =
        new StreamSettings(
            broker.client(),
            Topics.DEFAULT_PREFIX,
            application,
            "one",
            folder.resolve(application),
            threads,
            WINDOWS,
            HttpSettings.loopback(0),
            true,
            Duration.ofSeconds(30));
    try (Admin admin = Admin.create(new HashMap<>(broker.client()));
        KafkaStreams streams =
            new KafkaStreams(topology, StreamApplication.properties(settings, "one"))) {
      streams.start();
      while (streams.state() != KafkaStreams.State.RUNNING) {
        LockSupport.parkNanos(1_000_000);
      }
      Watch watch = new Watch(records);
      long committed = 0;
      while (committed < records) {
        LockSupport.parkNanos(20_000_000);
        committed =
            admin
                .listConsumerGroupOffsets(application)
                .partitionsToOffsetAndMetadata()
                .get()
                .entrySet()
                .stream()
                .filter(each -> each.getValue() != null && ends.containsKey(each.getKey()))
                .mapToLong(each -> each.getValue().offset())
                .sum();
        watch.at(committed);
      }
      return watch.end();
    }
  }

  private static Topology foreach() {
    AtomicLong bytes = new AtomicLong();
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            "in",
            null,
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            TOPICS.chainStates().name())
        .addProcessor(
            "foreach",
            () ->
                new ContextualProcessor<byte[], byte[], Void, Void>() {
                  @Override
                  public void process(Record<byte[], byte[]> record) {
                    bytes.lazySet(bytes.getPlain() + record.value().length);
                  }
                },
            "in");
  }
}
