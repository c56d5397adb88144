package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;

/** The encoder p(z|x) = softmax_z(b_z + sum_i W_zi x_i), prepared for one set of parameters. */
public final class Encoder {

  private final int states;
  private final LogitTable table;

  /** An encoder without parameters yet. */
  public Encoder(int visible, int states) {
    this.states = states;
    this.table = new LogitTable(visible, states);
  }

  /** Takes the model's current W and b. */
  public void load(LatentCycleModel model) {
    table.load(model.encoderWeights().data, 1, model.visible(), model.encoderBias().data);
  }

  /** K. */
  public int states() {
    return states;
  }

  /** Values that {@link #logits} writes for a row: K and padding. */
  public int stride() {
    return table.stride();
  }

  /** Writes e_z of one row, K values and padding, from {@code out[at]} on; nats. */
  public void logits(BitRows rows, int row, double[] out, int at) {
    table.sums(rows, row, out, at);
  }
}
