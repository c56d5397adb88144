package io.ratchet.stream;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/** The suite against containers of Apache's image; skipped where there is no engine for them. */
class ContainerBrokerFaultsIT extends BrokerFaults {
  @BeforeAll
  static void requireEngine() {
    assumeTrue(BrokerContainers.isPossible(), "no Docker engine");
  }

  @Override
  Brokers brokers(Path directory, int size) {
    return BrokerContainers.start(size);
  }
}
