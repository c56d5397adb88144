package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.InputException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRegistryIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir Path folder;
  @TempDir Path spillFolder;

  @Test
  void registry_isWhatTheTopicSays() throws Exception {
    try (RealBroker broker = RealBroker.start(folder)) {
      assertThat(read(broker).runs()).as("no topic yet").isEmpty();
      broker.createTopics();
      assertThat(read(broker).runs()).isEmpty();

      send(broker, "one", run("one", 1, false));
      send(broker, "one", run("one", 2, false));
      send(broker, "one/0", worker("one", 0, 2));
      send(broker, "one/1", worker("one", 1, 3));
      send(broker, "gone", run("gone", 1, true));
      send(broker, "lone/0", worker("lone", 0, 1));
      send(broker, "other-key", run("stray", 1, false));
      sendRaw(broker, "noise", new byte[] {1, 2, 3});

      RunRegistry registry = read(broker);
      assertThat(registry.runs()).containsOnlyKeys("gone", "one");
      assertThat(registry.run("one").orElseThrow().getAttempt()).isEqualTo(2);
      assertThat(registry.workers("one")).containsOnlyKeys(0, 1);
      assertThat(registry.highestAttempt("one")).as("a worker was ahead").isEqualTo(3);
      assertThat(registry.highestAttempt("none")).isZero();

      registry.requireNew("fresh");
      assertThatThrownBy(() -> registry.requireNew("one"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("'one'")
          .hasMessageContaining("choose another id");
      assertThatThrownBy(() -> registry.requireNew("gone")).hasMessageContaining("deleted");
      assertThatThrownBy(() -> registry.requireNew("lone")).hasMessageContaining("exists");
      assertThatThrownBy(() -> registry.requireNew("Not An Id"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("Not An Id")
          .hasMessageContaining("[a-z0-9]");
    }
  }

  @Test
  void publishersRunAndLastWord_areFound() throws Exception {
    try (RealBroker broker = RealBroker.start(folder)) {
      broker.createTopics();
      KafkaRunPublisher publisher =
          KafkaRunPublisher.start(
              PublishSettings.of(broker.client(), RealBroker.TOPICS, spillFolder),
              PublisherProcess.identity(1),
              run("killed-run", 1, false),
              Clock.systemUTC());
      assertThat(publisher.close(WorkerState.INTERRUPTED, 12, "SIGTERM", TIMEOUT)).isTrue();
      RunRegistry registry = read(broker);
      assertThat(registry.run("killed-run")).isPresent();
      Worker word = registry.workers("killed-run").get(0);
      assertThat(word.getState()).isEqualTo(WorkerState.INTERRUPTED);
      assertThat(word.getStep()).isEqualTo(12);
      assertThat(word.getMessage()).isEqualTo("SIGTERM");
    }
  }

  @Test
  void brokerThatIsNotThere_isNamed() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String[] addresses = {
        "127.0.0.1:1", "no.such.host.invalid:9092", "127.0.0.1:" + silent.getLocalPort()
      };
      for (String address : addresses) {
        assertThatThrownBy(
                () ->
                    RunRegistry.read(
                        Map.of("bootstrap.servers", address),
                        RealBroker.TOPICS,
                        Duration.ofSeconds(1)))
            .as(address)
            .isInstanceOf(BrokerUnreachableException.class)
            .hasMessageContaining(address);
      }
    }
  }

  @Test
  void propertyThatKafkaDoesNotTake_isAnInputError() {
    assertThatThrownBy(
            () ->
                RunRegistry.read(
                    Map.of("bootstrap.servers", "127.0.0.1:1", "security.protocol", "MAGIC"),
                    RealBroker.TOPICS,
                    Duration.ofSeconds(1)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("MAGIC");
  }

  private static RunRegistry read(RealBroker broker) {
    return RunRegistry.read(broker.client(), RealBroker.TOPICS, TIMEOUT);
  }

  private static Run run(String id, int attempt, boolean deleted) {
    return Run.newBuilder()
        .setRun(id)
        .setAttempt(attempt)
        .setCreatedMillis(1)
        .setDeleted(deleted)
        .build();
  }

  private static Worker worker(String run, int number, int attempt) {
    return Worker.newBuilder()
        .setRun(run)
        .setAttempt(attempt)
        .setWorker(number)
        .setIncarnation(1)
        .setStep(5)
        .setHeartbeatMillis(1)
        .setPromisedIntervalMillis(1)
        .build();
  }

  private static void send(RealBroker broker, String key, SpecificRecord value) throws Exception {
    sendRaw(broker, key, RecordCodec.encode(value));
  }

  private static void sendRaw(RealBroker broker, String key, byte[] value) throws Exception {
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(Map.<String, Object>copyOf(broker.client()), bytes, bytes)) {
      producer
          .send(
              new ProducerRecord<>(
                  RealBroker.TOPICS.runs().name(), key.getBytes(StandardCharsets.UTF_8), value))
          .get();
    }
  }
}
