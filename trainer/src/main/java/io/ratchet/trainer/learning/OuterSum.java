package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Lanes;

/**
 * sum_n w_n x_n^T over binary rows x_n with a vector of K weights each. Where most weights of a row
 * are 0, a {@link WeightedSum} for each state is quicker.
 */
final class OuterSum {

  private final int visible;
  private final int states;
  private final int stride;
  private final int blocks;

  /** Position (m B + b) stride + k: sum of the weights k of the rows with nibble m in block b. */
  private final double[] nibbles;

  /** Position (j B + b) stride + k: sum k of unit j of block b. */
  private final double[] units;

  /** Zero. */
  OuterSum(int visible, int states) {
    this.visible = visible;
    this.states = states;
    this.stride = Lanes.padded(states);
    this.blocks = BitRows.blocks(visible);
    this.nibbles = new double[Math.addExact(Lanes.FIRST, Math.multiplyExact(16 * blocks, stride))];
    this.units = new double[4 * blocks * stride];
  }

  /** Adds a row with the weights from {@code weights[at]} on, padded to {@link Lanes#padded} K. */
  void add(BitRows rows, int row, double[] weights, int at) {
    Lanes.BEST.addToRows(
        nibbles, stride, rows.nibbles(), rows.start(row), rows.start(row + 1), weights, at);
  }

  /** Writes the sums, K x V; they are zero again. */
  void take(double[] out) {
    Lanes.BEST.unitSums(nibbles, Lanes.FIRST, blocks * stride, units, 0);
    for (int k = 0; k < states; k++) {
      for (int j = 0; j < 4; j++) {
        int from = j * blocks * stride + k;
        for (int i = j; i < visible; i += 4, from += stride) {
          out[k * visible + i] = units[from];
        }
      }
    }
  }
}
