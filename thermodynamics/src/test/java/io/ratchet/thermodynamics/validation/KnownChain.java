package io.ratchet.thermodynamics.validation;

import io.ratchet.thermodynamics.GroupedCounts;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * A stationary Markov chain whose kernel is known, and with it everything that is to be estimated.
 * Its exact values are computed here, apart from the code under test.
 */
final class KnownChain {
  /** Groups of chains in every simulation: as many as a stream keeps. */
  static final int GROUPS = 32;

  private final double[][] kernel;
  private final double[] law;
  private final Alias start;
  private final Alias[] next;

  private KnownChain(double[][] kernel) {
    this.kernel = kernel;
    this.law = stationaryLaw(kernel);
    this.start = new Alias(law);
    this.next = new Alias[kernel.length];
    for (int from = 0; from < kernel.length; from++) {
      next[from] = new Alias(kernel[from]);
    }
  }

  /** How a chain is driven: its kernel as a function of the strength of the drive. */
  interface Family {
    /** Kernel [from][to]; reversible at drive 0. */
    double[][] kernel(double drive);
  }

  /** The member of a family that has the given entropy production, found by bisection. */
  static KnownChain of(Family family, double entropyProduction) {
    if (entropyProduction == 0) {
      return new KnownChain(family.kernel(0));
    }
    double low = 0;
    double high = 0.125;
    while (new KnownChain(family.kernel(high)).entropyProduction() < entropyProduction) {
      low = high;
      high *= 2;
      if (high > 64) {
        throw new IllegalArgumentException("no drive gives " + entropyProduction);
      }
    }
    for (int step = 0; step < 60; step++) {
      double middle = (low + high) / 2;
      if (new KnownChain(family.kernel(middle)).entropyProduction() < entropyProduction) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return new KnownChain(family.kernel(high));
  }

  /**
   * States on a ring: from z to z + 1 and z - 1 with probabilities of ratio exp(drive), together
   * between half of {@code mobility} and all of it, by state. One cycle.
   */
  static Family ring(int states, double mobility, long seed) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    double[] jump = random.doubles(states, mobility / 2, mobility).toArray();
    return drive -> {
      double[][] kernel = new double[states][states];
      double forward = 1 / (1 + Math.exp(-drive));
      for (int z = 0; z < states; z++) {
        kernel[z][(z + 1) % states] = jump[z] * forward;
        kernel[z][(z + states - 1) % states] = jump[z] * (1 - forward);
        kernel[z][z] = 1 - jump[z];
      }
      return kernel;
    };
  }

  /**
   * Every transition is possible: T_ij ~ exp(S_ij + drive A_ij) for i != j, T_ii = 1/10; S
   * symmetric with standard deviation 1/2, A antisymmetric: positive to the next (K-1)/2 states,
   * with sizes between 1/2 and 3/2; (K-1)(K-2)/2 cycles.
   */
  static Family dense(int states, long seed) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    double[][] symmetric = new double[states][states];
    double[][] antisymmetric = new double[states][states];
    for (int i = 0; i < states; i++) {
      for (int j = i + 1; j < states; j++) {
        symmetric[i][j] = symmetric[j][i] = gaussian(random) / 2;
        double size = Math.signum(states - 2 * (j - i)) * random.nextDouble(0.5, 1.5);
        antisymmetric[i][j] = size;
        antisymmetric[j][i] = -size;
      }
    }
    return drive -> {
      double[][] kernel = new double[states][states];
      for (int i = 0; i < states; i++) {
        double sum = 0;
        for (int j = 0; j < states; j++) {
          if (j != i) {
            kernel[i][j] = Math.exp(symmetric[i][j] + drive * antisymmetric[i][j]);
            sum += kernel[i][j];
          }
        }
        for (int j = 0; j < states; j++) {
          kernel[i][j] = j == i ? 0.1 : 0.9 * kernel[i][j] / sum;
        }
      }
      return kernel;
    };
  }

  /** A standard normal variate, by Box and Muller. */
  static double gaussian(UniformRandomProvider random) {
    return Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
        * Math.cos(2 * Math.PI * random.nextDouble());
  }

  int states() {
    return kernel.length;
  }

  /** Exact entropy production in nats per transition. */
  double entropyProduction() {
    double sum = 0;
    for (int i = 0; i < kernel.length; i++) {
      for (int j = 0; j < i; j++) {
        if (kernel[i][j] > 0) {
          double forward = law[i] * kernel[i][j];
          double backward = law[j] * kernel[j][i];
          sum += (forward - backward) * Math.log(forward / backward);
        }
      }
    }
    return sum;
  }

  /** Pairs of different states between which a transition is possible, |E|. */
  int pairs() {
    int pairs = 0;
    for (int i = 0; i < kernel.length; i++) {
      for (int j = 0; j < i; j++) {
        pairs += kernel[i][j] > 0 ? 1 : 0;
      }
    }
    return pairs;
  }

  /** Independent cycles nu of the kernel's graph, which is connected. */
  int cycles() {
    return pairs() - kernel.length + 1;
  }

  /**
   * Relaxation time -1/ln|lambda_2| in transitions, by power iteration on functions of mean 0;
   * lambda_2 may be complex, hence the mean over many steps.
   */
  double relaxationTime() {
    int states = kernel.length;
    double[] function = new double[states];
    for (int i = 0; i < states; i++) {
      function[i] = Math.sin(1 + i * i);
    }
    int steps = 4_000;
    double logarithm = 0;
    for (int step = 0; step < steps; step++) {
      double[] image = new double[states];
      double mean = 0;
      for (int i = 0; i < states; i++) {
        for (int j = 0; j < states; j++) {
          image[i] += kernel[i][j] * function[j];
        }
        mean += law[i] * image[i];
      }
      double norm = 0;
      for (int i = 0; i < states; i++) {
        image[i] -= mean;
        norm += law[i] * image[i] * image[i];
      }
      norm = Math.sqrt(norm);
      for (int i = 0; i < states; i++) {
        function[i] = image[i] / norm;
      }
      logarithm += step < steps / 2 ? 0 : Math.log(norm);
    }
    return -(steps / 2.0) / logarithm;
  }

  /**
   * Simulates stationary chains; chain c belongs to group c mod 32.
   *
   * @param chains number of chains
   * @param length transitions of each
   */
  GroupedCounts simulate(int chains, int length, UniformRandomProvider random) {
    int states = kernel.length;
    int[] state = start(chains, random);
    int[] counts = new int[GROUPS * states * states];
    for (int step = 0; step < length; step++) {
      step(state, counts, random);
    }
    return grouped(counts, states);
  }

  /** States of as many chains, drawn from the stationary law. */
  int[] start(int chains, UniformRandomProvider random) {
    int[] state = new int[chains];
    for (int chain = 0; chain < chains; chain++) {
      state[chain] = start.draw(random);
    }
    return state;
  }

  /** Moves every chain by one transition and counts it. */
  void step(int[] state, int[] counts, UniformRandomProvider random) {
    int states = kernel.length;
    for (int chain = 0; chain < state.length; chain++) {
      int from = state[chain];
      int to = next[from].draw(random);
      counts[((chain % GROUPS) * states + from) * states + to]++;
      state[chain] = to;
    }
  }

  /** Counts laid out as [group][from][to]. */
  static GroupedCounts grouped(int[] counts, int states) {
    GroupedCounts grouped = GroupedCounts.empty(GROUPS, states);
    for (int group = 0, cell = 0; group < GROUPS; group++) {
      for (int from = 0; from < states; from++) {
        for (int to = 0; to < states; to++, cell++) {
          if (counts[cell] > 0) {
            grouped.add(group, from, to, counts[cell]);
          }
        }
      }
    }
    return grouped;
  }

  /**
   * Stationary law by the elimination of Grassmann, Taksar and Heyman (1985): no subtraction, hence
   * no cancellation.
   */
  static double[] stationaryLaw(double[][] kernel) {
    int n = kernel.length;
    double[][] a = new double[n][];
    for (int i = 0; i < n; i++) {
      a[i] = kernel[i].clone();
    }
    for (int last = n - 1; last > 0; last--) {
      double out = 0;
      for (int j = 0; j < last; j++) {
        out += a[last][j];
      }
      for (int i = 0; i < last; i++) {
        a[i][last] /= out;
        for (int j = 0; j < last; j++) {
          a[i][j] += a[i][last] * a[last][j];
        }
      }
    }
    double[] law = new double[n];
    law[0] = 1;
    double sum = 1;
    for (int j = 1; j < n; j++) {
      for (int i = 0; i < j; i++) {
        law[j] += law[i] * a[i][j];
      }
      sum += law[j];
    }
    for (int j = 0; j < n; j++) {
      law[j] /= sum;
    }
    return law;
  }
}
