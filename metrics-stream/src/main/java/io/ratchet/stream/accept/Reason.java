package io.ratchet.stream.accept;

/** Why a record was refused: the value of a dead letter's header and of a counter's label. */
public enum Reason {
  /** The bytes are not a record of the topic. */
  UNDECODABLE("undecodable"),
  /** A field has a value that no producer may write. */
  INVALID("invalid"),
  /** The key is not the run, or the record lies in a partition that is not the run's. */
  WRONG_PARTITION("wrong-partition"),
  /** The shape of the attempt or of the worker is not that of its first accepted record. */
  MISMATCH("mismatch"),
  /** A later attempt has begun. */
  SUPERSEDED("superseded"),
  /** Another process owns this worker of the attempt. */
  SECOND_PRODUCER("second-producer"),
  /** The step goes back while the sweep number goes on. */
  STEP_ORDER("step-order"),
  /** The worker had said that its attempt was over. */
  AFTER_END("after-end");

  private final String code;

  Reason(String code) {
    this.code = code;
  }

  /** The reason as one word for machines: lower case, stable. */
  public String code() {
    return code;
  }
}
