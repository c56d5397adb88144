package io.ratchet.trainer.dynamics;

/**
 * What one application of the kernel did to every chain, beside the visible state x_i that chain i
 * went through and that it now holds. An instance is reused; its content is valid until the next
 * sweep.
 */
public final class Sweep {

  private final int[] from;
  private final int[] to;
  private final double[] logits;
  private final double[] posteriors;
  private final int states;
  private final int stride;

  /**
   * An empty record of a sweep.
   *
   * @param stride distance of the rows of {@link #logits}, at least {@code states}
   */
  public Sweep(int chains, int states, int stride) {
    this.from = new int[chains];
    this.to = new int[chains];
    this.logits = new double[Math.multiplyExact(chains, stride)];
    this.posteriors = new double[Math.multiplyExact(chains, states)];
    this.states = states;
    this.stride = stride;
  }

  /** State of chain i before the sweep, at position i. */
  public int[] from() {
    return from;
  }

  /** State of chain i after the sweep, at position i. */
  public int[] to() {
    return to;
  }

  /** Unnormalised ln p(y|x_i) at i {@link #stride} + y, nats. */
  public double[] logits() {
    return logits;
  }

  /** p(y|x_i) at i K + y. */
  public double[] posteriors() {
    return posteriors;
  }

  /** K. */
  public int states() {
    return states;
  }

  /** Distance of the rows of {@link #logits}. */
  public int stride() {
    return stride;
  }
}
