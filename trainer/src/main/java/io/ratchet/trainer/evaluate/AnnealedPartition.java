package io.ratchet.trainer.evaluate;

import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.RbmSampler;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.HiddenLayer;
import io.ratchet.trainer.model.RbmModel;
import java.util.function.LongConsumer;

/**
 * ln Z of a restricted Boltzmann machine by annealed importance sampling (Neal 2001; Salakhutdinov
 * and Murray 2008).
 *
 * <p>The path is the machine of energy -b.v - beta (c.h + v'W h), beta = k/n: it begins with
 * independent visible units, ln Z_0 = sum_i softplus(b_i) + H ln 2. At each beta a chain's weight
 * takes F_(k-1)(v) - F_k(v), then the chain makes one step. The mean of the weights is unbiased for
 * Z/Z_0; its logarithm lies below ln Z on average, by about half the relative variance of the mean.
 *
 * @param logPartition estimate of ln Z, nats
 * @param standardError of it, by the delta method over the chains, nats
 * @param effectiveShare (sum w)^2 / (C sum w^2), in (0, 1]: near 0 the estimate hangs on few chains
 */
public record AnnealedPartition(double logPartition, double standardError, double effectiveShare) {

  /**
   * Anneals.
   *
   * @param temperatures n, at least 1
   * @param count C, independent chains, at least 2
   * @param annealed is told how many of the temperatures are done
   */
  public static AnnealedPartition of(
      RbmModel model, int temperatures, int count, long seed, LongConsumer annealed) {
    if (temperatures < 1 || count < 2) {
      throw new IllegalArgumentException(
          "temperatures: " + temperatures + ", chains: " + count + ", allowed: 1, 2 and more");
    }
    Chains chains = Chains.start(count, model.visible(), seed);
    chains.visible().clear();
    RbmSampler.drawIndependent(model.visibleBias().data, count, chains::stream, chains.visible());
    RbmSampler sampler = new RbmSampler(model.visible(), model.hidden());
    HiddenLayer layer = new HiddenLayer(sampler.toHidden());
    double[] weights = new double[count];
    RbmModel machine = model.annealed(0);
    sampler.load(machine);
    layer.load(machine);
    for (int k = 1; k <= temperatures; k++) {
      for (int c = 0; c < count; c++) {
        weights[c] += layer.freeEnergy(chains.visible(), c);
      }
      machine = model.annealed((double) k / temperatures);
      sampler.load(machine);
      for (int c = 0; c < count; c++) {
        weights[c] -= layer.freeEnergy(chains.visible(), c);
      }
      if (k < temperatures) {
        sampler.step(chains);
      }
      annealed.accept(k);
    }
    double base = model.hidden() * StrictMath.log(2);
    for (double b : model.visibleBias().data) {
      base += Exponentials.softplus(b);
    }
    return of(base, weights);
  }

  /** ln(Z_0 mean exp(w)) with its error. */
  private static AnnealedPartition of(double base, double[] logWeights) {
    int count = logWeights.length;
    double mean = Exponentials.logSumExp(logWeights, 0, count) - StrictMath.log(count);
    double squares = 0;
    for (double w : logWeights) {
      double relative = Exponentials.exp(w - mean);
      squares += relative * relative / count;
    }
    double variance = Math.max(0, squares - 1) * count / (count - 1);
    return new AnnealedPartition(base + mean, Math.sqrt(variance / count), 1 / squares);
  }
}
