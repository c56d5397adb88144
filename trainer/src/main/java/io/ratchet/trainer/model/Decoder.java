package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;

/**
 * The decoder ln p(x|z) = sum_i [x_i l_iz - softplus(l_iz)], l_iz = a_i + U_iz, prepared for one
 * set of parameters.
 */
public final class Decoder {

  /** Factors of a product of numbers in [1, 2] that stay far from overflow. */
  private static final int FACTORS = 512;

  /** Takes every positive double but the subnormal to 1 or above. */
  private static final double HUGE = 0x1p1022;

  private final int visible;
  private final int states;
  private final LogitTable table;
  private final double[] logits;
  private final double[] exponentials;
  private final double[] means;
  private final double[] product;
  private final double[] constants;
  private boolean tableIsOld;

  /** A decoder without parameters yet. */
  public Decoder(int visible, int states) {
    this.visible = visible;
    this.states = states;
    this.table = new LogitTable(visible, states);
    this.logits = new double[visible * states];
    this.exponentials = new double[visible * states];
    this.means = new double[visible * states];
    this.product = new double[states];
    this.constants = new double[states];
  }

  /** Takes the model's current U and a. */
  public void load(LatentCycleModel model) {
    double[] u = model.decoderWeights().data;
    double[] a = model.decoderBias().data;
    for (int i = 0; i < visible; i++) {
      double bias = a[i];
      for (int j = i * states; j < (i + 1) * states; j++) {
        logits[j] = bias + u[j];
      }
    }
    Exponentials.negative(logits, exponentials, visible * states);
    for (int j = 0; j < means.length; j++) {
      // 1/(1+e) or e/(1+e), e = exp(-|l|): both tails keep their relative accuracy. The numerator
      // is e where l is negative, else 1, written without a branch.
      double e = exponentials[j];
      double one = Math.min(Math.max(logits[j] * HUGE, 0), 1);
      means[j] = Math.max(e, one) / (1 + e);
    }
    // softplus(l) = max(l, 0) + ln(1 + exp(-|l|)); the logarithms of a column are summed as the
    // logarithm of a product, one for every FACTORS units.
    Arrays.fill(constants, 0);
    Arrays.fill(product, 1);
    for (int i = 0; i < visible; i++) {
      int j = i * states;
      for (int z = 0; z < states; z++, j++) {
        double l = logits[j];
        product[z] *= 1 + exponentials[j];
        constants[z] -= Math.max(l, 0);
      }
      if ((i + 1) % FACTORS == 0 || i + 1 == visible) {
        for (int z = 0; z < states; z++) {
          constants[z] -= StrictMath.log(product[z]);
          product[z] = 1;
        }
      }
    }
    tableIsOld = true;
  }

  /**
   * The table, made when it is first asked for: chains only need the means, and by then the table
   * would have left the cache again.
   */
  private LogitTable table() {
    if (tableIsOld) {
      table.load(logits, states, 1, constants);
      tableIsOld = false;
    }
    return table;
  }

  /** K. */
  public int states() {
    return states;
  }

  /** V. */
  public int visible() {
    return visible;
  }

  /** Values that {@link #logLikelihoods} writes for a row: K and padding. */
  public int stride() {
    return table.stride();
  }

  /** ln p(x=0|z) = -sum_i softplus(l_iz), nats. */
  public double logLikelihoodOfZero(int z) {
    return constants[z];
  }

  /** m_iz = p(x_i=1|z) at i K + z, live; at least 1.6e-28. */
  public double[] means() {
    return means;
  }

  /** Writes ln p(x|z) of one row, K values and padding, from {@code out[at]} on; nats. */
  public void logLikelihoods(BitRows rows, int row, double[] out, int at) {
    table().sums(rows, row, out, at);
  }

  /**
   * Constants of {@link #logJoints} for one law of z: ln pi_z + ln p(x=0|z), and padding.
   *
   * @param out overwritten; {@link #stride} values
   */
  public void logJointsOfZero(double[] logLaw, double[] out) {
    System.arraycopy(table().offset(), 0, out, 0, out.length);
    for (int z = 0; z < states; z++) {
      out[z] += logLaw[z];
    }
  }

  /** Writes ln pi_z + ln p(x|z) of one row, K values and padding, from {@code out[at]} on; nats. */
  public void logJoints(double[] ofZero, BitRows rows, int row, double[] out, int at) {
    table().sums(rows, row, ofZero, out, at);
  }
}
