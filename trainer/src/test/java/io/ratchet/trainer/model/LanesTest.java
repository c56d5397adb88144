package io.ratchet.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

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
    double[] table = doubles(50 * stride, 10, random);
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
        plain += table[indices[j] * stride + k];
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
    double[] expected = doubles(50 * stride, 10, random);
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
  void sumsOfUnits(@ForAll @IntRange(min = 1, max = 20) int eighths, @ForAll long seed) {
    int n = 8 * eighths;
    double[] h = doubles(16 * n, 1, new SplittableRandom(seed));
    double[] expected = new double[4 * n];
    double[] actual = new double[4 * n];

    scalar.unitSums(h, n, expected);
    Lanes.BEST.unitSums(h, n, actual);

    assertThat(actual).containsExactly(expected);
    for (int j = 0; j < 4; j++) {
      double plain = 0;
      for (int m = 1; m < 16; m++) {
        plain += (m >> j & 1) * h[m * n];
      }
      assertThat(Math.abs(expected[j * n] - plain)).isLessThan(1e-14);
    }
  }

  @Property(tries = 100)
  void additions(@ForAll @IntRange(min = 1, max = 20) int eighths, @ForAll long seed) {
    int n = 8 * eighths;
    double[] expected = doubles(4 * n, 1, new SplittableRandom(seed));
    double[] actual = expected.clone();

    scalar.add(expected, n, 2 * n, 3 * n, n);
    Lanes.BEST.add(actual, n, 2 * n, 3 * n, n);

    assertThat(actual).containsExactly(expected);
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
