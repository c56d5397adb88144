package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Lanes;

/**
 * sum_n w_n x_n over binary rows x_n: the other side of a linear form of them.
 *
 * <p>A weight is added once for each nibble of its row, not once for each unit, to the sum of its
 * block and value; the V sums follow from those at the end.
 */
final class WeightedSum {

  private final int visible;
  private final int blocks;

  /** Position m B + b: sum of the weights of the rows that have nibble m in block b. */
  private final double[] nibbles;

  /** Position j B + b: sum of unit j of block b. */
  private final double[] units;

  /** Zero. */
  WeightedSum(int visible) {
    this.visible = visible;
    this.blocks = BitRows.blocks(visible);
    this.nibbles = new double[16 * blocks];
    this.units = new double[4 * blocks];
  }

  /** Adds a row with a weight. */
  void add(BitRows rows, int row, double weight) {
    char[] list = rows.nibbles();
    int end = rows.start(row + 1);
    for (int j = rows.start(row); j < end; j++) {
      nibbles[list[j]] += weight;
    }
  }

  /** As {@link #take}, but the sum of unit i goes to out[at + {@link #place}(i)]. */
  void takeBlocks(double[] out, int at) {
    Lanes.BEST.unitSums(nibbles, 0, blocks, out, at);
  }

  /** Where {@link #takeBlocks} puts unit i, below {@link #size}. */
  int place(int i) {
    return (i & 3) * blocks + (i >>> 2);
  }

  /** Values that {@link #takeBlocks} writes. */
  int size() {
    return units.length;
  }

  /** Writes the V sums from {@code out[at]} on; the sum is zero again. */
  void take(double[] out, int at) {
    takeBlocks(units, 0);
    for (int i = 0; i < visible; i++) {
      out[at + i] = units[place(i)];
    }
  }
}
