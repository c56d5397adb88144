package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Lanes;
import io.ratchet.trainer.model.Posterior;
import java.util.Arrays;
import java.util.List;

/**
 * The two-step gradient of the mean log-likelihood L: the last two kernels x' -> z -> x are
 * differentiated, the law of x' is held fixed (theory.md 1).
 *
 * <pre>
 *   r_z(x) = pi_z p(x|z) / p(x),  R_z = mean of r_z over the data,  g_z = R_z / pi_z
 *   dL/dU_iz = mean of r_z(x) x_i over the data - R_z m_iz        dL/da_i = sum_z dL/dU_iz
 *   dL/db_y  = E_x'[ p(y|x') (g_y - sum_z p(z|x') g_z) ]          dL/dW_yi = the same with x'_i
 * </pre>
 *
 * <p>The rows x' carry weights: 1/C for C chains in training, p(x') for all 2^V states in the exact
 * enumeration that this class is checked with.
 */
public final class TwoStepGradient {

  private final int states;
  private final int visible;
  private final double negligible;
  private final Team team;
  private double[] joint = {};
  private double[] jointOfZero = {};
  private int[] lists = {};
  private final int[] listed;
  private double[] responsibilities = {};
  private double[] largest = {};
  private double[] factors = {};
  private final double[] logWeights;
  private final double[] responsibility;
  private final double[] ratio;
  private final double[] joined;
  private final WeightedSum[] sums;
  private final BitRows rows;
  private final double[] share;
  private final OuterSum shares;
  private double logLikelihood;

  /**
   * Workspace for one size of model, one thread.
   *
   * @param negligible {@link Posterior#NEGLIGIBLE} or {@link Posterior#EXACT}
   */
  public TwoStepGradient(int visible, int states, double negligible) {
    this(visible, states, negligible, Team.ALONE);
  }

  /**
   * Workspace for one size of model.
   *
   * @param negligible {@link Posterior#NEGLIGIBLE} or {@link Posterior#EXACT}
   * @param team who does it; the same bits for any
   */
  public TwoStepGradient(int visible, int states, double negligible, Team team) {
    this.team = team;
    this.states = states;
    this.visible = visible;
    this.negligible = negligible;
    this.logWeights = new double[states];
    this.responsibility = new double[states];
    this.ratio = new double[states];
    this.listed = new int[states];
    this.sums = new WeightedSum[team.size()];
    Arrays.setAll(sums, member -> new WeightedSum(visible));
    this.joined = new double[states * sums[0].size()];
    this.rows = new BitRows(visible);
    this.share = new double[Lanes.padded(states)];
    this.shares = new OuterSum(visible, states);
  }

  /** A gradient of the right shape: W (K x V), b (K), U (V x K), a (V). */
  public Gradient newGradient() {
    return new Gradient(
        List.of(
            new Gradient.Block("W", states, visible),
            new Gradient.Block("b", states),
            new Gradient.Block("U", visible, states),
            new Gradient.Block("a", visible)));
  }

  /**
   * Computes the gradient.
   *
   * @param decoder with the model's parameters
   * @param pi stationary law, K positive values
   * @param data the training rows
   * @param order which rows: {@code order[from]} to {@code order[from + count - 1]}
   * @param chains rows x'
   * @param posteriors p(y|x'_c) at c K + y
   * @param weights weight of each x', summing to 1
   * @param out overwritten
   */
  public void compute(
      Decoder decoder,
      double[] pi,
      BitRows data,
      int[] order,
      int from,
      int count,
      BitRows chains,
      double[] posteriors,
      double[] weights,
      Gradient out) {
    decoderPart(decoder, pi, data, order, from, count, out.values("U"), out.values("a"));
    for (int z = 0; z < states; z++) {
      ratio[z] = responsibility[z] / pi[z];
    }
    encoderPart(chains, posteriors, weights, ratio, out.values("W"), out.values("b"));
  }

  /** g_z of the last {@link #compute}, live. */
  double[] ratio() {
    return ratio;
  }

  /** Mean ln p(x) of the rows of the last {@link #compute}, nats per example. */
  public double logLikelihood() {
    return logLikelihood;
  }

  private void decoderPart(
      Decoder decoder,
      double[] pi,
      BitRows data,
      int[] order,
      int from,
      int count,
      double[] gradU,
      double[] gradA) {
    for (int z = 0; z < states; z++) {
      logWeights[z] = StrictMath.log(pi[z]);
    }
    logLikelihood = responsibilities(decoder, data, order, from, count) / count;
    double share = 1.0 / count;
    for (int z = 0; z < states; z++) {
      responsibility[z] *= share;
    }
    finish(decoder.means(), share, gradU, gradA);
  }

  /** Sums r_z(x) and r_z(x) x over the rows; returns the sum of ln p(x). */
  private double responsibilities(Decoder decoder, BitRows data, int[] order, int from, int count) {
    // Three passes, so that each has the cache to itself: the table, the logits, one state's sums.
    int stride = decoder.stride();
    if (joint.length < count * stride) {
      joint = new double[count * stride];
      responsibilities = new double[count * stride];
      largest = new double[count];
      factors = new double[count];
      jointOfZero = new double[stride];
      lists = new int[count * states];
    }
    rows.clear();
    rows.append(data, order, from, count);
    decoder.logJointsOfZero(logWeights, jointOfZero);
    team.each(count, (member, first, end) -> responsibilities(decoder, first, end));
    // Which rows count for which state: nearly one-hot, so lists and not a table to search.
    Arrays.fill(responsibility, 0);
    Arrays.fill(listed, 0);
    for (int n = 0; n < count; n++) {
      for (int z = 0; z < states; z++) {
        double r = responsibilities[n * stride + z];
        responsibility[z] += r;
        // Written over by the next row unless r > 0: no branch to be guessed.
        lists[z * count + listed[z]] = n;
        listed[z] += (int) (-Double.doubleToRawLongBits(r) >>> 63);
      }
    }
    team.each(
        states,
        (member, first, end) -> {
          for (int z = first; z < end; z++) {
            join(sums[member], z, count, stride);
          }
        });
    return logLikelihoods(count);
  }

  /** r_z(x) of rows {@code first} to {@code end - 1}, and what their ln p(x) is made of. */
  private void responsibilities(Decoder decoder, int first, int end) {
    int stride = decoder.stride();
    for (int n = first; n < end; n++) {
      decoder.logJoints(jointOfZero, rows, n, joint, n * stride);
    }
    for (int n = first; n < end; n++) {
      int row = n * stride;
      largest[n] = Lanes.BEST.largest(joint, row, states);
      factors[n] =
          Lanes.BEST.softmax(joint, row, states, largest[n], negligible, responsibilities, row);
    }
  }

  /** Sum of r_z(x) x over the rows listed for z. */
  private void join(WeightedSum sum, int z, int count, int stride) {
    for (int j = z * count; j < z * count + listed[z]; j++) {
      int n = lists[j];
      sum.add(rows, n, responsibilities[n * stride + z]);
    }
    sum.takeBlocks(joined, z * sum.size());
  }

  /** Sum of ln p(x) over the rows. */
  private double logLikelihoods(int count) {
    double sum = 0;
    double product = 1;
    for (int n = 0; n < count; n++) {
      sum += largest[n];
      product *= factors[n];
      if (product > 1e200) { // each factor is in [1, K]: one logarithm for many examples
        sum += StrictMath.log(product);
        product = 1;
      }
    }
    return sum + StrictMath.log(product);
  }

  private void finish(double[] means, double share, double[] gradU, double[] gradA) {
    for (int i = 0; i < visible; i++) {
      double total = 0;
      int at = i * states;
      int place = sums[0].place(i);
      for (int z = 0; z < states; z++, place += sums[0].size()) {
        double g = joined[place] * share - responsibility[z] * means[at + z];
        gradU[at + z] = g;
        total += g;
      }
      gradA[i] = total;
    }
  }

  /**
   * Sums over x' of weight p(y|x') (potential_y - sum_z p(z|x') potential_z), alone and with x'.
   */
  void encoderPart(
      BitRows chains,
      double[] posteriors,
      double[] weights,
      double[] potential,
      double[] gradW,
      double[] gradB) {
    Arrays.fill(gradB, 0);
    for (int c = 0; c < chains.size(); c++) {
      int p = c * states;
      double mean = 0;
      for (int y = 0; y < states; y++) {
        mean += posteriors[p + y] * potential[y];
      }
      for (int y = 0; y < states; y++) {
        share[y] = weights[c] * posteriors[p + y] * (potential[y] - mean);
        gradB[y] += share[y];
      }
      shares.add(chains, c, share, 0);
    }
    shares.take(gradW);
  }
}
