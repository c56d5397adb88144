package io.ratchet.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerIT {
  private static final String TOPIC = "history";

  @TempDir Path directory;

  @Test
  void records_surviveARestart_onAnotherPort() throws Exception {
    String first;
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
      first = broker.bootstrap();
      createTopic(first);
      produce(first, 0, 100);
    }
    try (ServerSocket taken = occupy(port(first));
        EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
      assertThat(taken.isBound()).isTrue();
      assertThat(broker.bootstrap()).isNotEqualTo(first);
      produce(broker.bootstrap(), 100, 110);
      assertThat(values(broker.bootstrap())).isEqualTo(numbers(0, 110));
    }
  }

  @Test
  void chosenPort_isUsed_andIsFreeAgainAfterClose() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    for (int start = 0; start < 2; start++) {
      try (EmbeddedBroker broker = EmbeddedBroker.start(directory, port)) {
        assertThat(broker.bootstrap()).isEqualTo("127.0.0.1:" + port);
      }
    }
  }

  @Test
  void acknowledgedRecords_surviveAKill() throws Exception {
    Process process = startProcess(directory);
    String bootstrap = readLine(process);
    createTopic(bootstrap);
    produce(bootstrap, 0, 5_000);
    process.destroyForcibly().waitFor();
    assertThat(process.exitValue()).isEqualTo(137);

    try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
      assertThat(values(broker.bootstrap())).isEqualTo(numbers(0, 5_000));
    }
  }

  @Test
  void secondProcess_onTheSameDirectory_isRefused_andTheFirstGoesOn() throws Exception {
    Process process = startProcess(directory);
    try {
      String bootstrap = readLine(process);
      createTopic(bootstrap);

      assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0))
          .isInstanceOf(BrokerStartException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("in use by another running broker");

      produce(bootstrap, 0, 10);
      assertThat(values(bootstrap)).isEqualTo(numbers(0, 10));
    } finally {
      process.getOutputStream().close();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void secondBroker_ofTheSameProcess_isRefused() {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
      assertThat(broker.bootstrap()).startsWith("127.0.0.1:");
      assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0))
          .isInstanceOf(BrokerStartException.class)
          .hasMessageContaining("in use by another running broker");
    }
  }

  @Test
  void portInUse_isRefused_andLeavesTheDirectoryFree() throws Exception {
    try (ServerSocket taken = occupy(0)) {
      assertThatThrownBy(() -> EmbeddedBroker.start(directory, taken.getLocalPort()))
          .isInstanceOf(BrokerStartException.class)
          .hasMessageContaining("broker port " + taken.getLocalPort() + ": in use on 127.0.0.1");
    }
    EmbeddedBroker.start(directory, 0).close();
  }

  @Test
  void directory_thatCannotBeWritten_isRefused() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");
    for (Path unusable : List.of(file, file.resolve("below"), Path.of("/proc/ratchet"))) {
      assertThatThrownBy(() -> EmbeddedBroker.start(unusable, 0))
          .isInstanceOf(BrokerStartException.class)
          .hasMessageContaining("broker directory " + unusable + ": allowed: a directory");
    }
  }

  @Test
  void failedStart_freesDirectoryAndPort() throws Exception {
    EmbeddedBroker.start(directory, 0).close();
    Path meta = directory.resolve("meta.properties");
    String original = Files.readString(meta);
    Files.writeString(meta, original.replace("node.id=1", "node.id=7"));
    assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(directory.toString());
    Files.writeString(meta, original);
    EmbeddedBroker.start(directory, 0).close();
  }

  @Test
  void defaults_keepRecordsForEver_andCreateNoTopicByThemselves() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
        Admin admin = admin(broker.bootstrap())) {
      createTopic(broker.bootstrap());
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
      assertThat(
              admin
                  .describeConfigs(List.of(topic))
                  .all()
                  .get()
                  .get(topic)
                  .get("retention.ms")
                  .value())
          .isEqualTo("-1");
      assertThatThrownBy(() -> admin.describeTopics(List.of("typo")).allTopicNames().get())
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  private static Process startProcess(Path directory) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            BrokerProcess.class.getName(),
            directory.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static String readLine(Process process) throws Exception {
    BufferedReader reader = process.inputReader(UTF_8);
    return reader.readLine();
  }

  private static ServerSocket occupy(int port) throws Exception {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }

  private static int port(String bootstrap) {
    return Integer.parseInt(bootstrap.substring(bootstrap.indexOf(':') + 1));
  }

  private static Admin admin(String bootstrap) {
    return Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  private static void createTopic(String bootstrap) throws Exception {
    try (Admin admin = admin(bootstrap)) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
    }
  }

  private static void produce(String bootstrap, int from, int to) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "acks", "all");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = from; i < to; i++) {
        sent.add(producer.send(new ProducerRecord<>(TOPIC, Integer.toString(i))));
      }
      for (Future<RecordMetadata> acknowledged : sent) {
        acknowledged.get();
      }
    }
  }

  private static List<String> values(String bootstrap) {
    TopicPartition partition = new TopicPartition(TOPIC, 0);
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.value());
        }
      }
    }
    return values;
  }

  private static List<String> numbers(int from, int to) {
    List<String> numbers = new ArrayList<>();
    for (int i = from; i < to; i++) {
      numbers.add(Integer.toString(i));
    }
    return numbers;
  }
}
