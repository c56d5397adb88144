package io.ratchet.trainer.model;

/**
 * The innermost loops of training, each for several lanes at once: by the Vector API where its
 * module is present, one by one where it is not. Both give the same bits, since every lane does the
 * same operations in the same order.
 *
 * <p>Rows of K values are padded to a multiple of {@link #width}.
 */
public interface Lanes {

  /**
   * Where row 0 of a table is in its array: behind the 16 bytes that the JVM puts before the values
   * of an array, this is 64 bytes from the start of the object. Where objects are aligned to 64
   * bytes (-XX:ObjectAlignmentInBytes=64), no register's load then touches two lines of the cache.
   */
  int FIRST = 6;

  /** Logit of a padding value: so small that its probability is 0. */
  double PADDING = -1e300;

  /** The lanes of this process. */
  Lanes BEST = best();

  /** K rounded up to a multiple of the width of {@link #BEST}. */
  static int padded(int states) {
    int width = BEST.width();
    return (states + width - 1) / width * width;
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

  /** Values in a padded row are a multiple of this, 4 or, with the widest registers, 8. */
  int width();

  /**
   * Sums rows of a table: out[at + k] = offset[k] + sum_j table[FIRST + index_j stride + k] for all
   * k below {@code states}; what is written beyond is padding. Rows are added two by two, each pair
   * first within itself: half the chain of additions that wait for each other.
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
   * Adds a row to rows of a table: table[FIRST + index_j stride + k] += row[at + k] for all j and
   * k.
   *
   * @param indices index_j, j from {@code from} to {@code to}, exclusive; all different
   */
  void addToRows(
      double[] table, int stride, char[] indices, int from, int to, double[] row, int at);

  /**
   * From values of single units those of whole nibbles: plane m, from FIRST + m plane on, becomes
   * the sum of the planes 1, 2, 4 and 8 that m has, the lowest first; those are given.
   *
   * @param plane a multiple of {@link #width}
   */
  void nibbleSums(double[] table, int plane);

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
   * From sums over nibbles those over units: out[at + j n + b] = sum of h[first + m n + b] over the
   * nibbles m, 1 to 15, that have bit j, for all b below n. Leaves 0 in h.
   *
   * @param n a multiple of {@link #width}
   */
  void unitSums(double[] h, int first, int n, double[] out, int at);

  /**
   * exp(-|x|), as {@link Exponentials#negative} gives it, and p = 1/(1 + exp(-x)) of n logits, both
   * tails to a relative 1e-13; x beyond 64 either way is taken as 64.
   */
  void sigmoids(double[] x, double[] exponentials, double[] p, int n);

  /**
   * Factors and summands of softplus(x) = ln(1 + exp(-|x|)) + max(x, 0): products[j] *= 1 +
   * exponentials[from + j] and sums[j] += max(x[from + j], 0), j below n.
   */
  void softplus(
      double[] x, double[] exponentials, int from, int n, double[] products, double[] sums);

  /**
   * The digits of probabilities of up to 64 units, each unit's a byte of a lane.
   *
   * @param p p_iz at from + i K + z
   * @param states K
   * @param count units
   * @param squares overwritten: byte i / 8 of squares[(i mod 8) stride + z] is {@link #digit} of
   *     p_iz; 8 rows
   */
  void digits(double[] p, int from, int states, int count, long[] squares, int stride);

  /** Eight binary digits d of p, 0 to 255, with 256 p - d in [0, 1]. */
  static long digit(double p) {
    // Adding it leaves the nearest integer in the low bits.
    return Double.doubleToRawLongBits(Math.min(p * 256 - 0.5, 255) + Exponentials.ROUND) & 255;
  }

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
   *     as {@code undecided} has, a multiple of {@link #width}
   */
  void below(long[] x, long[] m, int at, int digits, long[] undecided, long[] below);
}
