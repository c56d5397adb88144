package io.ratchet.stream;

import java.io.IOException;
import java.nio.file.Path;

/** The suite against embedded brokers, each in a process of its own. */
class EmbeddedBrokerFaultsIT extends BrokerFaults {
  @Override
  Brokers brokers(Path directory, int size) throws IOException {
    return BrokerProcesses.start(directory, size);
  }
}
