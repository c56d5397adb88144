package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Posterior;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.ejml.data.DMatrixRMaj;

/**
 * Expectation-maximisation for a mixture of K Bernoulli laws, p(x) = sum_z w_z prod_i m_iz^x_i (1 -
 * m_iz)^(1 - x_i).
 *
 * <pre>
 *   r_z(x) = w_z p(x|z) / p(x)      w_z = mean of r_z      m_iz = mean of r_z x_i / w_z
 * </pre>
 *
 * <p>A step is taken along the gradient of the log-likelihood L in b = ln w and U = logit m, which
 * tells the same as the means (Xu and Jordan, Neural Computation 8, 1996):
 *
 * <pre>
 *   dL/db_z = mean of r_z - w_z     dL/dU_iz = mean of r_z (x_i - m_iz)
 *   w_z + dL/db_z is the next w_z   m_iz + dL/dU_iz / (next w_z) is the next m_iz
 * </pre>
 *
 * <p>The log-likelihood of the latent-cycle model depends on its stationary law and its decoder
 * alone, and any pair of these is such a mixture: what EM reaches is the limit of the family
 * (theory.md 1). No step lowers the likelihood but for the clipping of the means, and each start
 * ends in an optimum of its own.
 *
 * <p>The mixture is kept as the latent-cycle model with W = 0, b = ln w, U = logit m, a = 0. Its
 * states are drawn anew in every sweep, with entropy production 0.
 */
public final class MixtureEm {

  /** Keeps logits finite: means stay this far from 0 and 1 (theory.md 1). */
  private static final double MEAN_CLIP = 1e-6;

  /** Share of the data that a component without any is left with. */
  private static final double LEAST_SHARE = 1e-15;

  /** A component starts at 1/4 + x/2 of an example x: all of them can still reach every example. */
  private static final double START_OFF = 0.25;

  private static final double START_SPAN = 0.5;

  private final BitRows data;
  private final LatentCycleModel model;
  private final Decoder decoder;
  private final double[] joint;
  private final double[] posterior;
  private final Gradient gradient;

  /** sum of r_z(x) x over the data, one for each z. */
  private final WeightedSum[] weighted;

  private final double[] units;

  /**
   * A start: components of equal weight around examples drawn without replacement, as long as there
   * are any.
   *
   * @param data at least one row
   * @param states K
   */
  public MixtureEm(BitRows data, int states, UniformRandomProvider random) {
    int visible = data.visible();
    this.data = data;
    this.model =
        LatentCycleModel.of(
            LatentCycleModel.Kind.LATENT_CYCLE,
            new DMatrixRMaj(states, visible),
            new DMatrixRMaj(states, 1),
            new DMatrixRMaj(visible, states),
            new DMatrixRMaj(visible, 1));
    this.decoder = new Decoder(visible, states);
    this.joint = new double[decoder.stride()];
    this.posterior = new double[states];
    this.gradient = newGradient();
    this.weighted = new WeightedSum[states];
    Arrays.setAll(weighted, z -> new WeightedSum(visible));
    this.units = new double[visible];

    int[] order = new int[data.size()];
    Arrays.setAll(order, n -> n);
    for (int z = 0; z < states; z++) {
      int first = z % order.length;
      int drawn = first + random.nextInt(order.length - first);
      int row = order[drawn];
      order[drawn] = order[first];
      order[first] = row;
      weighted[z].add(data, row, START_SPAN);
      weighted[z].take(units, 0);
      model.encoderBias().data[z] = -StrictMath.log(states);
      for (int i = 0; i < visible; i++) {
        double mean = START_OFF + units[i];
        model.decoderWeights().data[i * states + z] = StrictMath.log(mean / (1 - mean));
      }
    }
  }

  /**
   * One step on all rows.
   *
   * @return mean ln p(x) of the parameters before the step, nats per example
   */
  public double step() {
    load();
    double logLikelihood = expect(gradient);
    maximise(gradient);
    return logLikelihood;
  }

  Gradient newGradient() {
    return new Gradient(
        List.of(
            new Gradient.Block("b", model.states()),
            new Gradient.Block("U", model.visible(), model.states())));
  }

  /** Makes the decoder ready for the parameters as they are. */
  void load() {
    decoder.load(model);
  }

  /**
   * E-step on all rows, with the decoder {@link #load}ed.
   *
   * @param out overwritten: the gradient, nats per unit of the parameter
   * @return mean ln p(x), nats per example
   */
  double expect(Gradient out) {
    int states = model.states();
    double[] logWeights = model.encoderBias().data;
    double[] share = out.values("b");
    double[] gradU = out.values("U");
    double[] means = decoder.means();
    double each = 1.0 / data.size();
    Arrays.fill(share, 0);
    double sum = 0;
    for (int n = 0; n < data.size(); n++) {
      decoder.logLikelihoods(data, n, joint, 0);
      for (int z = 0; z < states; z++) {
        joint[z] += logWeights[z];
      }
      sum += Posterior.of(joint, 0, states, Posterior.NEGLIGIBLE, posterior, 0);
      for (int z = 0; z < states; z++) {
        if (posterior[z] > 0) {
          share[z] += each * posterior[z];
          weighted[z].add(data, n, each * posterior[z]);
        }
      }
    }
    for (int z = 0; z < states; z++) {
      weighted[z].take(units, 0);
      for (int i = 0; i < units.length; i++) {
        int j = i * states + z;
        gradU[j] = units[i] - share[z] * means[j];
      }
      share[z] -= StrictMath.exp(logWeights[z]); // dL/db from here on
    }
    return sum / data.size();
  }

  /** M-step: the parameters that explain best what the gradient tells of the responsibilities. */
  void maximise(Gradient step) {
    int states = model.states();
    double[] logWeights = model.encoderBias().data;
    double[] logits = model.decoderWeights().data;
    double[] means = decoder.means();
    double[] gradB = step.values("b");
    double[] gradU = step.values("U");
    double total = 0;
    for (int z = 0; z < states; z++) {
      double share = Math.max(LEAST_SHARE, StrictMath.exp(logWeights[z]) + gradB[z]);
      for (int j = z; j < logits.length; j += states) {
        double mean = means[j] + gradU[j] / share;
        mean = Math.max(MEAN_CLIP, Math.min(1 - MEAN_CLIP, mean));
        logits[j] = StrictMath.log(mean / (1 - mean));
      }
      logWeights[z] = share;
      total += share;
    }
    for (int z = 0; z < states; z++) {
      logWeights[z] = StrictMath.log(logWeights[z] / total);
    }
  }

  /** The decoder of the parameters that were last loaded. */
  Decoder decoder() {
    return decoder;
  }

  /** The mixture, live. */
  public LatentCycleModel model() {
    return model;
  }
}
