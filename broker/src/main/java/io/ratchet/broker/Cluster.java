package io.ratchet.broker;

import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * Brokers of this machine that are one Kafka, and which of them one is. Each is a controller too. A
 * record is replicated to three of them, where there are so many, and acknowledged when a majority
 * of these has it: one may be lost.
 *
 * @param id the cluster's, made by {@link #newId}; all name the same
 * @param node number of the one that is started, from 1
 * @param controllerPorts ports on loopback at which the controllers find each other, by node; the
 *     same at every start
 */
public record Cluster(String id, int node, List<Integer> controllerPorts) {
  private static final int MAX_REPLICAS = 3;

  /** Checks the number. */
  public Cluster {
    controllerPorts = List.copyOf(controllerPorts);
    if (!(node >= 1 && node <= controllerPorts.size())) {
      throw new IllegalArgumentException(
          "node " + node + ": must be 1 to " + controllerPorts.size());
    }
  }

  /** An id that no other cluster has. */
  public static String newId() {
    return Uuid.randomUuid().toString();
  }

  /** A broker that is alone, and so may have another controller port at every start. */
  static Cluster ofOne(int controllerPort) {
    return new Cluster(newId(), 1, List.of(controllerPort));
  }

  int controllerPort() {
    return controllerPorts.get(node - 1);
  }

  int replicas() {
    return Math.min(MAX_REPLICAS, controllerPorts.size());
  }

  int minInSync() {
    return replicas() / 2 + 1;
  }

  /** All controllers as Kafka wants them named. */
  String voters(String host) {
    StringBuilder voters = new StringBuilder();
    for (int voter = 1; voter <= controllerPorts.size(); voter++) {
      voters
          .append(voter == 1 ? "" : ",")
          .append(voter)
          .append('@')
          .append(host)
          .append(':')
          .append(controllerPorts.get(voter - 1));
    }
    return voters.toString();
  }
}
