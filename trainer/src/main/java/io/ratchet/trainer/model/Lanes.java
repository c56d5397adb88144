package io.ratchet.trainer.model;

/**
 * The innermost loops of training, each for several lanes at once: by the Vector API where its
 * module is present, one by one where it is not. Both give the same bits, since every lane does the
 * same operations in the same order.
 *
 * <p>Rows of K values are padded to a multiple of {@value #WIDTH}.
 */
public interface Lanes {

  /** Values in a padded row are a multiple of this, the lanes of the widest registers in use. */
  int WIDTH = 8;

  /** Logit of a padding value: so small that its probability is 0. */
  double PADDING = -1e300;

  /** The lanes of this process. */
  Lanes BEST = best();

  /** K rounded up to a multiple of {@value #WIDTH}. */
  static int padded(int states) {
    return (states + WIDTH - 1) / WIDTH * WIDTH;
  }

  private static Lanes best() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return new ScalarLanes();
    }
    try {
      // Compiled apart, with a module that need not be there: it can only be named as a text.
      return Class.forName("io.ratchet.trainer.model.VectorLanes")
          .asSubclass(Lanes.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("VectorLanes was not compiled", e);
    }
  }

  /**
   * Sums rows of a table: out[at + k] = offset[k] + sum_j table[index_j stride + k] for all k below
   * {@code states}; what is written beyond is padding. Rows are added two by two, each pair first
   * within itself: half the chain of additions that wait for each other.
   *
   * @param indices index_j, j from {@code from} to {@code to}, exclusive
   */
  void sumRows(
      double[] table,
      int stride,
      int states,
      char[] indices,
      int from,
      int to,
      double[] offset,
      double[] out,
      int at);

  /**
   * Adds a row to rows of a table: table[index_j stride + k] += row[at + k] for all j and k.
   *
   * @param indices index_j, j from {@code from} to {@code to}, exclusive; all different
   */
  void addToRows(
      double[] table, int stride, char[] indices, int from, int to, double[] row, int at);

  /**
   * Adds within an array: values[to + j] = values[x + j] + values[y + j], j below a multiple of 8.
   */
  void add(double[] values, int x, int y, int to, int count);

  /** The largest of the K values of a padded row; none is NaN. */
  double largest(double[] values, int from, int states);

  /**
   * Turns the logits of a padded row into probabilities, as {@link Posterior#scaled(double[], int,
   * int, double, double, double[], int)} does.
   */
  double softmax(
      double[] logits,
      int from,
      int states,
      double largest,
      double negligible,
      double[] out,
      int at);

  /**
   * From sums over nibbles those over units: out[j n + b] = sum of h[m n + b] over the nibbles m, 1
   * to 15, that have bit j, for all b below n.
   *
   * @param n a multiple of {@value #WIDTH}
   */
  void unitSums(double[] h, int n, double[] out);

  /**
   * Rounds every value to 24 bits, ties to even, and what is then below 2^-126 to 0: to a float32,
   * for values that are not beyond its range.
   */
  void round(double[] values);

  /**
   * Transposes squares of 8 x 8 bits, eight side by side in each lane: row r of lane z is squares[r
   * stride + z], 8 rows; square q has bits 8 q to 8 q + 7 of each row.
   */
  void transpose(long[] squares, int stride);

  /**
   * Compares numbers x and m, 64 in a lane, given as planes of binary digits, the most significant
   * first: digit d of lane w of x is x[d width + w], of m it is m[at + d width + w].
   *
   * @param undecided the numbers to compare; left are those that are equal in all digits
   * @param below overwritten with the numbers x that are less than m; {@code width} lanes, as many
   *     as {@code undecided} has, a multiple of {@value #WIDTH}
   */
  void below(long[] x, long[] m, int at, int digits, long[] undecided, long[] below);
}
