package io.ratchet.trainer.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.evaluate.RbmEnumeration;
import io.ratchet.trainer.model.FixedPointTable;
import io.ratchet.trainer.model.HiddenLayer;
import io.ratchet.trainer.model.RbmModel;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;

final class RbmGradientTest {

  /** Weights are rounded to 2^-25 and products to 2^-30: errors near 1e-8, added over six units. */
  private static final double TOLERANCE = 2e-7;

  private final UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(5);

  @Test
  void centredGradient_isTheGradientOfTheCentredMachine() {
    int visible = 6;
    int hidden = 5;
    RbmModel model = RbmModel.of(normal(visible, hidden), normal(visible, 1), normal(hidden, 1));
    BitRows data = rows(visible, 40);
    BitRows chains = rows(visible, 25);
    FixedPointTable table = new FixedPointTable(visible, hidden);
    table.load(model.weights().data, hidden, 1, model.hiddenBias().data);
    HiddenLayer layer = new HiddenLayer(table);
    layer.load(model);
    RbmGradient kernel = new RbmGradient(visible, hidden);
    Gradient gradient = kernel.newGradient();
    int[] order = new int[data.size()];
    for (int n = 0; n < order.length; n++) {
      order[n] = n;
    }
    kernel.compute( // once before, so that what it leaves behind would show
        layer, data, order, 0, 7, chains, gradient);
    double free = kernel.compute(layer, data, order, 0, order.length, chains, gradient);

    // The chain rule: with W, b0, c0 of the centred machine, b = b0 - W lambda, c = c0 - W' mu; a
    // step (dW, db0, dc0) uphill in those moves (W, b, c) by what is asserted.
    RbmEnumeration exact = RbmEnumeration.of(model);
    double[] plain = exact.gradient(exact.lawOf(data), exact.lawOf(chains));
    double[] none = new double[exact.law().length];
    double[] means = exact.gradient(exact.lawOf(data), none); // <v p'>, <v>, <p> over the data
    int w = visible * hidden;
    double[] dc = new double[hidden];
    for (int j = 0; j < hidden; j++) {
      dc[j] = plain[w + visible + j];
    }
    for (int i = 0; i < visible; i++) {
      double mu = means[w + i];
      double db = plain[w + i];
      for (int j = 0; j < hidden; j++) {
        double lambda = means[w + visible + j];
        double g = plain[i * hidden + j] - mu * plain[w + visible + j] - plain[w + i] * lambda;
        assertThat(gradient.values("W")[i * hidden + j]).isCloseTo(g, offset(TOLERANCE));
        db -= g * lambda;
        dc[j] -= mu * g;
      }
      assertThat(gradient.values("b")[i]).isCloseTo(db, offset(TOLERANCE));
    }
    assertThat(gradient.values("c")).containsExactly(dc, offset(TOLERANCE));
    double expected = 0;
    for (double energy : model.freeEnergies(data)) {
      expected -= energy / data.size();
    }
    assertThat(free).isCloseTo(expected, offset(TOLERANCE));
    for (int c = 0; c < chains.size(); c++) {
      assertThat(layer.freeEnergy(chains, c))
          .isCloseTo(model.freeEnergies(chains)[c], offset(TOLERANCE));
    }
  }

  private DMatrixRMaj normal(int rows, int columns) {
    DMatrixRMaj block = new DMatrixRMaj(rows, columns);
    for (int k = 0; k < block.getNumElements(); k++) {
      block.data[k] = 3 * (random.nextDouble() - 0.5);
    }
    return block;
  }

  private BitRows rows(int visible, int count) {
    BitRows rows = new BitRows(visible);
    for (int n = 0; n < count; n++) {
      rows.append(new long[] {random.nextLong() & BitRows.mask(visible, 0)}, 0);
    }
    return rows;
  }
}
