package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Draws x_i = 1 with probability m_iz for 64 units at once.
 *
 * <p>A uniform number is below m when, at the first binary digit where the two differ, m has the 1.
 * So the digits of 64 uniform numbers are drawn plane by plane, one random word a plane, until all
 * 64 are decided: 8.5 words on average and not 64 numbers. The first {@value #PLANES} digits of
 * every m are kept as planes; a unit still undecided then (one in 65,536) is decided by one more
 * uniform number against the exact rest of m. The law is that of comparing m with a uniform number
 * of 69 digits.
 */
final class BernoulliPlanes {

  private static final int PLANES = 16;

  /** Planes drawn without asking whether any unit is left undecided: after 8, one word in 5 has. */
  private static final int SURE = 8;

  private final int visible;
  private final int states;
  private final int words;
  private final long[] planes;
  private final long[] squares;
  private double[] means;

  BernoulliPlanes(int visible, int states) {
    this.visible = visible;
    this.states = states;
    this.words = (visible + 63) >>> 6;
    this.planes = new long[Math.multiplyExact(states * words, PLANES)];
    this.squares = new long[states * PLANES];
  }

  /**
   * Takes the probabilities m_iz at i K + z, in [0, 1]; the array must not change until the next.
   */
  void load(double[] newMeans) {
    this.means = newMeans;
    for (int w = 0; w < words; w++) {
      // For each state four 16 x 16 squares of bits side by side: row r holds the first 16 digits
      // of units r, 16 + r, 32 + r and 48 + r of this word. Transposed, row d holds digit d of all
      // 64.
      Arrays.fill(squares, 0);
      int count = Math.min(64, visible - (w << 6));
      for (int i = 0; i < count; i++) {
        int from = ((w << 6) + i) * states;
        for (int z = 0; z < states; z++) {
          squares[z * PLANES + (i & 15)] |= digits(means[from + z]) << (i & 48);
        }
      }
      for (int z = 0; z < states; z++) {
        transpose(squares, z * PLANES);
        int base = (z * words + w) * PLANES;
        for (int d = 0; d < PLANES; d++) {
          planes[base + d] = squares[(z + 1) * PLANES - 1 - d]; // most significant digit first
        }
      }
    }
  }

  /** First 16 binary digits of m; 1 is taken as 0.111... */
  private static long digits(double m) {
    return Math.min(65_535, (int) (m * 65_536));
  }

  /** Transposes the four 16 x 16 bit squares held in the 16-bit lanes (Hacker's Delight, 7-3). */
  private static void transpose(long[] s, int at) {
    long mask = 0x00ff_00ff_00ff_00ffL;
    for (int j = 8; j != 0; j >>>= 1, mask ^= mask << j) {
      for (int k = 0; k < PLANES; k = (k + j + 1) & ~j) {
        long t = (s[at + k] >>> j ^ s[at + k + j]) & mask;
        s[at + k + j] ^= t;
        s[at + k] ^= t << j;
      }
    }
  }

  /** Draws a row from state z into {@code out}, bit i of word i / 64, rest 0. */
  void draw(int z, UniformRandomProvider random, long[] out) {
    int base = z * words * PLANES;
    for (int w = 0; w < words; w++, base += PLANES) {
      long undecided = BitRows.mask(visible, w);
      long ones = 0;
      for (int d = 0; d < PLANES && (d < SURE || undecided != 0); d++) {
        long digit = planes[base + d];
        long differs = digit ^ random.nextLong();
        ones |= undecided & differs & digit;
        undecided &= ~differs;
      }
      for (; undecided != 0; undecided &= undecided - 1) {
        double m = means[((w << 6) + Long.numberOfTrailingZeros(undecided)) * states + z];
        if (random.nextDouble() < m * 65_536 - digits(m)) {
          ones |= Long.lowestOneBit(undecided);
        }
      }
      out[w] = ones;
    }
  }
}
