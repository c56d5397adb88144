package io.ratchet.trainer.data;

/**
 * What one worker of W has of a training: the examples n with n mod W = I, and the chains I C to (I
 * + 1) C - 1 of the run, in an order and with random streams of its own.
 *
 * @param worker I, 0 to W - 1
 * @param workers W, from 1
 */
public record Shard(int worker, int workers) {

  /** All of a training that has one worker. */
  public static final Shard WHOLE = new Shard(0, 1);

  /** Checks both. */
  public Shard {
    if (workers < 1) {
      throw new IllegalArgumentException("workers " + workers + ", allowed: from 1");
    }
    if (worker < 0 || worker >= workers) {
      throw new IllegalArgumentException("worker " + worker + ", allowed: 0 to " + (workers - 1));
    }
  }

  /** Examples of the shard, of so many in all. */
  public int size(int examples) {
    return (examples - worker + workers - 1) / workers;
  }

  /** Number that the shard's n-th example has among all. */
  public int example(int n) {
    return n * workers + worker;
  }
}
