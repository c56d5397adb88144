package io.ratchet.benchmarks;

import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.page.HttpSettings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * How long the stream takes from its start until it works again, as a function of the state that it
 * keeps: runs that have not ended, each with a whole window of 20 buckets of 25 sweeps of 64
 * chains. Once with the state that it left in good order, once without any, as after a kill: then
 * the state is built again from the changelogs, in the broker, which is another process.
 *
 * <pre>java -cp ... io.ratchet.benchmarks.RestartTime [RUNS[,RUNS,...] [ROUNDS]]</pre>
 *
 * <p>The JVM's own start is not in it: all lives of the stream are in this process, the first of
 * which does not count.
 */
public final class RestartTime {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final WindowSettings WINDOWS = new WindowSettings(25, 20, 20, 0.05);
  private static final int SWEEPS = WINDOWS.bucketSteps() * WINDOWS.windowBuckets() + 1;
  private static final int CHAINS = 64;

  private final BrokerProcess broker;
  private final StreamSettings settings;
  private int produced;

  private RestartTime(BrokerProcess broker, Path folder) {
    this.broker = broker;
    settings =
        new StreamSettings(
            broker.client(),
            Topics.DEFAULT_PREFIX,
            StreamSettings.DEFAULT_APPLICATION_ID,
            "one",
            folder.resolve("state"),
            1,
            WINDOWS,
            HttpSettings.loopback(0),
            true,
            Duration.ofSeconds(30));
  }

  /** Measures and prints. */
  public static void main(String[] args) throws Exception {
    String[] sizes = (args.length > 0 ? args[0] : "1,10,100,1000").split(",", -1);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    Path folder = Files.createTempDirectory("ratchet-restart");
    try (BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"), TOPICS)) {
      RestartTime bench = new RestartTime(broker, folder);
      System.out.println("  runs     changelogs     state as it was left    built again   (s)");
      for (String size : sizes) {
        bench.produce(Integer.parseInt(size));
        double[] kept = new double[rounds];
        double[] built = new double[rounds];
        for (int round = 0; round < rounds; round++) {
          kept[round] = bench.restart();
          bench.forget();
          built[round] = bench.restart();
        }
        System.out.printf(
            Locale.ROOT,
            "%,6d %,11d kB   %6.2f (%.2f to %.2f)   %6.2f (%.2f to %.2f)%n",
            bench.produced,
            bench.changelogs() >> 10,
            Figures.median(kept),
            Figures.quantile(kept, 0),
            Figures.quantile(kept, 1),
            Figures.median(built),
            Figures.quantile(built, 0),
            Figures.quantile(built, 1));
      }
    }
  }

  /** Sends runs until there are so many, and has the stream deal with them. */
  private void produce(int runs) throws Exception {
    RecordedChains recorded = RecordedChains.simulate(SWEEPS * RecordedChains.CHAINS);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      Future<RecordMetadata> last = null;
      for (; produced < runs; produced++) {
        String run = "run-" + produced;
        for (int step = 0; step < SWEEPS; step++) {
          int at = step * RecordedChains.CHAINS;
          last =
              producer.send(
                  new ProducerRecord<>(
                      TOPICS.chainStates().name(),
                      run.getBytes(StandardCharsets.UTF_8),
                      RecordCodec.encode(
                          RecordedChains.sweep(
                              run,
                              step,
                              RecordedChains.STATES,
                              ByteBuffer.wrap(recorded.states(), at, CHAINS),
                              ByteBuffer.wrap(
                                  recorded.states(), at + RecordedChains.CHAINS, CHAINS)))));
        }
      }
      if (last != null) {
        last.get();
      }
    }
    try (StreamApplication stream = StreamApplication.start(settings, Clock.systemUTC());
        Admin admin = Admin.create(new HashMap<>(broker.client()))) {
      while (committed(admin) < (long) produced * SWEEPS) {
        LockSupport.parkNanos(50_000_000);
      }
      if (stream.failure().isPresent()) {
        throw new IllegalStateException(stream.failure().get());
      }
    }
  }

  private double restart() throws Exception {
    long start = System.nanoTime();
    try (StreamApplication stream = StreamApplication.start(settings, Clock.systemUTC())) {
      while (!stream.isReady()) {
        LockSupport.parkNanos(1_000_000);
      }
      return (System.nanoTime() - start) * 1e-9;
    }
  }

  /** Deletes the state on the disk. */
  private void forget() throws Exception {
    try (Stream<Path> files = Files.walk(settings.stateDirectory())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private long committed(Admin admin) throws Exception {
    return admin
        .listConsumerGroupOffsets(settings.applicationId())
        .partitionsToOffsetAndMetadata()
        .get()
        .entrySet()
        .stream()
        .filter(each -> each.getKey().topic().equals(TOPICS.chainStates().name()))
        .map(each -> each.getValue())
        .filter(each -> each != null)
        .mapToLong(OffsetAndMetadata::offset)
        .sum();
  }

  /** Bytes of the changelogs in the broker. */
  private long changelogs() throws Exception {
    try (Admin admin = Admin.create(new HashMap<>(broker.client()))) {
      List<Integer> nodes =
          admin.describeCluster().nodes().get().stream().map(node -> node.id()).toList();
      return admin.describeLogDirs(nodes).allDescriptions().get().values().stream()
          .flatMap(directories -> directories.values().stream())
          .flatMap(directory -> directory.replicaInfos().entrySet().stream())
          .filter(replica -> replica.getKey().topic().endsWith("-changelog"))
          .mapToLong(replica -> replica.getValue().size())
          .sum();
    }
  }
}
