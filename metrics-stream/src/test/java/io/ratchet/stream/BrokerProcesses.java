package io.ratchet.stream;

import io.ratchet.broker.Cluster;
import io.ratchet.broker.EmbeddedBroker;
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
  private final List<Integer> controllerPorts;
  private final List<ChildProcess> processes = new ArrayList<>();

  private BrokerProcesses(Path directory, int size) {
    this.directory = directory;
    List<Integer> free =
        IntStream.range(0, 2 * size).mapToObj(i -> EmbeddedBroker.freePort()).toList();
    ports = free.subList(0, size);
    controllerPorts = free.subList(size, 2 * size);
  }

  /** Starts so many brokers, which keep their data in the directory. */
  static BrokerProcesses start(Path directory, int size) throws IOException {
    BrokerProcesses brokers = new BrokerProcesses(directory, size);
    try {
      for (int node = 1; node <= size; node++) {
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

  @Override
  public String bootstrap() {
    return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
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
            cluster,
            Integer.toString(node),
            controllerPorts.stream().map(String::valueOf).collect(Collectors.joining(","))));
  }
}
