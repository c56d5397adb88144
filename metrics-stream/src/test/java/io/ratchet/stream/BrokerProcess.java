package io.ratchet.stream;

import io.ratchet.broker.Cluster;
import io.ratchet.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.util.Arrays;

/** One broker of a cluster, in a process of its own, which a test can kill. */
final class BrokerProcess {
  private BrokerProcess() {}

  /**
   * Arguments: file for its address, directory, port, the port that clients are told, cluster,
   * node, ports of all controllers.
   */
  public static void main(String[] args) throws Exception {
    Cluster cluster =
        new Cluster(
            args[4],
            Integer.parseInt(args[5]),
            Arrays.stream(args[6].split(",", -1)).map(Integer::valueOf).toList());
    try (EmbeddedBroker broker =
        EmbeddedBroker.start(
            Path.of(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]), cluster)) {
      ChildProcess.readyUntilEnd(Path.of(args[0]), broker.bootstrap());
    }
  }
}
