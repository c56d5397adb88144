package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;

/**
 * What a visible state says of the hidden layer of a restricted Boltzmann machine, p(h_j=1|v), and
 * its free energy F(v), to the rounding of {@link FixedPointTable}.
 */
public final class HiddenLayer {

  private final FixedPointTable toHidden;

  /** b.v, as a layer of one unit. */
  private final FixedPointTable bias;

  private final int[] sums;
  private final int[] dot = new int[4];
  private final double[] zero = new double[1];
  private final double[] logits;
  private final double[] exponentials;

  /**
   * A reader without parameters yet.
   *
   * @param toHidden the logits of the hidden units, loaded by its owner
   */
  public HiddenLayer(FixedPointTable toHidden) {
    this.toHidden = toHidden;
    this.bias = new FixedPointTable(toHidden.inputs(), 1);
    this.sums = new int[4 * toHidden.plane()];
    this.logits = new double[toHidden.outputs()];
    this.exponentials = new double[toHidden.outputs()];
  }

  /** Takes the model's current b. */
  public void load(RbmModel model) {
    bias.load(model.visibleBias().data, 1, 1, zero);
  }

  /** F(v) of a row, nats. */
  public double freeEnergy(BitRows rows, int row) {
    readLogits(rows, row);
    bias.sums(rows, row, dot);
    double softplus = Exponentials.sumSoftplus(logits, exponentials, logits.length);
    return -dot[0] / bias.scale() - softplus;
  }

  /**
   * Writes p(h_j=1|v) of a row.
   *
   * @return F(v), nats
   */
  public double means(BitRows rows, int row, double[] out) {
    double energy = freeEnergy(rows, row);
    for (int j = 0; j < out.length; j++) {
      out[j] = ScalarLanes.sigmoid(logits[j], exponentials[j]);
    }
    return energy;
  }

  /** The likeliest of the first {@code count} hidden units, given a row; the first of equals. */
  public int likeliest(BitRows rows, int row, int count) {
    toHidden.sums(rows, row, sums);
    int plane = toHidden.plane();
    int best = 0;
    int most = sums[0];
    for (int j = 1; j < count; j++) {
      int sum = sums[(j & 3) * plane + (j >>> 2)];
      best = sum > most ? j : best;
      most = Math.max(sum, most);
    }
    return best;
  }

  private void readLogits(BitRows rows, int row) {
    toHidden.sums(rows, row, sums);
    double unit = 1 / toHidden.scale();
    int plane = toHidden.plane();
    for (int j = 0; j < logits.length; j++) {
      logits[j] = sums[(j & 3) * plane + (j >>> 2)] * unit;
    }
    Exponentials.negative(logits, exponentials, logits.length);
  }
}
