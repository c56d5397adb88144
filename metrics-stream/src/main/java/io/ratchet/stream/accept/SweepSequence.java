package io.ratchet.stream.accept;

import java.util.Arrays;

/**
 * Reads chain-states records one after another. What a record says with the same bytes as the one
 * before it, its origin and its place above all, is neither decoded nor checked again: at hundreds
 * of thousands of records a second that is most of what reading costs.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class SweepSequence {
  private final int partitions;

  /** Of the last record that lay where it belongs; null before one. */
  private SweepReader.Origin origin;

  private AttemptShape shape;
  private byte[] key;
  private int partition;

  /**
   * Reads the first record next.
   *
   * @param partitions partitions of the topic
   */
  public SweepSequence(int partitions) {
    this.partitions = partitions;
  }

  /**
   * Reads a record.
   *
   * @param partition partition in which it lay
   * @throws RejectedException if it does not decode, lies where its run does not belong, or says
   *     what it may not
   */
  public Sweep next(byte[] key, byte[] value, int partition) throws RejectedException {
    SweepReader record = SweepReader.open(value, origin, shape);
    boolean placed =
        record.repeatsOrigin() && partition == this.partition && Arrays.equals(key, this.key);
    if (!placed) {
      Envelope.checkPlace(key, record.run(), partition, partitions);
    }
    origin = record.origin();
    shape = record.shape();
    this.key = key;
    this.partition = partition;
    return record.sweep();
  }
}
