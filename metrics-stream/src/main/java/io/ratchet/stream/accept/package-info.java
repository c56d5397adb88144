/**
 * Which sweeps count: the rules of interface.md, "What the stream accepts", as a state machine
 * without clock, thread or Kafka.
 *
 * <p>{@link io.ratchet.stream.accept.SweepReader} says whether a record is well formed; {@link
 * io.ratchet.stream.accept.RunLedger} takes the well-formed ones of a run in the order of their
 * offsets and answers with what follows from each.
 */
package io.ratchet.stream.accept;
