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
    for (int k = 0; k < states; k++) {
      double below = logits[from + k] - largest;
      out[at + k] = below < negligible ? 0 : Exponentials.exp(below);
    }
    double sum = sum(out, at, states);
    double inverse = 1 / sum;
    for (int k = 0; k < states; k++) {
      out[at + k] *= inverse;
    }
    return sum;
  }

  /** Sum of K values: of every eighth, then of those, so that padding by 0 changes no bit. */
  static double sum(double[] values, int from, int states) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    int k = from;
    int end = from + states;
    for (; k + 7 < end; k += 8) {
      s0 += values[k];
      s1 += values[k + 1];
      s2 += values[k + 2];
      s3 += values[k + 3];
      s4 += values[k + 4];
      s5 += values[k + 5];
      s6 += values[k + 6];
      s7 += values[k + 7];
    }
    if (k < end) {
      s0 += values[k];
      s1 += k + 1 < end ? values[k + 1] : 0;
      s2 += k + 2 < end ? values[k + 2] : 0;
      s3 += k + 3 < end ? values[k + 3] : 0;
      s4 += k + 4 < end ? values[k + 4] : 0;
      s5 += k + 5 < end ? values[k + 5] : 0;
      s6 += k + 6 < end ? values[k + 6] : 0;
    }
    return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
  }

  /**
   * The largest of K values; not NaN.
   *
   * <p>Compared as integers in two's complement order: which state leads is anybody's guess, so a
   * comparison of doubles is a branch mispredicted, or ten cycles of Math.max, at every step.
   */
  public static double largest(double[] logits, int from, int states) {
    long even = ordered(logits[from]);
    long odd = even;
    int k = 1;
    for (; k + 1 < states; k += 2) {
      even = Math.max(even, ordered(logits[from + k]));
      odd = Math.max(odd, ordered(logits[from + k + 1]));
    }
    if (k < states) {
      even = Math.max(even, ordered(logits[from + k]));
    }
    return Double.longBitsToDouble(flip(Math.max(even, odd)));
  }

  /** Bits of a double, as a long that is ordered as the doubles are. */
  private static long ordered(double value) {
    return flip(Double.doubleToRawLongBits(value));
  }

  private static long flip(long bits) {
    return bits ^ (bits >> 63 & Long.MAX_VALUE);
  }
}
