package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Posterior;
import java.util.Arrays;
import java.util.List;

/**
 * The gradient of the tied model by persistent contrastive divergence: data minus chains.
 *
 * <pre>
 *   dL/dW_zi = mean of p(z|x) x_i over the data - the same over the chains
 *   dL/db_z  = mean of p(z|x) ...        dL/da_i = mean of x_i ...
 * </pre>
 */
final class TiedGradient {

  private static final double NEGLIGIBLE_SHARE = StrictMath.exp(Posterior.NEGLIGIBLE);

  private final int states;
  private final int visible;
  private final double[] logits;
  private final double[] posterior;

  TiedGradient(int visible, int states) {
    this.states = states;
    this.visible = visible;
    this.logits = new double[states + 1]; // the encoder may pad by one
    this.posterior = new double[states];
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
      Gradient out) {
    double[] gradW = out.values("W");
    double[] gradB = out.values("b");
    double[] gradA = out.values("a");
    Arrays.fill(gradW, 0);
    Arrays.fill(gradB, 0);
    Arrays.fill(gradA, 0);
    double share = 1.0 / count;
    double free = 0;
    for (int n = from; n < from + count; n++) {
      int row = order[n];
      encoder.logits(data, row, logits, 0);
      free += Posterior.of(logits, 0, states, Posterior.NEGLIGIBLE, posterior, 0);
      for (int j = data.oneStart(row); j < data.oneStart(row + 1); j++) {
        free += decoderBias[data.ones()[j]];
      }
      add(data, row, posterior, 0, share, gradW, gradB, gradA);
    }
    for (int c = 0; c < chains.size(); c++) {
      add(chains, c, posteriors, c * states, -1.0 / chains.size(), gradW, gradB, gradA);
    }
    return free * share;
  }

  private void add(
      BitRows rows,
      int row,
      double[] p,
      int at,
      double weight,
      double[] gradW,
      double[] gradB,
      double[] gradA) {
    for (int z = 0; z < states; z++) {
      double amount = weight * p[at + z];
      gradB[z] += amount;
      if (p[at + z] > NEGLIGIBLE_SHARE) {
        TwoStepGradient.scatter(rows, row, amount, gradW, z * visible);
      }
    }
    TwoStepGradient.scatter(rows, row, weight, gradA, 0);
  }
}
