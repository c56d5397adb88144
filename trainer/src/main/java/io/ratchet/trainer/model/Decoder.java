package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;

/**
 * The decoder ln p(x|z) = sum_i [x_i l_iz - softplus(l_iz)], l_iz = a_i + U_iz, prepared for one
 * set of parameters.
 */
public final class Decoder {

  /**
   * Sums over units are taken of every 64th first: loops over 64 K values become vector code, those
   * over K would not.
   */
  private static final int ROWS = 64;

  /** Times 2^(16,384/64), the largest product of such factors, still far from overflow. */
  private static final double LARGE = 1e200;

  private final int visible;
  private final int states;
  private final LogitTable table;
  private final double[] logits;
  private final double[] exponentials;
  private final double[] means;
  private final double[] products;
  private final double[] positive;
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
    this.products = new double[ROWS * states];
    this.positive = new double[ROWS * states];
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
    Lanes.BEST.sigmoids(logits, exponentials, means, visible * states);
    // softplus(l) = max(l, 0) + ln(1 + exp(-|l|)); the logarithms of a column are summed as the
    // logarithm of a product.
    Arrays.fill(products, 1);
    Arrays.fill(positive, 0);
    for (int from = 0; from < logits.length; from += products.length) {
      int count = Math.min(products.length, logits.length - from);
      Lanes.BEST.softplus(logits, exponentials, from, count, products, positive);
    }
    for (int z = 0; z < states; z++) {
      double sum = 0;
      double product = 1;
      for (int j = z; j < products.length; j += states) {
        sum += positive[j];
        product *= products[j];
        if (product > LARGE) {
          sum += StrictMath.log(product);
          product = 1;
        }
      }
      constants[z] = -(sum + StrictMath.log(product));
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
