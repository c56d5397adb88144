package io.ratchet.broker;

import java.nio.file.Path;

/** A broker in a process of its own, which a test can kill: prints its address, ends with stdin. */
final class BrokerProcess {
  private BrokerProcess() {}

  public static void main(String[] args) throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(Path.of(args[0]), 0)) {
      System.out.println(broker.bootstrap());
      while (System.in.read() >= 0) {
        // The test holds the other end open for as long as it wants the broker.
      }
    }
  }
}
