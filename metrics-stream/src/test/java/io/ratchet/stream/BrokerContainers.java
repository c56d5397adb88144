package io.ratchet.stream;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import io.ratchet.broker.Cluster;
import io.ratchet.broker.EmbeddedBroker;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Brokers of Apache's image, each in a container of the host's network, so that a broker that comes
 * back has the address it had.
 */
final class BrokerContainers implements Brokers {
  private static final DockerImageName IMAGE = DockerImageName.parse("apache/kafka:4.3.1");
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final List<Integer> ports;
  private final List<GenericContainer<?>> containers = new ArrayList<>();
  private final DockerClient docker = DockerClientFactory.instance().client();

  private BrokerContainers(int size) {
    List<Integer> free =
        IntStream.range(0, 2 * size).mapToObj(i -> EmbeddedBroker.freePort()).toList();
    ports = free.subList(0, size);
    List<Integer> controllers = free.subList(size, 2 * size);
    String id = Cluster.newId();
    String voters =
        IntStream.rangeClosed(1, size)
            .mapToObj(node -> node + "@127.0.0.1:" + controllers.get(node - 1))
            .collect(Collectors.joining(","));
    int majority = size / 2 + 1;
    for (int node = 1; node <= size; node++) {
      String client = "CLIENT://127.0.0.1:" + ports.get(node - 1);
      containers.add(
          new GenericContainer<>(IMAGE)
              .withNetworkMode("host")
              .withEnv(
                  Map.ofEntries(
                      Map.entry("CLUSTER_ID", id),
                      Map.entry("KAFKA_NODE_ID", Integer.toString(node)),
                      Map.entry("KAFKA_PROCESS_ROLES", "broker,controller"),
                      Map.entry("KAFKA_CONTROLLER_QUORUM_VOTERS", voters),
                      Map.entry("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
                      Map.entry("KAFKA_INTER_BROKER_LISTENER_NAME", "CLIENT"),
                      Map.entry(
                          "KAFKA_LISTENERS",
                          client + ",CONTROLLER://127.0.0.1:" + controllers.get(node - 1)),
                      Map.entry("KAFKA_ADVERTISED_LISTENERS", client),
                      Map.entry(
                          "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                          "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
                      Map.entry("KAFKA_DEFAULT_REPLICATION_FACTOR", Integer.toString(size)),
                      Map.entry("KAFKA_MIN_INSYNC_REPLICAS", Integer.toString(majority)),
                      Map.entry("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", Integer.toString(size)),
                      Map.entry(
                          "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", Integer.toString(size)),
                      Map.entry("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", Integer.toString(majority)),
                      Map.entry("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"))));
    }
  }

  /** Whether there is an engine to run them. */
  static boolean isPossible() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  static BrokerContainers start(int size) {
    BrokerContainers brokers = new BrokerContainers(size);
    try {
      brokers.containers.forEach(GenericContainer::start);
      brokers.awaitAll();
      return brokers;
    } catch (RuntimeException | Error failure) {
      brokers.close();
      throw failure;
    }
  }

  @Override
  public String bootstrap() {
    return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
  }

  @Override
  public int size() {
    return containers.size();
  }

  @Override
  public void pause(int node) throws DockerException {
    signal(node, "SIGSTOP");
  }

  @Override
  public void kill(List<Integer> nodes) throws DockerException {
    nodes.forEach(node -> signal(node, "SIGKILL"));
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> nodes.stream().noneMatch(node -> container(node).isRunning()));
  }

  @Override
  public void start(List<Integer> nodes) throws DockerException {
    for (int node : nodes) {
      docker.startContainerCmd(container(node).getContainerId()).exec();
    }
    awaitAll();
  }

  @Override
  public void close() {
    containers.forEach(GenericContainer::stop);
  }

  private void awaitAll() {
    for (int port : ports) {
      Awaitility.await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(
              () -> {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                  return socket.isConnected();
                }
              });
    }
  }

  private void signal(int node, String signal) {
    docker.killContainerCmd(container(node).getContainerId()).withSignal(signal).exec();
  }

  private GenericContainer<?> container(int node) {
    return containers.get(node - 1);
  }
}
