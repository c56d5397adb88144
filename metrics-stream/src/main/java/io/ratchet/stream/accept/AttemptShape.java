package io.ratchet.stream.accept;

import io.ratchet.schema.Expectation;

/**
 * What all records of an attempt have in common; the first accepted one sets it.
 *
 * @param workers number of workers, W
 * @param chains chains of all workers together
 * @param states number of states, K
 * @param expectation what the run declares of its chain
 * @param startStep step at which the attempt began
 */
public record AttemptShape(
    int workers, int chains, int states, Expectation expectation, long startStep) {
  private static final int MAX_GROUPS = 32;

  /** Number of groups, the independent units of every interval. */
  public int groups() {
    return Math.min(chains, MAX_GROUPS);
  }

  /** Group of a chain, given its global number. */
  public int groupOf(int chain) {
    return chain % groups();
  }
}
