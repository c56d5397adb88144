package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * K prototypes of the data, fixed for a run: a visible state belongs to the nearest. They make
 * macro-states of the visible chain of a machine that has too many states to count.
 *
 * <p>The prototypes are the centres of K means: seeds drawn with probability proportional to the
 * squared distance from the nearest seed before (Arthur and Vassilvitskii 2007), then Lloyd's
 * iterations. A function of the state keeps a reversible chain reversible in pairs: its
 * macro-states have entropy production 0, too.
 */
public final class Prototypes {

  /** Examples used at most: centres move little with more. */
  private static final int MAX_EXAMPLES = 5_000;

  private static final int ITERATIONS = 10;

  private final int count;
  private final LogitTable table;
  private final double[] forms;

  private Prototypes(int visible, int count) {
    this.count = count;
    this.table = new LogitTable(visible, count);
    this.forms = new double[table.stride()];
  }

  /**
   * Finds the prototypes.
   *
   * @param count K
   */
  public static Prototypes of(DataSet data, int count, UniformRandomProvider random) {
    Prototypes prototypes = new Prototypes(data.visible(), count);
    int[] sample = new int[Math.min(MAX_EXAMPLES, data.size())];
    for (int n = 0; n < sample.length; n++) {
      // One of each of equal stretches of the data.
      sample[n] = (int) ((long) n * data.size() / sample.length);
    }
    double[] centres = seeds(data, sample, count, random);
    prototypes.load(centres);
    for (int t = 0; t < ITERATIONS; t++) {
      prototypes.improve(data.rows(), sample, centres);
      prototypes.load(centres);
    }
    return prototypes;
  }

  private static double[] seeds(
      DataSet data, int[] sample, int count, UniformRandomProvider random) {
    int visible = data.visible();
    double[] centres = new double[visible * count]; // unit i of centre k at i K + k
    double[] distance = new double[sample.length];
    Arrays.fill(distance, 1);
    char[] ones = new char[visible];
    boolean[] seed = new boolean[visible];
    for (int k = 0; k < count; k++) {
      double left = random.nextDouble() * Arrays.stream(distance).sum();
      int chosen = 0;
      while (chosen < sample.length - 1 && (left -= distance[chosen]) >= 0) {
        chosen++;
      }
      Arrays.fill(seed, false);
      int size = data.rows().ones(sample[chosen], ones);
      for (int j = 0; j < size; j++) {
        seed[ones[j]] = true;
        centres[ones[j] * count + k] = 1;
      }
      for (int n = 0; n < sample.length; n++) {
        int own = data.rows().ones(sample[n], ones);
        int common = 0;
        for (int j = 0; j < own; j++) {
          common += seed[ones[j]] ? 1 : 0;
        }
        double apart = own + size - 2.0 * common;
        distance[n] = k == 0 ? apart : Math.min(distance[n], apart);
      }
    }
    return centres;
  }

  /** Moves each centre to the mean of the examples nearest to it; one without any stays. */
  private void improve(BitRows rows, int[] sample, double[] centres) {
    double[] sums = new double[centres.length];
    int[] members = new int[count];
    char[] ones = new char[rows.visible()];
    for (int row : sample) {
      int k = nearest(rows, row);
      members[k]++;
      for (int j = rows.ones(row, ones) - 1; j >= 0; j--) {
        sums[ones[j] * count + k]++;
      }
    }
    for (int j = 0; j < centres.length; j++) {
      int size = members[j % count];
      centres[j] = size == 0 ? centres[j] : sums[j] / size;
    }
  }

  private void load(double[] centres) {
    double[] constants = new double[count];
    for (int j = 0; j < centres.length; j++) {
      constants[j % count] -= centres[j] * centres[j] / 2;
    }
    table.load(centres, count, 1, constants);
  }

  /** K. */
  public int count() {
    return count;
  }

  /** The prototype nearest to a row: the largest of v.m_k - |m_k|^2/2; the first of equals. */
  public int nearest(BitRows rows, int row) {
    table.sums(rows, row, forms, 0);
    int best = 0;
    for (int k = 1; k < count; k++) {
      best = forms[k] > forms[best] ? k : best;
    }
    return best;
  }
}
