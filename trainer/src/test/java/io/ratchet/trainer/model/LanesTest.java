package io.ratchet.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Vectors and scalars must give the same bits, and the scalars the right ones. */
final class LanesTest {

  private final Lanes scalar = new ScalarLanes();

  @Test
  void vectorsAreUsed_whereTheModuleIsPresent() {
    // Surefire is told to add the module: without it the properties below would compare a twin
    // with itself.
    assertThat(Lanes.BEST.getClass().getSimpleName()).isEqualTo("VectorLanes");
  }

  @Property(tries = 200)
  void sumsOfRows(
      @ForAll @IntRange(min = 1, max = 70) int states,
      @ForAll @IntRange(min = 0, max = 40) int count,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int stride = Lanes.padded(states);
    double[] table = doubles(Lanes.FIRST + 50 * stride, 10, random);
    double[] offset = doubles(stride, 10, random);
    char[] indices = indices(count, random);
    double[] expected = new double[stride + 3];
    double[] actual = new double[stride + 3];

    scalar.sumRows(table, stride, states, indices, 2, 2 + count, offset, expected, 3);
    Lanes.BEST.sumRows(table, stride, states, indices, 2, 2 + count, offset, actual, 3);

    for (int k = 0; k < states; k++) {
      assertThat(actual[3 + k]).isEqualTo(expected[3 + k]);
      double plain = offset[k];
      for (int j = 2; j < 2 + count; j++) {
        plain += table[Lanes.FIRST + indices[j] * stride + k];
      }
      assertThat(Math.abs(expected[3 + k] - plain)).isLessThan(1e-11);
    }
  }

  @Property(tries = 200)
  void additionsToRows(
      @ForAll @IntRange(min = 1, max = 70) int states,
      @ForAll @IntRange(min = 0, max = 40) int count,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int stride = Lanes.padded(states);
    double[] expected = doubles(Lanes.FIRST + 50 * stride, 10, random);
    double[] actual = expected.clone();
    double[] row = doubles(stride + 1, 10, random);
    char[] indices = indices(count, random);

    scalar.addToRows(expected, stride, indices, 2, 2 + count, row, 1);
    Lanes.BEST.addToRows(actual, stride, indices, 2, 2 + count, row, 1);

    assertThat(actual).containsExactly(expected);
  }

  @Property(tries = 500)
  void probabilities(
      @ForAll @IntRange(min = 1, max = 70) int states,
      @ForAll boolean exact,
      @ForAll @IntRange(min = 0, max = 4) int magnitude,
      @ForAll long seed) {
    int stride = Lanes.padded(states);
    double[] logits = doubles(stride + 2, Math.pow(10, magnitude), new SplittableRandom(seed));
    for (int k = states; k < stride; k++) {
      logits[2 + k] = Lanes.PADDING;
    }
    double negligible = exact ? Posterior.EXACT : Posterior.NEGLIGIBLE;
    double largest = Posterior.largest(logits, 2, states);
    double[] expected = new double[stride + 1];
    double[] actual = new double[stride + 1];
    double[] unpadded = new double[states];

    double sum = scalar.softmax(logits, 2, states, largest, negligible, expected, 1);

    assertThat(Lanes.BEST.largest(logits, 2, states)).isEqualTo(largest);
    assertThat(Lanes.BEST.softmax(logits, 2, states, largest, negligible, actual, 1))
        .isEqualTo(sum);
    assertThat(actual).containsExactly(expected);
    assertThat(Posterior.scaled(logits, 2, states, negligible, unpadded, 0)).isEqualTo(sum);
    for (int k = 0; k < stride; k++) {
      assertThat(expected[1 + k]).isEqualTo(k < states ? unpadded[k] : 0);
    }
  }

  @Property(tries = 100)
  void sumsOfUnits_leaveZero(@ForAll @IntRange(min = 1, max = 20) int eighths, @ForAll long seed) {
    int n = 8 * eighths;
    double[] h = doubles(2 + 16 * n, 1, new SplittableRandom(seed));
    Arrays.fill(h, 0, 2 + n, 0); // no nibble is 0
    double[] emptied = h.clone();
    double[] alsoEmptied = h.clone();
    double[] expected = new double[1 + 4 * n];
    double[] actual = new double[1 + 4 * n];

    scalar.unitSums(emptied, 2, n, expected, 1);
    Lanes.BEST.unitSums(alsoEmptied, 2, n, actual, 1);

    assertThat(actual).containsExactly(expected);
    assertThat(emptied).containsOnly(0);
    assertThat(alsoEmptied).containsOnly(0);
    for (int j = 0; j < 4; j++) {
      double plain = 0;
      for (int m = 1; m < 16; m++) {
        plain += (m >> j & 1) * h[2 + m * n];
      }
      assertThat(Math.abs(expected[1 + j * n] - plain)).isLessThan(1e-14);
    }
  }

  @Property(tries = 100)
  void sumsOfNibbles(@ForAll @IntRange(min = 1, max = 20) int eighths, @ForAll long seed) {
    int n = 8 * eighths;
    double[] expected = doubles(Lanes.FIRST + 16 * n, 1, new SplittableRandom(seed));
    double[] actual = expected.clone();

    scalar.nibbleSums(expected, n);
    Lanes.BEST.nibbleSums(actual, n);

    assertThat(actual).containsExactly(expected);
    for (int m = 1; m < 16; m++) {
      double plain = 0;
      for (int bit = 1; bit < 16; bit <<= 1) {
        plain += (m & bit) == 0 ? 0 : expected[Lanes.FIRST + bit * n];
      }
      assertThat(expected[Lanes.FIRST + m * n]).isEqualTo(plain);
    }
  }

  @Property(tries = 200)
  void sigmoidsAndSoftplus(
      @ForAll @IntRange(min = 0, max = 30) int count,
      @ForAll @IntRange(min = -3, max = 3) int magnitude,
      @ForAll long seed) {
    double[] x = doubles(3 + count, Math.pow(10, magnitude), new SplittableRandom(seed));
    x[0] = 0;
    double[] e = new double[x.length];
    double[] p = new double[x.length];
    double[] alsoE = new double[x.length];
    double[] alsoP = new double[x.length];
    double[] products = doubles(count, 1, new SplittableRandom(seed));
    double[] alsoProducts = products.clone();
    double[] sums = new double[count];
    double[] alsoSums = new double[count];

    scalar.sigmoids(x, e, p, x.length);
    Lanes.BEST.sigmoids(x, alsoE, alsoP, x.length);
    scalar.softplus(x, e, 3, count, products, sums);
    Lanes.BEST.softplus(x, e, 3, count, alsoProducts, alsoSums);

    assertThat(alsoE).containsExactly(e);
    assertThat(alsoP).containsExactly(p);
    assertThat(alsoProducts).containsExactly(products);
    assertThat(alsoSums).containsExactly(sums);
    for (int j = 0; j < x.length; j++) {
      double within = Math.max(-64, Math.min(64, x[j]));
      double exact = 1 / (1 + StrictMath.exp(-within));
      assertThat(Math.abs(p[j] - exact)).isLessThanOrEqualTo(2e-13 * exact);
    }
  }

  @Property(tries = 200)
  void digits_ofProbabilities(
      @ForAll @IntRange(min = 1, max = 20) int states,
      @ForAll @IntRange(min = 1, max = 64) int count,
      @ForAll @IntRange(min = 0, max = 20) int beyond,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] p = random.doubles(2 + (long) count * states + beyond).toArray();
    p[2] = 0;
    p[p.length - 1] = 1;
    int stride = Lanes.padded(states);
    long[] expected = random.longs(8L * stride).toArray();
    long[] actual = random.longs(8L * stride).toArray();

    scalar.digits(p, 2, states, count, expected, stride);
    Lanes.BEST.digits(p, 2, states, count, actual, stride);

    for (int i = 0; i < 64; i++) {
      for (int z = 0; z < states; z++) {
        long digit = expected[(i & 7) * stride + z] >>> (i & 56) & 255;
        assertThat(actual[(i & 7) * stride + z] >>> (i & 56) & 255).isEqualTo(digit);
        if (i < count) {
          assertThat(p[2 + i * states + z] * 256 - digit).isBetween(0.0, 1.0);
        } else {
          assertThat(digit).isZero();
        }
      }
    }
  }

  @Property(tries = 200)
  void rounding_isToTheNearestFloat(
      @ForAll @IntRange(min = 0, max = 20) int count, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[count];
    for (int j = 0; j < count; j++) {
      values[j] = (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-40, 30));
    }
    double[] expected = values.clone();
    double[] actual = values.clone();

    scalar.round(expected);
    Lanes.BEST.round(actual);

    assertThat(actual).containsExactly(expected);
    for (int j = 0; j < count; j++) {
      if (Math.abs(values[j]) > 1.001 * Float.MIN_NORMAL) {
        assertThat(expected[j]).isEqualTo((float) values[j]);
      }
      assertThat((double) (float) expected[j]).isEqualTo(expected[j]);
    }
  }

  @Test
  void rounding_ofATie_isToEven_andOfTheTiniest_to0() {
    double[] values = {1 + 0x1p-24, 1 + 0x1.8p-23, -1 - 0x1p-24, 0x1p-126, 0x1.8p-127, -0.0};
    scalar.round(values);
    assertThat(values).containsExactly(1, 1 + 0x1p-22, -1, 0x1p-126, 0, 0);
  }

  @Property(tries = 100)
  void transposition(@ForAll @IntRange(min = 1, max = 3) int eighths, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int stride = 8 * eighths;
    long[] squares = random.longs(8L * stride).toArray();
    long[] expected = squares.clone();
    long[] actual = squares.clone();

    scalar.transpose(expected, stride);
    Lanes.BEST.transpose(actual, stride);

    assertThat(actual).containsExactly(expected);
    for (int bit = 0; bit < 512; bit++) {
      int square = bit >> 6 << 3;
      int row = bit >> 3 & 7;
      int column = bit & 7;
      assertThat(expected[row * stride] >> (square + column) & 1)
          .isEqualTo(squares[column * stride] >> (square + row) & 1);
    }
  }

  @Property(tries = 100)
  void comparison(@ForAll @IntRange(min = 1, max = 3) int eighths, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int width = 8 * eighths;
    int digits = 4;
    long[] x = random.longs((long) digits * width).toArray();
    long[] m = random.longs(1 + (long) digits * width).toArray();
    long[] undecided = random.longs(width).toArray();
    long[] equal = undecided.clone();
    long[] alsoEqual = undecided.clone();
    long[] below = new long[width];
    long[] alsoBelow = new long[width];

    scalar.below(x, m, 1, digits, equal, below);
    Lanes.BEST.below(x, m, 1, digits, alsoEqual, alsoBelow);

    assertThat(alsoEqual).containsExactly(equal);
    assertThat(alsoBelow).containsExactly(below);
    for (int bit = 0; bit < 64; bit++) {
      int left = number(x, 0, digits, width, bit);
      int right = number(m, 1, digits, width, bit);
      long asked = undecided[0] >> bit & 1;
      assertThat(below[0] >> bit & 1).isEqualTo(left < right ? asked : 0);
      assertThat(equal[0] >> bit & 1).isEqualTo(left == right ? asked : 0);
    }
  }

  private static int number(long[] planes, int at, int digits, int width, int bit) {
    int number = 0;
    for (int d = 0; d < digits; d++) {
      number = 2 * number + (int) (planes[at + d * width] >> bit & 1);
    }
    return number;
  }

  private static double[] doubles(int count, double scale, SplittableRandom random) {
    double[] values = new double[count];
    for (int j = 0; j < count; j++) {
      values[j] = scale * (2 * random.nextDouble() - 1);
    }
    return values;
  }

  /** Distinct, below 50; the first two are not to be used. */
  private static char[] indices(int count, SplittableRandom random) {
    char[] indices = new char[2 + count];
    int next = random.nextInt(50 - count);
    for (int j = 2; j < indices.length; j++) {
      indices[j] = (char) next++;
    }
    return indices;
  }
}
