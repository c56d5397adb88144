package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.RbmSampler;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.HiddenLayer;
import io.ratchet.trainer.model.RbmModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * ln Z of a machine in training, carried along by walkers of its own.
 *
 * <p>When the parameters move under a walker at v, its log-weight grows by F_old(v) - F_new(v);
 * then the walker makes one step with the new ones. The mean of exp(weight) is unbiased for Z/Z_0
 * (Jarzynski's equality; seed-systems.md C), since the walkers do not steer what is learnt: the
 * chains of the gradient would, and with them the estimate drifts by more than the likelihood
 * changes. It begins with the machine without weights, independent visible units of known Z. When
 * the effective number of walkers falls below half of them, they are resampled systematically.
 */
final class OnlinePartition {

  /** Few beside the chains of a run: their cost stays small. */
  private static final int WALKERS = 100;

  private static final double LEAST_SHARE = 0.5;

  /** Units in one number of a checkpoint: exact in a double. */
  private static final int PACKED = 48;

  private final UniformRandomProvider random;

  /** All walkers draw from one stream. */
  private final RbmSampler.Streams streams;

  private BitRows rows;
  private BitRows spare;
  private final double[] start = new double[1];
  private final double[] weights = new double[WALKERS];
  private final double[] energies = new double[WALKERS];

  /** At the machine of this b, with W = 0 and c = 0. */
  OnlinePartition(RbmModel model, UniformRandomProvider random) {
    this.random = random;
    this.streams = c -> random;
    this.rows = new BitRows(model.visible());
    this.spare = new BitRows(model.visible());
    double[] b = model.visibleBias().data;
    RbmSampler.drawIndependent(b, WALKERS, streams, rows);
    start[0] = model.hidden() * StrictMath.log(2);
    Arrays.fill(energies, -start[0]);
    char[] ones = new char[b.length];
    for (int c = 0; c < WALKERS; c++) {
      for (int k = rows.ones(c, ones) - 1; k >= 0; k--) {
        energies[c] -= b[ones[k]];
      }
    }
    for (double bias : b) {
      start[0] += Exponentials.softplus(bias);
    }
  }

  /** The parameters moved; both have taken the new ones. */
  void moved(HiddenLayer layer, RbmSampler sampler) {
    for (int c = 0; c < WALKERS; c++) {
      weights[c] += energies[c] - layer.freeEnergy(rows, c);
    }
    double largest = weights[0];
    for (double weight : weights) {
      largest = Math.max(largest, weight);
    }
    double sum = 0;
    double squares = 0;
    for (double weight : weights) {
      double w = Exponentials.exp(weight - largest);
      sum += w;
      squares += w * w;
    }
    if (!(sum * sum >= LEAST_SHARE * WALKERS * squares)) {
      resample(largest, sum);
    }
    sampler.step(rows, streams);
    for (int c = 0; c < WALKERS; c++) {
      energies[c] = layer.freeEnergy(rows, c);
    }
  }

  private void resample(double largest, double sum) {
    start[0] = logPartition();
    spare.clear();
    double at = random.nextDouble();
    double cumulative = 0;
    for (int c = 0; c < WALKERS; c++) {
      cumulative += Exponentials.exp(weights[c] - largest) * WALKERS / sum;
      for (; at < cumulative && spare.size() < WALKERS; at++) {
        spare.append(rows, c);
      }
    }
    while (spare.size() < WALKERS) { // the sum may end an ulp below
      spare.append(rows, WALKERS - 1);
    }
    BitRows resampled = spare;
    spare = rows;
    rows = resampled;
    Arrays.fill(weights, 0);
  }

  /** The estimate of ln Z, nats. */
  double logPartition() {
    return start[0] + Exponentials.logSumExp(weights, 0, WALKERS) - StrictMath.log(WALKERS);
  }

  /** Everything but the generator. */
  Map<String, double[]> save() {
    Map<String, double[]> saved = new LinkedHashMap<>();
    saved.put("partition-start", start.clone());
    saved.put("partition-weights", weights.clone());
    saved.put("partition-energies", energies.clone());
    int width = (rows.visible() + PACKED - 1) / PACKED;
    double[] walkers = new double[WALKERS * width];
    char[] ones = new char[rows.visible()];
    for (int c = 0; c < WALKERS; c++) {
      for (int k = rows.ones(c, ones) - 1; k >= 0; k--) {
        walkers[c * width + ones[k] / PACKED] += 1L << ones[k] % PACKED;
      }
    }
    saved.put("partition-walkers", walkers);
    return saved;
  }

  /** Takes back what {@link #save} gave, of the same lengths. */
  void restore(Map<String, double[]> saved) {
    System.arraycopy(saved.get("partition-start"), 0, start, 0, 1);
    System.arraycopy(saved.get("partition-weights"), 0, weights, 0, WALKERS);
    System.arraycopy(saved.get("partition-energies"), 0, energies, 0, WALKERS);
    double[] walkers = saved.get("partition-walkers");
    int width = walkers.length / WALKERS;
    rows.clear();
    for (int c = 0; c < WALKERS; c++) {
      long[] words = new long[BitRows.words(rows.visible())];
      for (int i = 0; i < rows.visible(); i++) {
        long packed = (long) walkers[c * width + i / PACKED];
        words[i >>> 6] |= (packed >>> i % PACKED & 1) << i;
      }
      rows.append(words, 0);
    }
  }
}
