package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;

/**
 * What a visible state says of the hidden layer of a restricted Boltzmann machine: p(h_j=1|v) and
 * the free energy.
 */
public final class HiddenLayer {

  /** Takes every positive double but the subnormal to 1 or above. */
  private static final double HUGE = 0x1p1022;

  private final FixedPointTable table;
  private final int[] sums;
  private final double[] logits;
  private final double[] exponentials;

  /** Reads through this table, which holds the weights from the visible to the hidden units. */
  public HiddenLayer(FixedPointTable table) {
    this.table = table;
    this.sums = new int[4 * table.plane()];
    this.logits = new double[table.outputs()];
    this.exponentials = new double[table.outputs()];
  }

  /** sum_j softplus(x_j) of a row, nats; F(v) = -b.v - that. */
  public double softplus(BitRows rows, int row) {
    logits(rows, row);
    return Exponentials.sumSoftplus(logits, exponentials, logits.length);
  }

  /**
   * Writes p(h_j=1|v) of a row.
   *
   * @return sum_j softplus(x_j), nats
   */
  public double means(BitRows rows, int row, double[] out) {
    logits(rows, row);
    for (int j = 0; j < out.length; j++) {
      // 1/(1+e) or e/(1+e), e = exp(-|x|), without a branch, as in the decoder.
      double e = exponentials[j];
      double one = Math.min(Math.max(logits[j] * HUGE, 0), 1);
      out[j] = Math.max(e, one) / (1 + e);
    }
    return Exponentials.sumSoftplus(logits, exponentials, logits.length);
  }

  private void logits(BitRows rows, int row) {
    table.sums(rows, row, sums);
    double unit = 1 / table.scale();
    int plane = table.plane();
    for (int j = 0; j < logits.length; j++) {
      logits[j] = sums[(j & 3) * plane + (j >>> 2)] * unit;
    }
    Exponentials.negative(logits, exponentials, logits.length);
  }
}
