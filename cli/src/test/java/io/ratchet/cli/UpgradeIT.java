package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.ratchet.schema.ReleasedSchemas;
import io.ratchet.schema.Topics;
import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * What an earlier build left is read and gone on with; what a later one left is refused, by name
 * and unharmed. The earlier build's is {@link KeptCopy}.
 */
final class UpgradeIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final int ALL = KeptCopy.UPDATES / 5;

  /** Of a schema that no version has: what one to come may have. */
  private static final byte[] LATER = HexFormat.of().parseHex("c3010102030405060708" + "00");

  @TempDir private Path directory;
  private RatchetProcess broker;
  private String bootstrap;

  @BeforeEach
  void startOnTheKeptCopy() throws IOException {
    KeptCopy.unpack(directory);
    broker = RatchetProcess.broker(directory.resolve("kafka"), 0);
    bootstrap = broker.line();
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  @Test
  void earlierState_isGoneOnWith_andSaysWhatTheWholeLogSays() throws Exception {
    List<String> said = goOn(sealedAt().plusSeconds(60));
    assertThat(said).noneMatch(line -> line.contains("built again"));
    assertThat(KeptCopy.windows(bootstrap, KeptCopy.HALF))
        .isEqualTo(KeptCopy.windows(bootstrap, KeptCopy.RUN))
        .isEqualTo(Files.readString(directory.resolve("windows.ndjson")));
    verify(KeptCopy.RUN);
    verify(KeptCopy.HALF);
  }

  /** The twin: state so old that the changelogs count, which the earlier build wrote as well. */
  @Test
  void earlierChangelogs_sayTheSame() throws Exception {
    List<String> said = goOn(sealedAt().plus(Duration.ofDays(2)));
    assertThat(said).anyMatch(line -> line.contains("built again"));
    assertThat(KeptCopy.windows(bootstrap, KeptCopy.HALF))
        .isEqualTo(Files.readString(directory.resolve("windows.ndjson")));
    verify(KeptCopy.HALF);
  }

  @Test
  void earlierCheckpoint_isGoneOnWith_toTheSameBits() throws Exception {
    Path runs = directory.resolve("runs");
    Path last = runs.resolve(KeptCopy.RUN).resolve("step-" + KeptCopy.UPDATES + ".avro");
    Snapshot before = Checkpoints.read(last);
    try (RatchetProcess stream =
        RatchetProcess.stream(bootstrap, directory.resolve("stream"), KeptCopy.WINDOWS)) {
      stream.line();
      String at = String.valueOf(KeptCopy.CHECKPOINT_EVERY);
      String unused =
          RatchetProcess.ratchet(
                  new Trainings(bootstrap, runs).resume(KeptCopy.RUN, "--at-step", at))
              .output(0, PATIENCE);
      Snapshot after = Checkpoints.read(last);
      assertThat(after.attempt()).isEqualTo(2);
      assertThat(after.parameters())
          .usingRecursiveFieldByFieldElementComparator()
          .containsExactlyElementsOf(before.parameters());
      KeptCopy.awaitWindows(
          bootstrap, KeptCopy.RUN, ALL + (KeptCopy.UPDATES - KeptCopy.CHECKPOINT_EVERY) / 5);
      verify(KeptCopy.RUN);
    }
  }

  @Test
  void laterState_isRefused_wherever() throws Exception {
    String changelog = StreamSettings.DEFAULT_APPLICATION_ID + "-runs-changelog";
    byte[] book = last(changelog, KeptCopy.HALF);
    byte[] later = book.clone();
    later[0] = 99;
    send(changelog, KeptCopy.HALF, later);
    KeptCopy.sendTheRest(bootstrap);
    Path state = directory.resolve("elsewhere"); // so the changelog is what there is
    assertRefused(state, "ratchet-stream", "format 99", "a later version wrote it");
    assertThat(KeptCopy.windows(bootstrap, KeptCopy.HALF).lines()).hasSizeLessThan(ALL);

    send(changelog, KeptCopy.HALF, book);
    try (RatchetProcess stream = RatchetProcess.stream(bootstrap, state, KeptCopy.WINDOWS)) {
      stream.line();
      KeptCopy.awaitWindows(bootstrap, KeptCopy.HALF, ALL);
    }
    verify(KeptCopy.HALF); // nothing was damaged
  }

  @Test
  void laterRecord_isNotPassedOver() throws Exception {
    send(TOPICS.chainStates().name(), KeptCopy.RUN, LATER);
    String[] export = {
      "export", "--bootstrap", bootstrap, "--run", KeptCopy.RUN, "--what", "states"
    };
    CommandLineRun strangers = CommandLineRun.of(export);
    assertThat(strangers.exitCode()).as("no version's: in the dead letters").isZero();

    send(TOPICS.schemas().name(), "0102030405060708", "{}".getBytes(StandardCharsets.UTF_8));
    for (String[] command :
        List.of(
            export,
            new String[] {"replay", "--verify", "--bootstrap", bootstrap, "--run", "kept"})) {
      CommandLineRun refused = CommandLineRun.of(command);
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err())
          .contains("ratchet.chain-states.v1, partition ")
          .contains("that a later version of Ratchet wrote (schema 0102030405060708");
    }
    assertThat(ReleasedSchemas.jsonByFingerprint()).doesNotContainKey("0102030405060708");
  }

  /** A stream from the kept state, or what that time makes of it, until all is dealt with. */
  private List<String> goOn(Instant now) throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger("io.ratchet.stream");
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    said.start();
    logger.addAppender(said);
    try (StreamApplication stream =
        StreamApplication.start(
            StreamSettings.of(Map.of("bootstrap.servers", bootstrap), directory.resolve("stream")),
            Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), now)))) {
      KeptCopy.sendTheRest(bootstrap);
      KeptCopy.awaitWindows(bootstrap, KeptCopy.HALF, ALL);
      assertThat(stream.failure()).isEmpty();
    } finally {
      logger.detachAppender(said);
    }
    return said.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private Instant sealedAt() throws IOException {
    Path seal = directory.resolve("stream/" + StreamSettings.DEFAULT_APPLICATION_ID + ".seal");
    return Instant.ofEpochMilli(Long.parseLong(Files.readAllLines(seal).get(1)));
  }

  private void assertRefused(Path state, String... words) throws IOException {
    try (RatchetProcess stream = RatchetProcess.stream(bootstrap, state, KeptCopy.WINDOWS)) {
      assertThat(stream.waitFor(PATIENCE)).isEqualTo(1);
      assertThat(stream.errors()).contains(words);
    }
  }

  private void verify(String run) {
    CommandLineRun verify =
        CommandLineRun.of("replay", "--verify", "--bootstrap", bootstrap, "--run", run);
    assertThat(verify.err() + verify.out()).contains("byte for byte");
    assertThat(verify.exitCode()).isZero();
  }

  private byte[] last(String topic, String key) {
    byte[][] last = new byte[1][];
    Topics.Topic readable =
        new Topics.Topic(
            topic, Topics.Key.RUN, List.of(), Topics.Cleanup.COMPACT, null, null, 1, "");
    try (TopicReader reader =
        TopicReader.open(Map.of("bootstrap.servers", bootstrap), readable, key)) {
      reader.readToEnd(
          record -> last[0] = TopicReader.key(record).equals(key) ? record.value() : last[0]);
    }
    return last[0];
  }

  private void send(String topic, String key, byte[] value) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      var unused =
          producer
              .send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value))
              .get();
    }
  }
}
