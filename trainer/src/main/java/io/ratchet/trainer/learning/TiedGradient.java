package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Lanes;
import io.ratchet.trainer.model.Posterior;
import java.util.List;

/**
 * The gradient of the tied model: data minus model, the latter by its chains (persistent
 * contrastive divergence) or in closed form.
 *
 * <pre>
 *   dL/dW_zi = mean of p(z|x) x_i over the data - the same over the chains, or pi_z m_iz
 *   dL/db_z  = mean of p(z|x) ...  or pi_z        dL/da_i = mean of x_i ...  or sum_z pi_z m_iz
 * </pre>
 */
final class TiedGradient {

  private static final double NEGLIGIBLE_SHARE = StrictMath.exp(Posterior.NEGLIGIBLE);

  private final int states;
  private final int visible;
  private final double[] logits;
  private final char[] ones;
  private final WeightedSum sum;
  private double[] posterior = {};

  TiedGradient(int visible, int states) {
    this.states = states;
    this.visible = visible;
    this.logits = new double[Lanes.padded(states)];
    this.ones = new char[visible];
    this.sum = new WeightedSum(visible);
  }

  Gradient newGradient() {
    return new Gradient(
        List.of(
            new Gradient.Block("W", states, visible),
            new Gradient.Block("b", states),
            new Gradient.Block("a", visible)));
  }

  /**
   * Computes the gradient.
   *
   * @param decoderBias a
   * @param law pi, the exact stationary law; null for the chains instead
   * @param means m_iz at i K + z; only read with {@code law}
   * @return mean over the data of logsumexp_z e_z(x) + sum_i a_i x_i, that is ln p(x) + ln Z
   */
  double compute(
      Encoder encoder,
      double[] decoderBias,
      BitRows data,
      int[] order,
      int from,
      int count,
      BitRows chains,
      double[] posteriors,
      double[] law,
      double[] means,
      Gradient out) {
    double[] gradW = out.values("W");
    double[] gradB = out.values("b");
    double[] gradA = out.values("a");
    if (posterior.length < count * states) {
      posterior = new double[count * states];
    }
    double free = 0;
    for (int n = 0; n < count; n++) {
      int row = order[from + n];
      encoder.logits(data, row, logits, 0);
      free += Posterior.of(logits, 0, states, Posterior.NEGLIGIBLE, posterior, n * states);
      for (int j = data.ones(row, ones) - 1; j >= 0; j--) {
        free += decoderBias[ones[j]];
      }
      sum.add(data, row, 1.0 / count);
    }
    int negative = law == null ? chains.size() : 0;
    for (int c = 0; c < negative; c++) {
      sum.add(chains, c, -1.0 / negative);
    }
    sum.take(gradA, 0);
    for (int z = 0; z < states; z++) {
      gradB[z] = 0;
      for (int n = 0; n < count; n++) {
        gradB[z] += add(data, order[from + n], posterior[n * states + z], 1.0 / count);
      }
      for (int c = 0; c < negative; c++) {
        gradB[z] += add(chains, c, posteriors[c * states + z], -1.0 / negative);
      }
      sum.take(gradW, z * visible);
      if (law != null) {
        gradB[z] -= law[z];
        for (int i = 0; i < visible; i++) {
          double expected = law[z] * means[i * states + z];
          gradW[z * visible + i] -= expected;
          gradA[i] -= expected;
        }
      }
    }
    return free / count;
  }

  private double add(BitRows rows, int row, double probability, double weight) {
    if (probability > NEGLIGIBLE_SHARE) {
      sum.add(rows, row, weight * probability);
    }
    return weight * probability;
  }
}
