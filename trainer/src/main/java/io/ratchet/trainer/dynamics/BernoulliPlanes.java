package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Lanes;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Draws x_i = 1 with probability m_iz for 64 units at once.
 *
 * <p>A uniform number is below m when, at the first binary digit where the two differ, m has the 1.
 * So the first {@value #PLANES} digits of 64 uniform numbers are drawn as planes, one random word a
 * plane, and compared with the digits of every m, which are kept as planes too. A unit still
 * undecided then (one in 256) is decided by one more uniform number against the exact rest of m.
 * The law is that of comparing m with a uniform number of 61 digits.
 */
final class BernoulliPlanes {

  private static final int PLANES = 8;

  private final int visible;
  private final int states;
  private final int words;

  /** Words of a plane, padded. */
  private final int width;

  /** Position (8 z + d) width + w: digit d, the most significant first, of the units of word w. */
  private final long[] planes;

  private final int stride;
  private final long[] squares;
  private final long[] units;
  private final RandomWords random;
  private final long[] undecided;
  private final long[] ones;
  private double[] means;

  BernoulliPlanes(int visible, int states) {
    this.visible = visible;
    this.states = states;
    this.words = BitRows.words(visible);
    this.width = Lanes.padded(words);
    this.planes = new long[Math.multiplyExact(states * PLANES, width)];
    this.stride = Lanes.padded(states);
    this.squares = new long[stride * PLANES];
    this.units = new long[width];
    for (int w = 0; w < words; w++) {
      units[w] = BitRows.mask(visible, w);
    }
    this.random = new RandomWords(PLANES * width);
    this.undecided = new long[width];
    this.ones = new long[width];
  }

  /**
   * Takes the probabilities m_iz at i K + z, in [0, 1]; the array must not change until the next.
   */
  void load(double[] newMeans) {
    this.means = newMeans;
    for (int w = 0; w < words; w++) {
      // For each state eight 8 x 8 squares of bits side by side: row r holds the digits of units
      // r, 8 + r, ..., 56 + r of this word. Transposed, row d holds digit d of all 64, the most
      // significant last.
      int count = Math.min(64, visible - (w << 6));
      Lanes.BEST.digits(means, (w << 6) * states, states, count, squares, stride);
      Lanes.BEST.transpose(squares, stride);
      for (int d = 0; d < PLANES; d++) {
        int row = (PLANES - 1 - d) * stride;
        for (int z = 0; z < states; z++) {
          planes[(z * PLANES + d) * width + w] = squares[row + z];
        }
      }
    }
  }

  /** Draws a row from state z into {@code out}, bit i of word i / 64, rest 0. */
  void draw(int z, UniformRandomProvider generator, long[] out) {
    long[] digits = random.next(generator);
    System.arraycopy(units, 0, undecided, 0, width);
    Lanes.BEST.below(digits, planes, z * PLANES * width, PLANES, undecided, ones);
    for (int w = 0; w < words; w++) {
      long x = ones[w];
      for (long left = undecided[w]; left != 0; left &= left - 1) {
        double m = means[((w << 6) + Long.numberOfTrailingZeros(left)) * states + z];
        if (generator.nextDouble() < m * 256 - Lanes.digit(m)) {
          x |= Long.lowestOneBit(left);
        }
      }
      out[w] = x;
    }
  }
}
