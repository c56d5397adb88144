package io.ratchet.thermodynamics;

import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/** Random kernels and simulated chains with known truths. */
final class Chains {
  private Chains() {}

  static UniformRandomProvider random(long seed) {
    return RandomSource.XO_SHI_RO_256_PP.create(seed);
  }

  /** A kernel whose rows are random and positive. */
  static double[][] kernel(int states, UniformRandomProvider random) {
    double[][] kernel = new double[states][states];
    for (double[] row : kernel) {
      double sum = 0;
      for (int to = 0; to < states; to++) {
        row[to] = -StrictMath.log(1 - random.nextDouble());
        sum += row[to];
      }
      for (int to = 0; to < states; to++) {
        row[to] /= sum;
      }
    }
    return kernel;
  }

  /** A kernel with detailed balance: from random symmetric weights. */
  static double[][] reversibleKernel(int states, UniformRandomProvider random) {
    double[][] weights = new double[states][states];
    for (int i = 0; i < states; i++) {
      for (int j = 0; j <= i; j++) {
        weights[i][j] = weights[j][i] = -StrictMath.log(1 - random.nextDouble());
      }
    }
    for (double[] row : weights) {
      double sum = 0;
      for (double weight : row) {
        sum += weight;
      }
      for (int to = 0; to < states; to++) {
        row[to] /= sum;
      }
    }
    return weights;
  }

  /** A state drawn from a law. */
  static int draw(double[] law, UniformRandomProvider random) {
    double u = random.nextDouble();
    int state = 0;
    while (state < law.length - 1 && u >= law[state]) {
      u -= law[state++];
    }
    return state;
  }

  /** Counts of stationary chains, one a group. */
  static GroupedCounts simulate(
      double[][] kernel, int chains, int transitions, UniformRandomProvider random) {
    double[] law = StationaryLaw.of(kernel);
    GroupedCounts counts = GroupedCounts.empty(chains, kernel.length);
    for (int chain = 0; chain < chains; chain++) {
      int state = draw(law, random);
      for (int t = 0; t < transitions; t++) {
        int next = draw(kernel[state], random);
        counts.add(chain, state, next);
        state = next;
      }
    }
    return counts;
  }
}
