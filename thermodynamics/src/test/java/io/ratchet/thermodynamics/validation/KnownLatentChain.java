package io.ratchet.thermodynamics.validation;

import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.GroupedSoftCounts;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * A small latent-cycle model z -> x -> z' with all 2^V visible vectors enumerated, so that its
 * latent and its path entropy production are known exactly.
 *
 * <p>Decoder U_z = (1/2 + drive) c_z, a = 0, with random codes c_z of +-1; encoder W_z = c_z/2 +
 * drive c_{z-1}, b_z = -sum_i W_zi/2: tied, hence reversible, at drive 0; a strong drive makes x
 * the code of z and z' the state after z.
 */
final class KnownLatentChain {
  private static final int VISIBLES = 8;
  private static final int VECTORS = 1 << VISIBLES;

  private final int states;

  /** p(y|x), K probabilities for each x. */
  private final double[] encoder;

  /**
   * ln p(x|z) - ln p(z|x) at [z][x]: the path entropy of z -> x -> y is that of z less that of y.
   */
  private final double[][] potential;

  private final Alias start;
  private final Alias[] decode;
  private final Alias[] encode;
  private final double latent;
  private final double path;

  /** What one replicate leaves behind. */
  record Sample(EntropyProduction soft, EntropyProduction path) {}

  private KnownLatentChain(int states, long seed, double drive) {
    this.states = states;
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    int[] codes = random.ints(0, VECTORS).distinct().limit(states).toArray();
    double[][] decoder = new double[states][VECTORS];
    double[][] encoding = new double[VECTORS][states];
    encoder = new double[VECTORS * states];
    double gain = 0.5 + drive;
    double normaliser = VISIBLES * Math.log(2 * Math.cosh(gain / 2));
    for (int x = 0; x < VECTORS; x++) {
      double sum = 0;
      for (int z = 0; z < states; z++) {
        int before = codes[(z + states - 1) % states];
        double energy = 0;
        double overlap = 0;
        for (int i = 0; i < VISIBLES; i++) {
          double spin = (x >> i & 1) - 0.5;
          overlap += spin * sign(codes[z], i);
          energy += spin * (sign(codes[z], i) / 2.0 + drive * sign(before, i));
        }
        // x u - softplus(u) = (x - 1/2) u - ln[2 cosh(u/2)], and cosh does not see the sign of u.
        decoder[z][x] = Math.exp(gain * overlap - normaliser);
        encoding[x][z] = Math.exp(energy);
        sum += encoding[x][z];
      }
      for (int z = 0; z < states; z++) {
        encoding[x][z] /= sum;
        encoder[x * states + z] = encoding[x][z];
      }
    }

    double[][] kernel = new double[states][states];
    potential = new double[states][VECTORS];
    for (int z = 0; z < states; z++) {
      for (int x = 0; x < VECTORS; x++) {
        potential[z][x] = Math.log(decoder[z][x]) - Math.log(encoding[x][z]);
        for (int y = 0; y < states; y++) {
          kernel[z][y] += decoder[z][x] * encoding[x][y];
        }
      }
    }
    double[] law = KnownChain.stationaryLaw(kernel);
    double latentSum = 0;
    double pathSum = 0;
    for (int z = 0; z < states; z++) {
      for (int y = 0; y < states; y++) {
        latentSum +=
            law[z] * kernel[z][y] * Math.log(law[z] * kernel[z][y] / (law[y] * kernel[y][z]));
        for (int x = 0; x < VECTORS; x++) {
          pathSum += law[z] * decoder[z][x] * encoding[x][y] * (potential[z][x] - potential[y][x]);
        }
      }
    }
    latent = latentSum;
    path = pathSum;

    start = new Alias(law);
    decode = new Alias[states];
    for (int z = 0; z < states; z++) {
      decode[z] = new Alias(decoder[z]);
    }
    encode = new Alias[VECTORS];
    for (int x = 0; x < VECTORS; x++) {
      encode[x] = new Alias(encoding[x]);
    }
  }

  /** The model whose latent entropy production is the given one, found by bisection. */
  static KnownLatentChain of(int states, long seed, double entropyProduction) {
    if (entropyProduction == 0) {
      return new KnownLatentChain(states, seed, 0);
    }
    double low = 0;
    double high = 0.0625;
    while (new KnownLatentChain(states, seed, high).latent < entropyProduction) {
      low = high;
      high *= 2;
      if (high > 64) {
        throw new IllegalArgumentException("no drive gives " + entropyProduction);
      }
    }
    for (int step = 0; step < 40; step++) {
      double middle = (low + high) / 2;
      if (new KnownLatentChain(states, seed, middle).latent < entropyProduction) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return new KnownLatentChain(states, seed, high);
  }

  private static int sign(int code, int bit) {
    return (code >> bit & 1) == 1 ? 1 : -1;
  }

  int states() {
    return states;
  }

  /** Exact entropy production of z -> z', in nats per transition. */
  double latentEntropyProduction() {
    return latent;
  }

  /** Exact entropy production of z -> x -> z', in nats per transition. */
  double pathEntropyProduction() {
    return path;
  }

  /**
   * Simulates 32 stationary chains, one a group.
   *
   * @param length transitions of each
   */
  Sample simulate(int length, UniformRandomProvider random) {
    GroupedSoftCounts soft = GroupedSoftCounts.empty(KnownChain.GROUPS, states);
    double[] sums = new double[KnownChain.GROUPS];
    long[] transitions = new long[KnownChain.GROUPS];
    for (int group = 0; group < KnownChain.GROUPS; group++) {
      int z = start.draw(random);
      for (int step = 0; step < length; step++) {
        int x = decode[z].draw(random);
        int y = encode[x].draw(random);
        soft.add(group, z, encoder, x * states);
        sums[group] += potential[z][x] - potential[y][x];
        z = y;
      }
      transitions[group] = length;
    }
    return new Sample(
        EntropyProduction.fromSoftCounts(soft), EntropyProduction.fromPath(sums, transitions));
  }
}
