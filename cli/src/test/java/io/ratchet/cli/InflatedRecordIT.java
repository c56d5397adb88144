package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.server.policy.CreateTopicPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A record of a few kilobytes on the wire that does not fit the stream's heap once it is inflated,
 * which Kafka's client does before anyone can look. The broker refuses it for topics as they are
 * made. In one whose owner has set that aside the stream ends and says the way out, and with more
 * heap the record is a dead letter and the run beside it is watched.
 */
final class InflatedRecordIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final String RUN = "beside";
  private static final int BYTES = 150 << 20;

  @TempDir private Path directory;

  @Test
  void isRefusedByTheBroker() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      createTopics(broker.bootstrap());
      for (Topic topic : TOPICS.all()) {
        assertThatThrownBy(() -> send(broker.bootstrap(), topic.name()))
            .as(topic.name())
            .hasCauseInstanceOf(RecordTooLargeException.class);
      }
      train(broker.bootstrap());
      try (RatchetProcess stream = stream("-Xmx96m", broker.bootstrap())) {
        awaitLastWindow(broker.bootstrap());
        assertThat(stream.isAlive()).isTrue();
      }
      assertThat(deadLetters(broker.bootstrap())).isEmpty();
    }
  }

  @Test
  void endsTheStreamWithAReason_andIsADeadLetterWithMoreHeap() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      createTopics(broker.bootstrap());
      assertThat(doctor(broker.bootstrap())).containsPattern("ok +compression ");
      keepCompressed(broker.bootstrap(), TOPICS.chainStates().name());
      assertThat(doctor(broker.bootstrap()))
          .containsPattern(
              "note +compression +of 40 KB sent to ratchet.chain-states.v1 a reader may get");
      send(broker.bootstrap(), TOPICS.chainStates().name());
      train(broker.bootstrap());
      try (RatchetProcess stream = stream("-Xmx96m", broker.bootstrap())) {
        assertThat(stream.waitFor(PATIENCE)).isEqualTo(1);
        assertThat(stream.errors())
            .contains(
                "ratchet: the stream stopped: the heap, ",
                " MiB, is full, of what it holds or of one record")
            .contains("RATCHET_JAVA_OPTS=-Xmx");
      }
      try (RatchetProcess stream = stream("-Xmx1g", broker.bootstrap())) {
        awaitLastWindow(broker.bootstrap());
        assertThat(stream.isAlive()).isTrue();
      }
      String letters = deadLetters(broker.bootstrap());
      assertThat(letters.lines()).hasSize(1);
      assertThat(letters).contains("undecodable", String.valueOf(BYTES));
    }
  }

  /** As some who offer Kafka as a service do not let anybody choose. */
  public static final class ChosenByTheProvider implements CreateTopicPolicy {
    @Override
    public void validate(RequestMetadata topic) {
      if (topic.configs().containsKey("compression.type")) {
        throw new PolicyViolationException("compression.type is not for you to choose");
      }
    }

    @Override
    public void configure(Map<String, ?> settings) {}

    @Override
    public void close() {}
  }

  @Test
  void whereTheSettingIsNotAllowed_topicsAreMadeWithoutIt_andDoctorSaysSo() {
    String policy = ChosenByTheProvider.class.getName();
    try (EmbeddedBroker broker =
        EmbeddedBroker.start(
            directory.resolve("kafka"), 0, Map.of("create.topic.policy.class.name", policy))) {
      createTopics(broker.bootstrap());
      assertThat(doctor(broker.bootstrap()))
          .containsPattern("ok +topics +all 7")
          .containsPattern(
              "note +compression +of 40 KB sent to ratchet.alerts.v1, .*reader may get");
    }
  }

  private static void createTopics(String bootstrap) {
    CommandLineRun created = CommandLineRun.of("topics", "create", "--bootstrap", bootstrap);
    assertThat(created.exitCode()).as(created.err()).isZero();
  }

  /** Sets aside what a topic is made with. */
  private static void keepCompressed(String bootstrap, String topic) throws Exception {
    var change =
        new AlterConfigOp(
            new ConfigEntry("compression.type", "producer"), AlterConfigOp.OpType.SET);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(change)))
          .all()
          .get();
    }
  }

  private static String doctor(String bootstrap) {
    return CommandLineRun.of("doctor", "--bootstrap", bootstrap).out();
  }

  private void train(String bootstrap) {
    Trainings trainings = new Trainings(bootstrap, directory.resolve("runs"));
    assertThat(CommandLineRun.of(trainings.start(RUN, "--updates", "100")).exitCode()).isZero();
  }

  private static void awaitLastWindow(String bootstrap) {
    await().atMost(PATIENCE).until(() -> RunWindows.read(bootstrap, RUN).lastStep() == 99);
  }

  private static String deadLetters(String bootstrap) {
    return CommandLineRun.of(
            "topics", "tail", TOPICS.deadLetters().name(), "--bootstrap", bootstrap)
        .out();
  }

  private RatchetProcess stream(String heap, String bootstrap) {
    return RatchetProcess.streamWithHeap(
        heap, bootstrap, directory.resolve("state"), "--window", "5");
  }

  private static void send(String bootstrap, String topic) throws Exception {
    Map<String, Object> properties =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "compression.type",
            "zstd",
            "max.request.size",
            2 * BYTES,
            "buffer.memory",
            2L * BYTES);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(topic, RUN.getBytes(StandardCharsets.UTF_8), new byte[BYTES]))
          .get();
    }
  }
}
