package io.ratchet.trainer.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.FixedPointTable;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;

final class LayerSamplerTest {

  /** From a unit that is almost never on to one that is almost always on; not a multiple of 4. */
  private static final double[] LOGITS = {
    -9.5, -8.4, -8.3, -7, -4, -2, -1, -0.3, 0, 0.001, 0.3, 1, 2, 4, 7, 8.3, 8.4, 9.5
  };

  @Test
  void units_areOnWithTheirProbability() {
    FixedPointTable table = new FixedPointTable(1, LOGITS.length);
    table.load(new double[LOGITS.length], LOGITS.length, 1, LOGITS);
    LayerSampler sampler = new LayerSampler(table);
    sampler.load();
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(11);
    BitRows given = new BitRows(1);
    given.append(new long[] {0}, 0);
    BitRows drawn = new BitRows(LOGITS.length);
    char[] ones = new char[LOGITS.length];
    double[] on = new double[LOGITS.length];
    int draws = 2_000_000;
    for (int n = 0; n < draws; n++) {
      drawn.clear();
      sampler.draw(given, 0, random, drawn);
      for (int k = drawn.ones(0, ones) - 1; k >= 0; k--) {
        on[ones[k]]++;
      }
    }
    for (int j = 0; j < LOGITS.length; j++) {
      double p = Exponentials.sigmoid(LOGITS[j]);
      double error = Math.sqrt(p * (1 - p) / draws);
      assertThat(on[j] / draws).as("logit %s", LOGITS[j]).isCloseTo(p, offset(4 * error));
    }
  }

  @Test
  void exactDraws_areProbabilities_whateverTheLogit() {
    FixedPointTable table = new FixedPointTable(1, 1);
    table.load(new double[1], 1, 1, new double[] {15});
    LayerSampler sampler = new LayerSampler(table);
    sampler.load();
    for (double logit = -15; logit < 15; logit += 0.000_37) {
      double p = sampler.exactly((int) (logit * table.scale()));
      assertThat(p).isBetween(-1e-9, 1 + 1e-9);
    }
  }
}
