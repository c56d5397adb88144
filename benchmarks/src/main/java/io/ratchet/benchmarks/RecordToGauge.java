package io.ratchet.benchmarks;

import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.stream.MetricsTopology;
import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaStreams;

/**
 * How long after a record was handed to the producer the gauges of the window that it closes are
 * set, beside how long a plain consumer of the same topic, in the same process and run, needs to
 * receive it; and, where Debian's Chromium is installed, when the window's point is drawn on the
 * live page. One run, one worker, one sweep a step, at a steady rate; only records that close a
 * bucket count, and none of the first third.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.RecordToGauge [RECORDS-PER-SECOND [SECONDS [CHAINS]]]
 * </pre>
 */
public final class RecordToGauge {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final String RUN = "latency";
  private static final WindowSettings WINDOWS = WindowSettings.DEFAULT;
  private static final int STATES = 10;

  private RecordToGauge() {}

  /** Runs the comparison and prints it. */
  public static void main(String[] args) throws Exception {
    int rate = args.length > 0 ? Integer.parseInt(args[0]) : 2_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 60;
    int chains = args.length > 2 ? Integer.parseInt(args[2]) : 100;
    int records = rate * seconds;
    int buckets = (records - 1) / WINDOWS.bucketSteps();
    long[] sent = new long[buckets];
    long[] received = new long[buckets];
    long[] shown = new long[buckets];
    long[] drawn = null;
    PagePoints page = null;
    Path folder = Files.createTempDirectory("ratchet-latency");
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), TOPICS)) {
      StreamSettings settings = StreamSettings.of(broker.client(), folder.resolve("state"));
      PrometheusExporter exporter = new PrometheusExporter("benchmark", new GaugeClock(shown));
      PlainConsumer plain = PlainConsumer.start(broker.client(), received);
      try (KafkaStreams streams =
          new KafkaStreams(
              MetricsTopology.build(TOPICS, Topics.DEFAULT_PARTITIONS, WINDOWS, exporter),
              StreamApplication.properties(settings, "benchmark"))) {
        streams.start();
        while (streams.state() != KafkaStreams.State.RUNNING) {
          LockSupport.parkNanos(10_000_000);
        }
        page = PagePoints.isPossible() ? PagePoints.open(broker.client(), TOPICS, RUN) : null;
        Instant started = Instant.now(Clock.systemUTC());
        long nanos = System.nanoTime();
        produce(broker, records, rate, chains, sent);
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (shown[buckets - 1] == 0 && System.nanoTime() < deadline) {
          LockSupport.parkNanos(10_000_000);
        }
        if (page != null) {
          LockSupport.parkNanos(2_000_000_000); // the last point is on its way to the page
          long[] lastSteps =
              LongStream.range(1, buckets + 1).map(n -> n * WINDOWS.bucketSteps() - 1).toArray();
          drawn = page.shown(lastSteps, started, nanos);
        }
      } finally {
        if (page != null) {
          page.close();
        }
      }
      plain.stop();
    }
    System.out.printf(
        Locale.ROOT,
        "%d records/s, %d s, %d chains, K = %d, B = %d, commit %d ms%n",
        rate,
        seconds,
        chains,
        STATES,
        WINDOWS.bucketSteps(),
        100);
    print("record -> plain consumer", sent, received);
    print("record -> gauge", sent, shown);
    if (drawn != null) {
      print("record -> point on page", sent, drawn);
    }
  }

  private static void produce(BrokerProcess broker, int records, int rate, int chains, long[] sent)
      throws Exception {
    Random random = new Random(1);
    byte[] key = RUN.getBytes(StandardCharsets.UTF_8);
    byte[] from = new byte[chains];
    long start = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      Future<RecordMetadata> last = null;
      for (int step = 0; step < records; step++) {
        byte[] to = from.clone();
        for (int chain = 0; chain < chains; chain++) {
          to[chain] = (byte) ((from[chain] + random.nextInt(3)) % STATES);
        }
        byte[] value =
            RecordCodec.encode(
                RecordedChains.sweep(
                    RUN, step, STATES, ByteBuffer.wrap(from), ByteBuffer.wrap(to)));
        from = to;
        long due = start + step * 1_000_000_000L / rate;
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        int closed = step / WINDOWS.bucketSteps() - 1;
        if (step % WINDOWS.bucketSteps() == 0 && closed >= 0) {
          sent[closed] = System.nanoTime();
        }
        last = producer.send(new ProducerRecord<>(TOPICS.chainStates().name(), key, value));
      }
      if (last != null) {
        last.get();
      }
    }
  }

  private static void print(String what, long[] sent, long[] seen) {
    long[] nanos = new long[sent.length];
    int counted = 0;
    for (int bucket = sent.length / 3; bucket < sent.length; bucket++) {
      if (seen[bucket] != 0) {
        nanos[counted++] = seen[bucket] - sent[bucket];
      }
    }
    Arrays.sort(nanos, 0, counted);
    System.out.printf(
        Locale.ROOT,
        "%-26s n %d  p50 %.1f ms  p99 %.1f ms  max %.1f ms%n",
        what,
        counted,
        nanos[counted / 2] / 1e6,
        nanos[(int) (counted * 0.99)] / 1e6,
        nanos[counted - 1] / 1e6);
  }

  /** The exporter asks the time once a window, when its gauges are set: this notes when. */
  private static final class GaugeClock extends Clock {
    private final long[] shown;
    private final AtomicInteger next = new AtomicInteger();

    GaugeClock(long[] shown) {
      this.shown = shown;
    }

    @Override
    public long millis() {
      int window = next.getAndIncrement();
      if (window < shown.length) {
        shown[window] = System.nanoTime();
      }
      return System.currentTimeMillis();
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(System.currentTimeMillis());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** Bytes in, nothing done with them: what the topic itself costs. */
  private static final class PlainConsumer {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private volatile boolean closed;

    private PlainConsumer(KafkaConsumer<byte[], byte[]> consumer, long[] received) {
      this.consumer = consumer;
      thread = new Thread(() -> consume(received), "plain-consumer");
      thread.setDaemon(true);
    }

    static PlainConsumer start(Map<String, String> client, long[] received) {
      KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              new HashMap<>(client), new ByteArrayDeserializer(), new ByteArrayDeserializer());
      TopicPartition partition =
          new TopicPartition(
              TOPICS.chainStates().name(), Topics.partitionFor(RUN, Topics.DEFAULT_PARTITIONS));
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      PlainConsumer started = new PlainConsumer(consumer, received);
      started.thread.start();
      return started;
    }

    private void consume(long[] received) {
      while (!closed) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          // One record a step, so the offset is the step.
          int closes = (int) (record.offset() / WINDOWS.bucketSteps()) - 1;
          if (record.offset() % WINDOWS.bucketSteps() == 0 && closes >= 0) {
            received[closes] = System.nanoTime();
          }
        }
      }
      consumer.close();
    }

    void stop() throws InterruptedException {
      closed = true;
      thread.join();
    }
  }
}
