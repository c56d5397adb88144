package io.ratchet.benchmarks;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.Topics;
import io.ratchet.stream.Rights;
import io.ratchet.stream.TopicProvisioner;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.publish.ClientProperties;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import io.ratchet.trainer.publish.PublishSettings;
import io.ratchet.trainer.publish.RunIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * A broker with the product's topics in a process of its own, so that it neither shares the
 * measured process's heap nor dies with it. It ends when its standard input does.
 */
final class BrokerProcess implements AutoCloseable {
  private final Path folder;
  private final Topics topics;
  private Process process;
  private String address;

  private BrokerProcess(Path folder, Topics topics) {
    this.folder = folder;
    this.topics = topics;
  }

  static BrokerProcess start(Path folder, Topics topics) throws Exception {
    BrokerProcess broker = new BrokerProcess(folder, topics);
    broker.launch(0);
    new TopicProvisioner(
            broker.client(), topics, Rights.ofAdmin(topics), true, Duration.ofSeconds(60))
        .provision();
    return broker;
  }

  Map<String, String> client() {
    return Map.of("bootstrap.servers", address);
  }

  /** A producer of bytes that waits 5 ms for its batches. */
  KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> properties = ClientProperties.bounded(client());
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    return new KafkaProducer<>(properties);
  }

  /** What training publishes a run's only worker with. */
  KafkaRunPublisher publisher(String run, Path spill, int visible, TrainingSettings settings) {
    return KafkaRunPublisher.start(
        PublishSettings.of(client(), topics, spill),
        new RunIdentity(
            run,
            1,
            0,
            1,
            1,
            0,
            settings.chains(),
            0,
            Expectation.IRREVERSIBLE,
            settings.states(),
            visible,
            null),
        null,
        Clock.systemUTC());
  }

  /** Kills it as a power cut would. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Starts it again on the same data and address. */
  void startAgain() throws IOException {
    launch(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
  }

  private void launch(int port) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerProcess.class.getName(),
                folder.toString(),
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    // Log lines may come first on the same stream; the address is the line that looks like one.
    String line;
    do {
      line = process.inputReader(StandardCharsets.UTF_8).readLine();
      if (line == null) {
        throw new IOException("the broker in " + folder + " did not start");
      }
    } while (!line.matches("[0-9.]+:[0-9]+"));
    address = line;
  }

  @Override
  public void close() {
    process.destroy();
  }

  /** The child. */
  public static void main(String[] args) throws Exception {
    try (EmbeddedBroker broker =
        EmbeddedBroker.start(Path.of(args[0]), Integer.parseInt(args[1]))) {
      System.out.println(broker.bootstrap());
      while (System.in.read() >= 0) {
        // The parent holds the other end open for as long as it lives.
      }
    }
  }
}
