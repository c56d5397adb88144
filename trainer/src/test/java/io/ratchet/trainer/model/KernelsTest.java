package io.ratchet.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.trainer.data.BitRows;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;

/** Encoder, decoder and exponentials against their definitions, computed the plain way. */
final class KernelsTest {

  @Property(tries = 60)
  void logitsAndLikelihoods_equalTheirDefinitions(
      @ForAll @IntRange(min = 1, max = 150) int visible,
      @ForAll @IntRange(min = 1, max = 30) int states,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double scale = random.nextBoolean() ? 1 : 60;
    LatentCycleModel model =
        LatentCycleModel.of(
            LatentCycleModel.Kind.LATENT_CYCLE,
            matrix(states, visible, scale, random),
            matrix(states, 1, scale, random),
            matrix(visible, states, scale, random),
            matrix(visible, 1, scale, random));
    BitRows rows = new BitRows(visible);
    int[] x = new int[visible];
    long[] words = new long[BitRows.words(visible)];
    for (int i = 0; i < visible; i++) {
      x[i] = random.nextInt(2);
      words[i / 64] |= (long) x[i] << i;
    }
    rows.append(words, 0);
    Encoder encoder = new Encoder(visible, states);
    Decoder decoder = new Decoder(visible, states);
    encoder.load(model);
    decoder.load(model);
    double[] e = new double[encoder.stride()];
    double[] d = new double[decoder.stride()];

    encoder.logits(rows, 0, e, 0);
    decoder.logLikelihoods(rows, 0, d, 0);

    for (int z = 0; z < states; z++) {
      double logit = model.encoderBias().get(z);
      double log = 0;
      for (int i = 0; i < visible; i++) {
        logit += x[i] * model.encoderWeights().get(z, i);
        double l = model.decoderBias().get(i) + model.decoderWeights().get(i, z);
        log += x[i] * l - Math.max(l, 0) - Math.log1p(Math.exp(-Math.abs(l)));
        double mean = 1 / (1 + Math.exp(-l));
        assertThat(decoder.means()[i * states + z]).isCloseTo(mean, offset(1e-13 * mean + 1.7e-28));
      }
      assertThat(e[z]).isCloseTo(logit, offset(1e-12 * visible * scale));
      assertThat(d[z]).isCloseTo(log, offset(1e-12 * visible * scale));
    }
  }

  private static DMatrixRMaj matrix(int rows, int columns, double scale, SplittableRandom random) {
    DMatrixRMaj matrix = new DMatrixRMaj(rows, columns);
    for (int j = 0; j < rows * columns; j++) {
      matrix.data[j] = scale * (2 * random.nextDouble() - 1);
    }
    return matrix;
  }

  @Property
  void exp_isAccurate(@ForAll @DoubleRange(min = -708, max = 709) double x) {
    double exact = StrictMath.exp(x); // within 1 ulp
    assertThat(Exponentials.exp(x)).isCloseTo(exact, offset(6e-16 * exact));
  }

  @Property
  void negative_isAccurate(@ForAll @DoubleRange(min = -64, max = 64) double x) {
    double[] out = new double[1];
    Exponentials.negative(new double[] {x}, out, 1);
    double exact = StrictMath.exp(-Math.abs(x));
    assertThat(out[0]).isCloseTo(exact, offset(1e-13 * exact));
  }

  @Test
  void exp_isExactWhereItMatters() {
    assertThat(Exponentials.exp(0)).isEqualTo(1);
    assertThat(Exponentials.exp(-0.0)).isEqualTo(1);
    assertThat(Exponentials.exp(-1e9)).isZero();
    assertThat(Exponentials.exp(Double.NEGATIVE_INFINITY)).isZero();
  }

  @Test
  void posterior_sumsToOne_andForgetsOnlyTheNegligible() {
    double[] logits = {3, 3 - 27, 3 - 28, -1e308};
    double[] p = new double[4];
    Posterior.of(logits, 0, 4, Posterior.NEGLIGIBLE, p, 0);
    assertThat(p[0] + p[1]).isCloseTo(1, offset(2e-16));
    assertThat(p[1]).isPositive();
    assertThat(p[2]).isZero();
    Posterior.of(logits, 0, 4, Posterior.EXACT, p, 0);
    assertThat(p[2]).isCloseTo(Math.exp(-28), offset(1e-23));
  }
}
