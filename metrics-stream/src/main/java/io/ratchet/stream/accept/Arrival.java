package io.ratchet.stream.accept;

/**
 * A sweep as it arrived: with its bytes, which a dead letter would carry, and where it lay.
 *
 * @param sweep the sweep
 * @param value the record's value, undecoded
 * @param offset its offset in the run's partition
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Arrival(Sweep sweep, byte[] value, long offset) {}
