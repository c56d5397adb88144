package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.model.Exponentials;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Reads the class of a visible state: multinomial logistic regression, p(c|x) = softmax_c(b_c +
 * sum_i w_ic x_i), fitted to the labelled data of a run.
 *
 * <p>What it says of generated samples measures model and reader together: its accuracy on examples
 * that it was not fitted to belongs beside every figure made with it.
 */
public final class ClassReader {

  /** Class of a chain that cannot be read. */
  public static final byte NONE = (byte) 255;

  /** Every tenth of at most this many examples is held out; the rest is fitted. */
  private static final int MAX_EXAMPLES = 12_000;

  private static final int HELD_OUT = 10;

  /** Passes over the fitted examples: accuracy on MNIST gains under 0.2 % from twice as many. */
  private static final int EPOCHS = 12;

  /** First step length; falls as 1/(1 + epoch). Logits of 100 ones move by about 1 at most. */
  private static final double RATE = 0.02;

  private final int classes;
  private final double[] weights;
  private final double[] logits;

  /** The ones of the row last scored, and how many. */
  private final char[] ones;

  private int count;
  private double accuracy;

  private ClassReader(int visible, int classes) {
    this.classes = classes;
    this.weights = new double[(visible + 1) * classes];
    this.logits = new double[classes];
    this.ones = new char[visible];
  }

  /** Fits a reader by stochastic gradient ascent; the same bits for the same data and generator. */
  public static ClassReader fit(DataSet data, UniformRandomProvider random) {
    ClassReader reader = new ClassReader(data.visible(), data.classNames().size());
    int[] sample = shuffled(data.size(), random);
    int used = Math.min(sample.length, MAX_EXAMPLES);
    int held = used / HELD_OUT;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      double rate = RATE / (1 + epoch);
      for (int n = held; n < used; n++) {
        reader.learn(data.rows(), sample[n], data.label(sample[n]), rate);
      }
    }
    int right = 0;
    for (int n = 0; n < held; n++) {
      right += reader.read(data.rows(), sample[n]) == data.label(sample[n]) ? 1 : 0;
    }
    reader.accuracy = held == 0 ? Double.NaN : (double) right / held;
    return reader;
  }

  /** Fisher and Yates' shuffle of 0, 1, ... */
  public static int[] shuffled(int size, UniformRandomProvider random) {
    int[] order = new int[size];
    shuffle(order, random);
    return order;
  }

  /** Overwrites an array with such a shuffle. */
  public static void shuffle(int[] order, UniformRandomProvider random) {
    for (int n = 0; n < order.length; n++) {
      int other = random.nextInt(n + 1);
      order[n] = order[other];
      order[other] = n;
    }
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** Share of the held-out examples whose class it reads right; NaN if none could be held out. */
  public double accuracy() {
    return accuracy;
  }

  /** The likeliest class of a row. */
  public int read(BitRows rows, int row) {
    score(rows, row);
    int best = 0;
    for (int c = 1; c < classes; c++) {
      best = logits[c] > logits[best] ? c : best;
    }
    return best;
  }

  private void score(BitRows rows, int row) {
    System.arraycopy(weights, rows.visible() * classes, logits, 0, classes);
    count = rows.ones(row, ones);
    for (int j = 0; j < count; j++) {
      int weight = ones[j] * classes;
      for (int c = 0; c < classes; c++) {
        logits[c] += weights[weight + c];
      }
    }
  }

  private void learn(BitRows rows, int row, int label, double rate) {
    score(rows, row);
    double logSum = Exponentials.logSumExp(logits, 0, classes);
    for (int c = 0; c < classes; c++) {
      double p = Exponentials.exp(logits[c] - logSum);
      logits[c] = rate * ((c == label ? 1 : 0) - p);
    }
    for (int j = 0; j <= count; j++) {
      int unit = j < count ? ones[j] : rows.visible();
      for (int c = 0; c < classes; c++) {
        weights[unit * classes + c] += logits[c];
      }
    }
  }
}
