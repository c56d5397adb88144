package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.FixedPointTable;
import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Draws a layer of binary units given the other: y_j = 1 with probability p_j = sigmoid(l_j).
 *
 * <p>A uniform number is below p_j when its logit is below l_j: so 12 random bits pick one of
 * {@value #CELLS} logits from a table, and a bit is the sign of a difference of integers. That
 * alone would round p_j to a multiple of 1/{@value #CELLS}. The law is made exact by a mixture:
 * with probability s = 1/({@value #CELLS} + 1) a unit is drawn instead with probability (p_j - (1 -
 * s) q_j)/s, where q_j is the share of the table's logits that are not above l_j. The table holds
 * the logits of (1 - s) i/{@value #CELLS}, i = 1, 2, ..., so that (1 - s) q_j &lt;= p_j &lt; (1 -
 * s) q_j + s, which makes that a probability. Such units are found by geometric steps: none in most
 * rows.
 */
final class LayerSampler {

  private static final int DIGITS = 12;
  private static final int CELLS = 1 << DIGITS;
  private static final int MASK = CELLS - 1;

  /** s. */
  private static final double SHARE = 1.0 / (CELLS + 1);

  private static final double LOG_REST = StrictMath.log1p(-SHARE);
  private static final double[] LOGITS = new double[CELLS];

  static {
    for (int i = 0; i < CELLS; i++) {
      double u = (1 - SHARE) * (i + 1) / CELLS;
      LOGITS[i] = StrictMath.log(u / (1 - u));
    }
  }

  private final FixedPointTable table;
  private final int[] thresholds = new int[CELLS];
  private final int[] forms;
  private final int[] drawn;
  private final int[][] differences;
  private final int[] nibbles;
  private final RandomWords words;
  private double scale;

  /** Probability that no unit of a row is drawn exactly. */
  private final double none;

  LayerSampler(FixedPointTable table) {
    this.table = table;
    int plane = table.plane();
    this.forms = new int[4 * plane];
    this.drawn = new int[4 * plane];
    this.differences = new int[4][plane];
    this.nibbles = new int[plane];
    this.words = new RandomWords(plane);
    this.none = StrictMath.exp(LOG_REST * table.outputs());
  }

  /** Must be called after the table has taken new weights, before the next draw. */
  void load() {
    if (scale != table.scale()) {
      scale = table.scale();
      for (int i = 0; i < CELLS; i++) {
        thresholds[i] = (int) Math.ceil(scale * LOGITS[i]);
      }
    }
  }

  /** Draws the layer given row {@code row} of the other and appends it to {@code out}. */
  void draw(BitRows given, int row, UniformRandomProvider random, BitRows out) {
    table.sums(given, row, forms);
    int[][] t = differences;
    pick(words.next(random), thresholds, drawn);
    subtract(drawn, forms);
    for (int p = 0; p < 4; p++) {
      System.arraycopy(drawn, p * t[p].length, t[p], 0, t[p].length);
    }
    join(t[0], t[1], t[2], t[3], nibbles);
    double u = random.nextDouble();
    if (1 - u > none) {
      drawExactly(u, random);
    }
    out.append(nibbles);
  }

  // Loops over whole arrays by one index: the form that becomes vector code.

  /** Four thresholds for each random word, one for each plane. */
  private static void pick(long[] words, int[] thresholds, int[] out) {
    int plane = words.length;
    for (int b = 0; b < plane; b++) {
      long word = words[b];
      out[b] = thresholds[(int) word & MASK];
      out[plane + b] = thresholds[(int) (word >>> 16) & MASK];
      out[2 * plane + b] = thresholds[(int) (word >>> 32) & MASK];
      out[3 * plane + b] = thresholds[(int) (word >>> 48) & MASK];
    }
  }

  /** Leaves a negative number where the threshold is not above the form. */
  private static void subtract(int[] thresholds, int[] forms) {
    for (int b = 0; b < thresholds.length; b++) {
      thresholds[b] -= forms[b] + 1;
    }
  }

  private static void join(int[] p0, int[] p1, int[] p2, int[] p3, int[] out) {
    for (int b = 0; b < out.length; b++) {
      out[b] = p0[b] >>> 31 | (p1[b] >>> 31) << 1 | (p2[b] >>> 31) << 2 | (p3[b] >>> 31) << 3;
    }
  }

  /** Draws the units of the mixture's small part again. */
  private void drawExactly(double first, UniformRandomProvider random) {
    double u = first;
    for (int j = 0; ; j++) {
      double gap = Math.floor(StrictMath.log(1 - u) / LOG_REST);
      if (!(gap < table.outputs() - j)) {
        return;
      }
      j += (int) gap;
      int form = forms[table.place(j)];
      int bit = 1 << (j & 3);
      nibbles[j >>> 2] &= ~bit;
      if (random.nextDouble() < exactly(form)) {
        nibbles[j >>> 2] |= bit;
      }
      u = random.nextDouble();
    }
  }

  /** (p - (1 - s) q)/s. */
  double exactly(int form) {
    return (Exponentials.sigmoid(form / scale) - (1 - SHARE) * coarse(form)) / SHARE;
  }

  /** q: the share of the thresholds that are not above the form. */
  private double coarse(int form) {
    int at = Arrays.binarySearch(thresholds, form);
    if (at < 0) {
      at = -at - 1;
    } else {
      while (at < CELLS && thresholds[at] == form) {
        at++;
      }
    }
    return (double) at / CELLS;
  }
}
