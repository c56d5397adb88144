package io.ratchet.stream;

import java.util.List;

/** The brokers of one Kafka, numbered from 1, for a test to kill and to start again. */
interface Brokers extends AutoCloseable {
  /** Addresses of all of them. */
  String bootstrap();

  int size();

  /** SIGSTOP: it takes what it is sent, and does nothing with it. */
  void pause(int node) throws Exception;

  /** SIGKILL of some, all at once. */
  void kill(List<Integer> nodes) throws Exception;

  /** Starts some that were killed, where they were, with the data they had; waits for them. */
  void start(List<Integer> nodes) throws Exception;

  /** Kills all of them. */
  @Override
  void close();
}
