package io.ratchet.cli;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.Topics;
import io.ratchet.stream.Rights;
import io.ratchet.stream.TopicProvisioner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An embedded Kafka for whoever has none: runs until Ctrl-C. */
@Command(
    name = "broker",
    description = "Runs an embedded single-node Kafka on loopback that keeps its data in DIR.")
final class BrokerCommand extends RatchetCommand {
  @Option(
      names = "--dir",
      paramLabel = "DIR",
      defaultValue = "ratchet-data",
      description = "Directory of the data. Default: ${DEFAULT-VALUE}.")
  private Path directory;

  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "9092",
      description = "Port on loopback, 0 for a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

  @Override
  public Integer call() throws Exception {
    Check.range("--port", port, 0, 65_535);
    try (Interrupt interrupt = Interrupt.install();
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), port)) {
      // Here, where it is known that the broker is ours: topics are then kept for ever.
      new TopicProvisioner(
              Map.of("bootstrap.servers", broker.bootstrap()),
              Topics.of(Topics.DEFAULT_PREFIX),
              Rights.ofAdmin(Topics.of(Topics.DEFAULT_PREFIX)),
              true,
              START_TIMEOUT)
          .provision();
      out().println(broker.bootstrap());
      say(
          "Kafka is ready at "
              + broker.bootstrap()
              + ", data in "
              + directory
              + "; Ctrl-C ends it");
      interrupt.await();
    }
    return Ratchet.DONE;
  }
}
