package io.ratchet.trainer.publish;

import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;

/** One encoded record on its way to the broker. */
final class Outgoing {

  /** What a record is; the code is what the spill file holds. */
  enum Kind {
    RUN(1),
    CHAIN_STATES(2),
    GRADIENT_UPDATE(3),
    /** The last chain states of a worker: sent only when all before it is acknowledged. */
    END(4),
    /** What a worker says of itself: true for the moment, hence never spilled. */
    WORKER(5);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    byte code() {
      return code;
    }

    /** The kind with a code, or null. */
    static Kind of(byte code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      return null;
    }

    Topic topic(Topics topics) {
      return switch (this) {
        case RUN, WORKER -> topics.runs();
        case CHAIN_STATES, END -> topics.chainStates();
        case GRADIENT_UPDATE -> topics.gradientUpdates();
      };
    }
  }

  private final Kind kind;
  private final byte[] value;
  private final long millis;

  /** Set by the producer's thread. */
  private volatile boolean acknowledged;

  /** Set by the producer's thread. */
  private volatile Exception failure;

  Outgoing(Kind kind, byte[] value, long millis) {
    this.kind = kind;
    this.value = value;
    this.millis = millis;
  }

  Kind kind() {
    return kind;
  }

  byte[] value() {
    return value;
  }

  /** When it was made, milliseconds since 1970. */
  long millis() {
    return millis;
  }

  boolean isAcknowledged() {
    return acknowledged;
  }

  void acknowledge() {
    acknowledged = true;
  }

  Exception failure() {
    return failure;
  }

  void fail(Exception reason) {
    failure = reason;
  }
}
