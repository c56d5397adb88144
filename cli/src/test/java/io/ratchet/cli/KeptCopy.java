package io.ratchet.cli;

import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Data and state that a build has left, packed to be kept: what later builds must be able to read.
 *
 * <pre>
 *   kafka/          the broker's directory
 *   stream/         the stream's state, sealed
 *   runs/           the checkpoints of {@value #RUN}
 *   windows.ndjson  the windows of {@value #RUN}, as that build exported them
 * </pre>
 *
 * <p>{@value #RUN} is a training that has ended. {@value #HALF} has the first {@value #SENT} of its
 * sweeps, and one that is early: of it the state has open buckets, closed ones and a record that
 * waits.
 */
final class KeptCopy {
  static final String RUN = "kept";
  static final String HALF = "kept-half";
  static final int UPDATES = 80;
  static final int CHECKPOINT_EVERY = 40;
  static final String[] WINDOWS = {"--bucket", "5", "--window", "5"};

  /** Not a multiple of the bucket: one stays open. */
  private static final int SENT = 53;

  private static final int EARLY = SENT + 1;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  private KeptCopy() {}

  /** Makes the copy with the classes on the class path; the argument is the file to write. */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createTempDirectory("ratchet-kept");
    try (RatchetProcess broker = RatchetProcess.broker(directory.resolve("kafka"), 0)) {
      String bootstrap = broker.line();
      try (RatchetProcess stream =
          RatchetProcess.stream(bootstrap, directory.resolve("stream"), WINDOWS)) {
        stream.line();
        String unused =
            RatchetProcess.ratchet(
                    new Trainings(bootstrap, directory.resolve("runs"))
                        .start(
                            RUN,
                            "--data",
                            "glyphs:8",
                            "--limit",
                            "200",
                            "--k",
                            "5",
                            "--chains",
                            "32",
                            "--batch",
                            "50",
                            "--updates",
                            "" + UPDATES,
                            "--checkpoint-every",
                            "" + CHECKPOINT_EVERY))
                .output(0, PATIENCE);
        List<ChainStates> sweeps = sweeps(bootstrap);
        List<ChainStates> first = new ArrayList<>(sweeps.subList(0, SENT));
        first.add(sweeps.get(EARLY));
        send(bootstrap, first);
        awaitWindows(bootstrap, RUN, UPDATES / 5);
        awaitWindows(bootstrap, HALF, SENT / 5);
        stream.terminate();
        int unusedCode = stream.waitFor(PATIENCE);
      }
      Files.writeString(directory.resolve("windows.ndjson"), windows(bootstrap, RUN));
      broker.terminate();
      int unusedCode = broker.waitFor(PATIENCE);
    }
    pack(directory, Path.of(args[0]));
  }

  /** Unpacks the copy of the test resources. */
  static void unpack(Path directory) throws IOException {
    try (InputStream kept = KeptCopy.class.getResourceAsStream("/kept/0.3.0.zip.gz");
        ZipInputStream in = new ZipInputStream(new GZIPInputStream(kept))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        Path file = directory.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.copy(in, file);
      }
    }
  }

  /** Sends what {@value #HALF} has not had yet. */
  static void sendTheRest(String bootstrap) throws Exception {
    List<ChainStates> sweeps = sweeps(bootstrap);
    List<ChainStates> rest = new ArrayList<>(sweeps.subList(SENT, sweeps.size()));
    rest.remove(EARLY - SENT);
    send(bootstrap, rest);
  }

  /** The windows of a run, one a line, as of {@value #RUN}. */
  static String windows(String bootstrap, String run) {
    CommandLineRun export =
        CommandLineRun.of(
            "export",
            "--bootstrap",
            bootstrap,
            "--run",
            run,
            "--what",
            "metrics",
            "--format",
            "ndjson");
    return export.out().replace('"' + run + '"', '"' + RUN + '"');
  }

  static void awaitWindows(String bootstrap, String run, int windows) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(() -> windows(bootstrap, run).lines().count() == windows);
  }

  /** The first attempt's sweeps of the whole run, its end behind them. */
  private static List<ChainStates> sweeps(String bootstrap) throws InterruptedException {
    List<ChainStates> sweeps = new ArrayList<>();
    new Trainings(bootstrap, null)
        .recorded(RUN)
        .readAll(
            TOPICS.chainStates(),
            ChainStates.class,
            sweep -> {
              if (sweep.getAttempt() == 1) {
                sweeps.add(sweep);
              }
            });
    return sweeps;
  }

  private static void send(String bootstrap, List<ChainStates> sweeps) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (ChainStates sweep : sweeps) {
        sweep.setRun(HALF);
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    TOPICS.chainStates().name(),
                    HALF.getBytes(StandardCharsets.UTF_8),
                    RecordCodec.encode(sweep))));
      }
      for (Future<RecordMetadata> each : sent) {
        each.get();
      }
    }
  }

  private static void pack(Path directory, Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    // The many small files are much alike: packed as one they take a third.
    try (ZipOutputStream out =
            new ZipOutputStream(new GZIPOutputStream(Files.newOutputStream(file)));
        Stream<Path> below = Files.walk(directory)) {
      out.setLevel(Deflater.NO_COMPRESSION);
      for (Path path : (Iterable<Path>) below.sorted()::iterator) {
        if (Files.isRegularFile(path)) {
          out.putNextEntry(new ZipEntry(directory.relativize(path).toString()));
          Files.copy(path, out);
          out.closeEntry();
        }
      }
    }
  }
}
