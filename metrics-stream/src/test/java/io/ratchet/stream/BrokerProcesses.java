package io.ratchet.stream;

import io.ratchet.broker.Cluster;
import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.broker.FlakyNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Embedded brokers, each in a process of its own. */
final class BrokerProcesses implements Brokers {
  private final Path directory;
  private final String cluster = Cluster.newId();
  private final List<Integer> ports;
  private final List<Integer> advertised;
  private final List<Integer> controllerPorts;
  private final List<ChildProcess> processes = new ArrayList<>();

  private BrokerProcesses(Path directory, List<Integer> ports, List<Integer> advertised) {
    this.directory = directory;
    this.ports = ports;
    this.advertised = advertised;
    controllerPorts = freePorts(ports.size());
  }

  /** Starts so many brokers, which keep their data in the directory. */
  static BrokerProcesses start(Path directory, int size) throws IOException {
    List<Integer> ports = freePorts(size);
    return start(new BrokerProcesses(directory, ports, ports));
  }

  /** Starts one broker on a port, that tells clients to come through a network. */
  static BrokerProcesses start(Path directory, int port, FlakyNetwork network) throws IOException {
    return start(new BrokerProcesses(directory, List.of(port), List.of(network.port())));
  }

  private static BrokerProcesses start(BrokerProcesses brokers) throws IOException {
    try {
      for (int node = 1; node <= brokers.ports.size(); node++) {
        brokers.processes.add(brokers.launch(node));
      }
      for (ChildProcess process : brokers.processes) {
        process.awaitReady();
      }
      return brokers;
    } catch (Throwable failure) {
      brokers.close();
      throw failure;
    }
  }

  private static List<Integer> freePorts(int count) {
    return IntStream.range(0, count).mapToObj(i -> EmbeddedBroker.freePort()).toList();
  }

  @Override
  public String bootstrap() {
    return advertised.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
  }

  @Override
  public int size() {
    return processes.size();
  }

  /** The process of one of them. */
  ChildProcess process(int node) {
    return processes.get(node - 1);
  }

  @Override
  public void pause(int node) throws IOException, InterruptedException {
    process(node).stop();
  }

  @Override
  public void kill(List<Integer> nodes) {
    nodes.forEach(node -> process(node).kill());
  }

  @Override
  public void start(List<Integer> nodes) throws IOException {
    for (int node : nodes) {
      processes.set(node - 1, launch(node));
    }
    for (int node : nodes) {
      process(node).awaitReady();
    }
  }

  @Override
  public void close() {
    processes.forEach(ChildProcess::kill);
  }

  private ChildProcess launch(int node) throws IOException {
    String name = "broker-" + node;
    return ChildProcess.launch(
        directory,
        name,
        BrokerProcess.class,
        List.of(
            directory.resolve(name).toString(),
            ports.get(node - 1).toString(),
            advertised.get(node - 1).toString(),
            cluster,
            Integer.toString(node),
            controllerPorts.stream().map(String::valueOf).collect(Collectors.joining(","))));
  }
}
