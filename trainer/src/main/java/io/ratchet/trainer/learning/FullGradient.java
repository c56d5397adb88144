package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Posterior;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * The full gradient of the mean log-likelihood L: the two-step gradient, and what follows from the
 * response of the stationary law to every step before (theory.md 1).
 *
 * <pre>
 *   P_zy = T(y|z),  g_z as in the two-step gradient
 *   (I - P + 1 pi') h = g - 1,   that is h = sum over n >= 0 of P^n (g - 1)
 *   dL/dW, dL/db: the two-step formulas with h in the place of g
 *   dL/dU_iz: the two-step value + E_x'[ r_z(x') hbar(x') (x'_i - m_iz) ],  hbar = sum_y p(y|x') h_y
 *   dL/da_i = sum_z dL/dU_iz
 * </pre>
 *
 * <p>The flux F_zy = E_x'[ r_z(x') p(y|x') ] and so the kernel P come from the same weighted rows
 * x'. The decoder's posterior r_z(x') stands for the state that x' was drawn from, of which it is
 * the expectation: no sampled state enters, so the noise is less. With all 2^V states as rows every
 * expectation is exact; with C chains g and h carry a bias of order 1/C, as in the two-step
 * gradient.
 */
public final class FullGradient {

  private final TwoStepGradient twoStep;
  private final int states;
  private final int visible;
  private final double negligible;
  private final WeightedSum sum;
  private final double[] joined;
  private final double[] potential;
  private final double[] flux;
  private final DMatrixRMaj system;
  private final DMatrixRMaj right;
  private final DMatrixRMaj solution;
  private final LinearSolverDense<DMatrixRMaj> solver;
  private double[] origins = {};
  private double[] responses = {};

  /**
   * Workspace for one size of model.
   *
   * @param twoStep what computes the two-step gradient
   * @param negligible {@link Posterior#NEGLIGIBLE} or {@link Posterior#EXACT}
   */
  public FullGradient(TwoStepGradient twoStep, int visible, int states, double negligible) {
    this.twoStep = twoStep;
    this.states = states;
    this.visible = visible;
    this.negligible = negligible;
    this.sum = new WeightedSum(visible);
    this.joined = new double[visible];
    this.potential = new double[states];
    this.flux = new double[states * states];
    this.system = new DMatrixRMaj(states, states);
    this.right = new DMatrixRMaj(states, 1);
    this.solution = new DMatrixRMaj(states, 1);
    this.solver = LinearSolverFactory_DDRM.lu(states);
  }

  /**
   * Computes the gradient from the two-step one, which {@code twoStep} must have computed last,
   * from the same arguments.
   *
   * @param decoder with the model's parameters
   * @param pi stationary law, K positive values
   * @param chains rows x'
   * @param posteriors p(y|x'_c) at c K + y
   * @param weights weight of each x', summing to 1
   * @param first the two-step gradient
   * @param out overwritten
   */
  public void compute(
      Decoder decoder,
      double[] pi,
      BitRows chains,
      double[] posteriors,
      double[] weights,
      Gradient first,
      Gradient out) {
    origins(decoder, pi, chains);
    solve(pi, posteriors, weights, chains.size());
    twoStep.encoderPart(chains, posteriors, weights, potential, out.values("W"), out.values("b"));
    System.arraycopy(first.values("U"), 0, out.values("U"), 0, states * visible);
    decoderPart(decoder.means(), chains, posteriors, weights, out.values("U"), out.values("a"));
  }

  /** r_z(x') = pi_z p(x'|z) / sum_y pi_y p(x'|y). */
  private void origins(Decoder decoder, double[] pi, BitRows chains) {
    int count = chains.size();
    int stride = decoder.stride();
    if (responses.length < count * stride) {
      responses = new double[count * stride];
      origins = new double[count * states];
    }
    for (int c = 0; c < count; c++) {
      decoder.logLikelihoods(chains, c, responses, c * stride);
      for (int z = 0; z < states; z++) {
        responses[c * stride + z] += StrictMath.log(pi[z]);
      }
      Posterior.scaled(responses, c * stride, states, negligible, origins, c * states);
    }
  }

  /** h; where the chains say nothing of a state, or the system is singular, g - 1: two-step. */
  private void solve(double[] pi, double[] posteriors, double[] weights, int count) {
    Arrays.fill(flux, 0);
    for (int c = 0; c < count; c++) {
      for (int z = 0; z < states; z++) {
        double r = weights[c] * origins[c * states + z];
        for (int y = 0; y < states && r > 0; y++) {
          flux[z * states + y] += r * posteriors[c * states + y];
        }
      }
    }
    double[] ratio = twoStep.ratio();
    for (int z = 0; z < states; z++) {
      double leaving = 0;
      for (int y = 0; y < states; y++) {
        leaving += flux[z * states + y];
      }
      double others = 0;
      for (int y = 0; y < states; y++) {
        double p = leaving > 0 ? flux[z * states + y] / leaving : pi[y];
        system.set(z, y, pi[y] - p);
        others += y == z ? 0 : p;
      }
      system.set(z, z, pi[z] + others); // 1 - P_zz without a cancellation
      right.set(z, 0, ratio[z] - 1);
    }
    boolean solved = solver.setA(system);
    if (solved) {
      solver.solve(right, solution);
    }
    for (int z = 0; z < states; z++) {
      solved &= Double.isFinite(solution.get(z, 0));
    }
    for (int z = 0; z < states; z++) {
      potential[z] = (solved ? solution : right).get(z, 0);
    }
  }

  private void decoderPart(
      double[] means,
      BitRows chains,
      double[] posteriors,
      double[] weights,
      double[] gradU,
      double[] gradA) {
    int count = chains.size();
    for (int c = 0; c < count; c++) {
      double response = 0;
      for (int y = 0; y < states; y++) {
        response += posteriors[c * states + y] * potential[y];
      }
      responses[c] = weights[c] * response;
    }
    Arrays.fill(gradA, 0);
    for (int z = 0; z < states; z++) {
      double total = 0;
      for (int c = 0; c < count; c++) {
        double q = origins[c * states + z] * responses[c];
        if (q != 0) {
          total += q;
          sum.add(chains, c, q);
        }
      }
      sum.take(joined, 0);
      for (int i = 0; i < visible; i++) {
        int at = i * states + z;
        gradU[at] += joined[i] - total * means[at];
        gradA[i] += gradU[at];
      }
    }
  }
}
