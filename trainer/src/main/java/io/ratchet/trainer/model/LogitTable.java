package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;

/**
 * Linear forms of binary rows, out_k = c_k + sum_i x_i w_ik for K values of k at once, through a
 * table of the partial sums over every nibble (four units that are not all 0).
 *
 * <p>A table is made anew for each set of parameters: 15 V/4 rows of K additions. A row of data
 * then costs one row of K additions for each of its nibbles.
 */
final class LogitTable {

  private final int visible;
  private final int blocks;
  private final int states;
  private final int stride;

  /** Row m B + b holds the sums over the units of nibble m of block b; K values, then padding. */
  private final double[] table;

  private final double[] offset;

  LogitTable(int visible, int states) {
    this.visible = visible;
    this.blocks = BitRows.blocks(visible);
    this.states = states;
    this.stride = Lanes.padded(states);
    this.table = new double[Math.addExact(Lanes.FIRST, Math.multiplyExact(16 * blocks, stride))];
    this.offset = new double[stride];
    Arrays.fill(offset, states, stride, Lanes.PADDING);
  }

  /**
   * Takes new weights and constants.
   *
   * @param weights w_ik at i unitStep + k stateStep
   * @param constants c_k
   */
  void load(double[] weights, int unitStep, int stateStep, double[] constants) {
    System.arraycopy(constants, 0, offset, 0, states);
    int plane = blocks * stride; // distance from nibble m of a block to nibble m + 1
    for (int i = 0; i < visible; i++) {
      int row = Lanes.FIRST + (1 << (i & 3)) * plane + (i >>> 2) * stride;
      int weight = i * unitStep;
      for (int k = 0; k < states; k++) {
        table[row + k] = weights[weight + k * stateStep];
      }
    }
    Lanes.BEST.nibbleSums(table, plane);
  }

  /** Values written by {@link #sums}: {@link Lanes#padded} K. */
  int stride() {
    return stride;
  }

  /** The constants c_k, and {@link Lanes#PADDING}; live. */
  double[] offset() {
    return offset;
  }

  /** Writes the K values of one row, and padding, from {@code out[at]} on. */
  void sums(BitRows rows, int row, double[] out, int at) {
    sums(rows, row, offset, out, at);
  }

  /** The same with other constants. */
  void sums(BitRows rows, int row, double[] constants, double[] out, int at) {
    Lanes.BEST.sumRows(
        table,
        stride,
        states,
        rows.nibbles(),
        rows.start(row),
        rows.start(row + 1),
        constants,
        out,
        at);
  }
}
