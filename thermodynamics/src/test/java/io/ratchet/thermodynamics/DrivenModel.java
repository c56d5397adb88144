package io.ratchet.thermodynamics;

import org.apache.commons.rng.UniformRandomProvider;

/**
 * A small latent-cycle model z -> x -> z' of known entropy production: 2 K visible symbols, symbol
 * x at home in state x mod K.
 *
 * <p>The decoder p(x|z) prefers symbols at home in z. The encoder is Bayes' posterior, which makes
 * the chain reversible, with a drive towards the state after the symbol's home. Both have random
 * parts, so that no two states are alike. The strength of the drive is found by bisection.
 */
final class DrivenModel {
  private static final double STRONGEST_DRIVE = 15;

  final int states;
  final double[][] decoder; // [z][x]
  final double[][] encoder; // [x][y]
  final Flux flux;

  private final Alias[] symbols;
  private final Alias[] next;
  private final Alias start;

  /** A path entropy for each z, x, y. */
  private final double[][][] pathEntropy;

  private DrivenModel(double[][] decoder, double[][] encoder) {
    this.states = decoder.length;
    this.decoder = decoder;
    this.encoder = encoder;
    this.flux = Flux.ofKernel(kernel(decoder, encoder));
    symbols = new Alias[states];
    next = new Alias[encoder.length];
    for (int z = 0; z < states; z++) {
      symbols[z] = new Alias(decoder[z]);
    }
    for (int x = 0; x < encoder.length; x++) {
      next[x] = new Alias(encoder[x]);
    }
    start = new Alias(flux.stationaryLaw());
    pathEntropy = new double[states][encoder.length][states];
    for (int z = 0; z < states; z++) {
      for (int x = 0; x < encoder.length; x++) {
        for (int y = 0; y < states; y++) {
          pathEntropy[z][x][y] =
              Math.log(decoder[z][x] * encoder[x][y] / (decoder[y][x] * encoder[x][z]));
        }
      }
    }
  }

  /** A model of the given entropy production in nats per transition. */
  static DrivenModel of(int states, double entropyProduction, long seed) {
    for (double sharpness = 1; ; sharpness += 0.5) {
      if (entropyProduction == 0) {
        return driven(states, sharpness, 0, seed);
      }
      if (driven(states, sharpness, STRONGEST_DRIVE, seed).flux.entropyProduction()
          > entropyProduction) {
        double low = 0;
        double high = STRONGEST_DRIVE;
        while (high - low > 1e-12) {
          double middle = (low + high) / 2;
          if (driven(states, sharpness, middle, seed).flux.entropyProduction()
              < entropyProduction) {
            low = middle;
          } else {
            high = middle;
          }
        }
        return driven(states, sharpness, high, seed);
      }
    }
  }

  private static DrivenModel driven(int states, double sharpness, double drive, long seed) {
    UniformRandomProvider random = Chains.random(seed);
    int symbols = 2 * states;
    double[][] decoder = new double[states][symbols];
    for (int z = 0; z < states; z++) {
      for (int x = 0; x < symbols; x++) {
        double home = x % states == z ? sharpness : 0;
        decoder[z][x] = Math.exp(home + 0.5 * random.nextDouble());
      }
      normalise(decoder[z]);
    }
    double[] law = new double[states];
    for (int z = 0; z < states; z++) {
      law[z] = 1 + random.nextDouble();
    }
    double[][] encoder = new double[symbols][states];
    for (int x = 0; x < symbols; x++) {
      for (int y = 0; y < states; y++) {
        double after = (x + 1) % states == y ? drive * (0.8 + 0.4 * random.nextDouble()) : 0;
        encoder[x][y] = law[y] * decoder[y][x] * Math.exp(after);
      }
      normalise(encoder[x]);
    }
    return new DrivenModel(decoder, encoder);
  }

  private static void normalise(double[] row) {
    double sum = 0;
    for (double value : row) {
      sum += value;
    }
    for (int i = 0; i < row.length; i++) {
      row[i] /= sum;
    }
  }

  private static double[][] kernel(double[][] decoder, double[][] encoder) {
    double[][] kernel = new double[decoder.length][decoder.length];
    for (int z = 0; z < decoder.length; z++) {
      for (int x = 0; x < encoder.length; x++) {
        for (int y = 0; y < decoder.length; y++) {
          kernel[z][y] += decoder[z][x] * encoder[x][y];
        }
      }
    }
    return kernel;
  }

  double entropyProduction() {
    return flux.entropyProduction();
  }

  /** KL(P(z,x,y) || P(y,x,z)), by enumeration. */
  double pathEntropyProduction() {
    double[] law = flux.stationaryLaw();
    double sum = 0;
    for (int z = 0; z < states; z++) {
      for (int x = 0; x < encoder.length; x++) {
        for (int y = 0; y < states; y++) {
          sum += law[z] * decoder[z][x] * encoder[x][y] * pathEntropy[z][x][y];
        }
      }
    }
    return sum;
  }

  /** A stationary sample: what a window of chains would hold. */
  static final class Sample {
    final GroupedCounts counts;
    final long[][][] visits; // [group][z][x]
    final double[] pathSums;
    final long[] transitions;

    private Sample(int groups, int states, int symbols) {
      counts = GroupedCounts.empty(groups, states);
      visits = new long[groups][states][symbols];
      pathSums = new double[groups];
      transitions = new long[groups];
    }
  }

  Sample sample(int groups, int chainsPerGroup, int steps, UniformRandomProvider random) {
    Sample sample = new Sample(groups, states, encoder.length);
    for (int group = 0; group < groups; group++) {
      for (int chain = 0; chain < chainsPerGroup; chain++) {
        int z = start.draw(random);
        for (int t = 0; t < steps; t++) {
          int x = symbols[z].draw(random);
          int y = next[x].draw(random);
          sample.counts.add(group, z, y);
          sample.visits[group][z][x]++;
          sample.pathSums[group] += pathEntropy[z][x][y];
          z = y;
        }
      }
      sample.transitions[group] = (long) chainsPerGroup * steps;
    }
    return sample;
  }

  /** The soft counts of a sample: rows that are equal are added at once. */
  GroupedSoftCounts softCounts(Sample sample) {
    GroupedSoftCounts soft = GroupedSoftCounts.empty(sample.transitions.length, states);
    for (int group = 0; group < sample.transitions.length; group++) {
      double[] sums = new double[states * states];
      for (int z = 0; z < states; z++) {
        for (int x = 0; x < encoder.length; x++) {
          long visits = sample.visits[group][z][x];
          for (int y = 0; visits > 0 && y < states; y++) {
            sums[z * states + y] += visits * encoder[x][y];
          }
        }
      }
      soft.addAll(group, SoftCounts.of(states, sample.transitions[group], sums));
    }
    return soft;
  }

  int draw(UniformRandomProvider random) {
    return start.draw(random);
  }

  int step(int state, UniformRandomProvider random) {
    return next[symbols[state].draw(random)].draw(random);
  }
}
