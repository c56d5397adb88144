package io.ratchet.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class BitRowsTest {

  @Property(tries = 100)
  void rows_holdTheirOnes_alsoWhenGathered(
      @ForAll @IntRange(min = 1, max = 600) int visible,
      @ForAll @IntRange(min = 1, max = 40) int count,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int words = BitRows.words(visible);
    BitRows rows = new BitRows(visible);
    String[] expected = new String[count];
    for (int r = 0; r < count; r++) {
      long[] packed = new long[words + 1];
      char[] ones = new char[visible];
      int length = 0;
      double density = random.nextDouble();
      for (int i = 0; i < visible; i++) {
        if (random.nextDouble() < density) {
          packed[1 + (i >>> 6)] |= 1L << i;
          ones[length++] = (char) i;
        }
      }
      rows.append(packed, 1);
      expected[r] = Arrays.toString(Arrays.copyOf(ones, length));
    }
    int[] order = random.ints(100, 0, count).toArray();
    BitRows gathered = new BitRows(visible);
    gathered.append(rows, order, 7, 60);
    gathered.append(rows, order, 67, 33);

    for (int r = 0; r < count; r++) {
      assertThat(ones(rows, r)).isEqualTo(expected[r]);
    }
    assertThat(gathered.size()).isEqualTo(93);
    for (int n = 0; n < gathered.size(); n++) {
      assertThat(ones(gathered, n)).isEqualTo(expected[order[7 + n]]);
    }
  }

  private static String ones(BitRows rows, int row) {
    char[] ones = new char[rows.visible()];
    int count = rows.ones(row, ones);
    return Arrays.toString(Arrays.copyOf(ones, count));
  }
}
