package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every text of every record is a stranger's: whatever shows it, to a terminal or a browser, shows
 * text.
 */
class HostileTextIT {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final String RUN = "strange";

  /** Clears a screen, in both codings; a bell; another line; markup; the other direction. */
  private static final String TEXT =
      "x\u001b[2J\u009b2J\u0007\r\nforged line\u202e</td><script>alert(1)</script>&\"'";

  @TempDir private Path directory;

  @Test
  void noCommand_showsATerminalWhatItWouldObey() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      String bootstrap = broker.bootstrap();
      assertThat(CommandLineRun.of("topics", "create", "--bootstrap", bootstrap).exitCode())
          .isZero();
      write(bootstrap);
      for (List<String> command :
          List.of(
              List.of("runs", "list"),
              List.of("runs", "list", "--json"),
              List.of("runs", "show", RUN),
              List.of("runs", "show", RUN, "--json"),
              List.of("alerts", "list", "--run", RUN),
              List.of("alerts", "list", "--run", RUN, "--json"),
              List.of("topics", "tail", "runs", "--format", "text"),
              List.of("topics", "tail", "runs", "--format", "json"),
              List.of("topics", "tail", "gradient-updates", "--format", "text"),
              List.of("topics", "tail", "gradient-updates", "--format", "json"),
              List.of("topics", "tail", "alerts", "--format", "text"),
              List.of("topics", "tail", "dead-letters", "--format", "text"),
              List.of("topics", "tail", "dead-letters", "--format", "json"),
              List.of("topics", "tail", "chain-states", "--format", "text"),
              List.of("topics", "tail", "chain-states", "--format", "json"))) {
        CommandLineRun shown = run(bootstrap, command);
        assertThat(shown.out()).as("%s", command).containsIgnoringCase("\\u001b[2J");
        assertThat(shown.out().replace("\n", "") + shown.err().replace("\n", ""))
            .as("%s", command)
            .matches("[\\P{C}]*");
        assertThat(shown.out().lines()).as("%s", command).noneMatch(l -> l.startsWith("forged"));
      }
      String report = run(bootstrap, List.of("export", "--run", RUN, "--what", "report")).out();
      assertThat(report).contains("&lt;script&gt;").doesNotContain("<script>");
    }
  }

  private static CommandLineRun run(String bootstrap, List<String> command) {
    String[] arguments = command.toArray(new String[command.size() + 2]);
    arguments[command.size()] = "--bootstrap";
    arguments[command.size() + 1] = bootstrap;
    CommandLineRun shown = CommandLineRun.of(arguments);
    assertThat(shown.exitCode()).as("%s: %s", command, shown.err()).isZero();
    return shown;
  }

  private static void write(String bootstrap) throws Exception {
    byte[] key = RUN.getBytes(StandardCharsets.UTF_8);
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      send(producer, TOPICS.runs(), RUN, run());
      send(producer, TOPICS.runs(), Topics.workerKey(RUN, 0), worker());
      send(producer, TOPICS.gradientUpdates(), RUN, update());
      send(producer, TOPICS.alerts(), RUN, alert());
      byte[] text = TEXT.getBytes(StandardCharsets.UTF_8);
      for (Topics.Topic topic : List.of(TOPICS.deadLetters(), TOPICS.chainStates())) {
        producer
            .send(
                new ProducerRecord<>(
                    topic.name(),
                    Topics.partitionFor(key, Topics.DEFAULT_PARTITIONS),
                    text,
                    text,
                    new RecordHeaders().add(TEXT, null).add("detail", text)))
            .get();
      }
    }
  }

  private static void send(
      Producer<byte[], byte[]> producer, Topics.Topic topic, String key, SpecificRecord record)
      throws Exception {
    var unused =
        producer
            .send(
                new ProducerRecord<>(
                    topic.name(), key.getBytes(StandardCharsets.UTF_8), RecordCodec.encode(record)))
            .get();
  }

  private static Run run() {
    return Run.newBuilder()
        .setRun(RUN)
        .setAttempt(1)
        .setCreatedMillis(Long.MAX_VALUE)
        .setModel(TEXT)
        .setAlgorithm(TEXT)
        .setData(TEXT)
        .setDataDigest(TEXT)
        .setHost(TEXT)
        .setCommit(TEXT)
        .setTags(List.of(TEXT))
        .setNotes(TEXT)
        .setSettings(Map.of(TEXT, TEXT))
        .setVersions(Map.of(TEXT, TEXT))
        .build();
  }

  private static Worker worker() {
    return Worker.newBuilder()
        .setRun(RUN)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setStep(1)
        .setState(WorkerState.FAILED)
        .setHeartbeatMillis(Long.MIN_VALUE)
        .setPromisedIntervalMillis(Long.MAX_VALUE)
        .setMessage(TEXT)
        .build();
  }

  private static GradientUpdate update() {
    return GradientUpdate.newBuilder()
        .setRun(RUN)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setSequence(0)
        .setStep(0)
        .setBlocks(List.of(new GradientBlock(TEXT, List.of(1), null, 1.0)))
        .build();
  }

  private static Alert alert() {
    return Alert.newBuilder()
        .setRun(RUN)
        .setAttempt(1)
        .setKind(AlertKind.COLLAPSE)
        .setAction(AlertAction.RAISED)
        .setSequence(0)
        .setFromStep(0)
        .setToStep(1)
        .setMessage(TEXT)
        .build();
  }
}
