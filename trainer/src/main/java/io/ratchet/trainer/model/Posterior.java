package io.ratchet.trainer.model;

/** Turns logits into probabilities: p_k = exp(e_k) / sum_j exp(e_j). */
public final class Posterior {

  /**
   * ln 2^-40. In training, what is that much less likely than the likeliest state of an example is
   * taken as 0: posteriors are nearly one-hot, so nine in ten exponentials and as many scattered
   * rows are saved. A gradient changes by less than 1e-12 of its scale, far below the rounding of
   * the gradient to float32 (6e-8) and below the 1e-8 that RMSprop adds to its root.
   *
   * <p>Not for chains: their p(y|x') is multiplied by R_y/pi_y, up to 1e12 for a state that they
   * never visit, and that product alone can bring the state back.
   */
  public static final double NEGLIGIBLE = -27.72588722239781;

  /** No posterior is negligible: for chains, exact enumeration and observables. */
  public static final double EXACT = Double.NEGATIVE_INFINITY;

  private Posterior() {}

  /**
   * Writes the probabilities.
   *
   * @param logits read from {@code from} on, nats
   * @param states K
   * @param negligible logit below the largest from which a probability is 0, nats
   * @param out written from {@code at} on
   * @return ln sum_k exp(e_k)
   */
  public static double of(
      double[] logits, int from, int states, double negligible, double[] out, int at) {
    double largest = largest(logits, from, states);
    return largest + StrictMath.log(scaled(logits, from, states, largest, negligible, out, at));
  }

  /** As {@link #of}, but returns sum_k exp(e_k - max e), at least 1: a caller may save the log. */
  public static double scaled(
      double[] logits, int from, int states, double negligible, double[] out, int at) {
    double largest = largest(logits, from, states);
    return scaled(logits, from, states, largest, negligible, out, at);
  }

  /** The same where the largest logit is known. */
  public static double scaled(
      double[] logits,
      int from,
      int states,
      double largest,
      double negligible,
      double[] out,
      int at) {
    double sum = 0;
    for (int k = 0; k < states; k++) {
      double below = logits[from + k] - largest;
      double weight = below < negligible ? 0 : Exponentials.exp(below);
      out[at + k] = weight;
      sum += weight;
    }
    double inverse = 1 / sum;
    for (int k = 0; k < states; k++) {
      out[at + k] *= inverse;
    }
    return sum;
  }

  /** The largest of K values. */
  public static double largest(double[] logits, int from, int states) {
    double max = logits[from];
    for (int k = 1; k < states; k++) {
      double value = logits[from + k];
      max = value > max ? value : max; // Math.max also orders zeros and NaN, at ten cycles a step
    }
    return max;
  }
}
