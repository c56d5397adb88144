package io.ratchet.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.trainer.data.BitRows;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FixedPointTableTest {

  /** Weights up to 1e4: a scale chosen too large would overflow. */
  @ParameterizedTest
  @CsvSource({"1,1,1", "3,2,0.01", "6,5,1", "13,9,50", "130,47,1e4", "784,100,0.1"})
  void sums_equalTheLinearForms_inEitherDirection(int inputs, int outputs, double size) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(inputs);
    double[] weights = new double[inputs * outputs];
    double[] constants = new double[outputs];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = size * (random.nextDouble() - 0.4);
    }
    for (int j = 0; j < outputs; j++) {
      constants[j] = size * (random.nextDouble() - 0.6);
    }
    BitRows rows = new BitRows(inputs);
    for (int n = 0; n < 20; n++) {
      long[] words = new long[BitRows.words(inputs)];
      for (int w = 0; w < words.length; w++) {
        long bits = n == 0 ? 0 : n == 1 ? -1 : random.nextLong() & 0x1357_9bdf_0246_8aceL;
        words[w] = bits & BitRows.mask(inputs, w);
      }
      rows.append(words, 0);
    }
    char[] ones = new char[inputs];
    for (boolean byInput : new boolean[] {true, false}) {
      int inputStep = byInput ? outputs : 1;
      int outputStep = byInput ? 1 : inputs;
      FixedPointTable table = new FixedPointTable(inputs, outputs);
      table.load(weights, inputStep, outputStep, constants);
      int[] sums = new int[4 * table.plane()];
      for (int n = 0; n < rows.size(); n++) {
        table.sums(rows, n, sums);
        int count = rows.ones(n, ones);
        for (int j = 0; j < outputs; j++) {
          double expected = constants[j];
          for (int k = 0; k < count; k++) {
            expected += weights[ones[k] * inputStep + j * outputStep];
          }
          double rounding = (count + 1) / (2 * table.scale());
          assertThat(sums[table.place(j)] / table.scale())
              .isCloseTo(expected, offset(rounding + 1e-9 * size));
        }
      }
      assertThat(table.scale())
          .isGreaterThanOrEqualTo(Math.min(0x1p24, 0x1p26 / (size * inputs + size)));
    }
  }
}
