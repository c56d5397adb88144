package io.ratchet.cli;

import io.ratchet.broker.EmbeddedBroker;
import java.nio.file.Path;
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

  @Override
  public Integer call() throws InterruptedException {
    Check.range("--port", port, 0, 65_535);
    try (Interrupt interrupt = Interrupt.install();
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), port)) {
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
