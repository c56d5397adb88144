package io.ratchet.stream;

import java.time.Duration;

/** No Kafka has answered in time. */
public final class BrokerUnreachableException extends Exception {
  private static final long serialVersionUID = 1L;

  BrokerUnreachableException(String address, Duration waited, Throwable cause) {
    super("no Kafka answered at " + address + " within " + waited.toSeconds() + " s", cause);
  }
}
