package io.ratchet.trainer.evaluate;

import io.ratchet.thermodynamics.Flux;
import io.ratchet.thermodynamics.StationaryLaw;
import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Posterior;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The latent chain of a model, z -> x -> y: its kernel T(y|z) = sum_x p(y|x) p(x|z), stationary law
 * and entropy productions, all in nats per transition.
 *
 * <p>By enumeration of all 2^V visible states the kernel is exact, and is kept as logarithms, so
 * that saturated models (weights of 50) stay finite. By sampling, T(y|z) is the mean of p(y|x) over
 * draws of x from p(x|z): unbiased, and it reaches entries that no count of sampled transitions
 * could (1e-17).
 */
public final class LatentKernel {

  /** Most visible units whose states are enumerated: a million rows of K exponentials. */
  public static final int MAX_ENUMERATED = 20;

  /** Blocks of samples for the jackknife of a sampled kernel. */
  private static final int BLOCKS = 20;

  /** Largest K whose blocks are kept, 10 MB; above, no standard errors. */
  private static final int MAX_BLOCKED_STATES = 256;

  /** An entry known to fewer blocks than this, by their effective number, is a matter of luck. */
  private static final double FEW_BLOCKS = 5;

  /** Below this a probability counts as this: the logarithm of 0 would make entropies infinite. */
  private static final double TINY = 1e-300;

  private final double[][] logKernel;
  private final double[] stationaryLaw;
  private final boolean reversible;
  private final double entropyProduction;
  private final OptionalDouble entropyProductionError;
  private final double pathEntropyProduction;
  private final OptionalDouble pathEntropyProductionError;
  private final String method;
  private final double rareShare;

  private LatentKernel(
      double[][] logKernel,
      double[] stationaryLaw,
      boolean reversible,
      double entropyProduction,
      OptionalDouble entropyProductionError,
      double pathEntropyProduction,
      OptionalDouble pathEntropyProductionError,
      String method,
      double rareShare) {
    this.logKernel = logKernel;
    this.stationaryLaw = stationaryLaw;
    this.reversible = reversible;
    this.entropyProduction = entropyProduction;
    this.entropyProductionError = entropyProductionError;
    this.pathEntropyProduction = pathEntropyProduction;
    this.pathEntropyProductionError = pathEntropyProductionError;
    this.method = method;
    this.rareShare = rareShare;
  }

  /**
   * Exact kernel where V is at most {@value #MAX_ENUMERATED}, else sampled.
   *
   * @param samples draws of x for each state, at least {@value #BLOCKS}
   * @param seen is told how many of {@link #visibleStates} it is made of by now
   */
  public static LatentKernel of(
      LatentCycleModel model, int samples, UniformRandomProvider random, LongConsumer seen) {
    return model.visible() <= MAX_ENUMERATED
        ? enumerated(model, seen)
        : sampled(model, samples, random, seen);
  }

  /** How many visible states a kernel is made of: all 2^V, or those drawn. */
  public static long visibleStates(LatentCycleModel model, int samples) {
    return model.visible() <= MAX_ENUMERATED
        ? 1L << model.visible()
        : (long) model.states() * samples;
  }

  /** Exact kernel; V at most {@value #MAX_ENUMERATED}. */
  public static LatentKernel enumerated(LatentCycleModel model) {
    return enumerated(model, seen -> {});
  }

  private static LatentKernel enumerated(LatentCycleModel model, LongConsumer seen) {
    int states = model.states();
    int visible = model.visible();
    if (visible > MAX_ENUMERATED) {
      throw new IllegalArgumentException(
          "visible: " + visible + ", allowed: 1 to " + MAX_ENUMERATED);
    }
    Encoder encoder = new Encoder(visible, states);
    Decoder decoder = new Decoder(visible, states);
    encoder.load(model);
    decoder.load(model);
    double[] e = new double[encoder.stride()];
    double[] d = new double[decoder.stride()];
    double[][] max = new double[states][states];
    double[][] sum = new double[states][states];
    for (double[] row : max) {
      Arrays.fill(row, Double.NEGATIVE_INFINITY);
    }
    double[] path = new double[states];
    BitRows x = new BitRows(visible);
    long[] word = new long[1];
    for (; word[0] < 1L << visible; word[0]++) {
      x.clear();
      x.append(word, 0);
      encoder.logits(x, 0, e, 0);
      decoder.logLikelihoods(x, 0, d, 0);
      double normaliser = Exponentials.logSumExp(e, 0, states);
      for (int z = 0; z < states; z++) {
        for (int y = 0; y < states; y++) {
          double log = d[z] + e[y] - normaliser;
          path[z] += Exponentials.exp(log) * (d[z] - d[y] + e[y] - e[z]);
          if (log > max[z][y]) { // logsumexp in one pass
            sum[z][y] = sum[z][y] * Exponentials.exp(max[z][y] - log) + 1;
            max[z][y] = log;
          } else {
            sum[z][y] += Exponentials.exp(log - max[z][y]);
          }
        }
      }
      seen.accept(word[0] + 1);
    }
    for (int z = 0; z < states; z++) {
      for (int y = 0; y < states; y++) {
        max[z][y] += StrictMath.log(sum[z][y]);
      }
    }
    double[] law = stationaryLaw(model, decoder, max);
    return new LatentKernel(
        max,
        law,
        model.kind() == LatentCycleModel.Kind.TIED,
        entropyProduction(max, law),
        OptionalDouble.empty(),
        dot(law, path),
        OptionalDouble.empty(),
        "enumeration",
        0);
  }

  /**
   * Sampled kernel.
   *
   * @param samples draws of x for each state, at least {@value #BLOCKS}
   */
  public static LatentKernel sampled(
      LatentCycleModel model, int samples, UniformRandomProvider random) {
    return sampled(model, samples, random, seen -> {});
  }

  private static LatentKernel sampled(
      LatentCycleModel model, int samples, UniformRandomProvider random, LongConsumer seen) {
    int states = model.states();
    int visible = model.visible();
    Encoder encoder = new Encoder(visible, states);
    Decoder decoder = new Decoder(visible, states);
    encoder.load(model);
    decoder.load(model);
    LatentCycleSampler sampler = new LatentCycleSampler(encoder, decoder);
    sampler.load();
    int blocks = states <= MAX_BLOCKED_STATES ? BLOCKS : 1;
    int perBlock = Math.max(1, samples / blocks);
    double[][][] sums = new double[blocks][states][states];
    double[][] paths = new double[blocks][states];
    double[] e = new double[encoder.stride()];
    double[] d = new double[decoder.stride()];
    double[] p = new double[states];
    BitRows x = new BitRows(visible);
    for (int z = 0; z < states; z++) {
      for (int n = 0; n < blocks * perBlock; n++) {
        int block = n / perBlock;
        x.clear();
        sampler.draw(z, random, x);
        encoder.logits(x, 0, e, 0);
        decoder.logLikelihoods(x, 0, d, 0);
        Posterior.scaled(e, 0, states, Posterior.EXACT, p, 0);
        double path = 0;
        for (int y = 0; y < states; y++) {
          sums[block][z][y] += p[y] / perBlock;
          path += p[y] * (d[z] - d[y] + e[y] - e[z]);
        }
        paths[block][z] += path / perBlock;
        seen.accept((long) z * blocks * perBlock + n + 1);
      }
    }
    double[][] all = meanWithout(-1, sums);
    double[] allPaths = new double[states];
    for (double[] block : paths) {
      for (int z = 0; z < states; z++) {
        allPaths[z] += block[z] / blocks;
      }
    }
    double[] law = stationaryLaw(model, decoder, all);
    String method = "sampling, " + blocks * perBlock + " samples per state";
    if (model.kind() == LatentCycleModel.Kind.TIED) {
      // P(z,x,y) = P(y,x,z): both vanish, and what samples say of them is noise.
      return new LatentKernel(
          all,
          law,
          true,
          0,
          OptionalDouble.empty(),
          0,
          OptionalDouble.empty(),
          method + "; entropy production exact by detailed balance",
          0);
    }
    double latent = entropyProduction(all, law);
    double path = dot(law, allPaths);
    if (blocks == 1) {
      return new LatentKernel(
          all,
          law,
          false,
          latent,
          OptionalDouble.empty(),
          path,
          OptionalDouble.empty(),
          method,
          Double.NaN);
    }
    double[] latentWithout = new double[blocks];
    double[] pathWithout = new double[blocks];
    for (int g = 0; g < blocks; g++) {
      double[][] rest = meanWithout(g, sums);
      double[] restLaw = stationaryLaw(model, decoder, rest);
      latentWithout[g] = entropyProduction(rest, restLaw);
      for (int z = 0; z < states; z++) {
        double mean = (allPaths[z] * blocks - paths[g][z]) / (blocks - 1);
        pathWithout[g] += restLaw[z] * mean;
      }
    }
    double corrected = blocks * latent - (blocks - 1) * mean(latentWithout);
    return new LatentKernel(
        all,
        law,
        false,
        Math.max(0, corrected),
        OptionalDouble.of(jackknifeError(latentWithout)),
        path,
        OptionalDouble.of(jackknifeError(pathWithout)),
        method,
        rareShare(all, law, sums));
  }

  /** Share of the entropy production from pairs whose smaller flux few blocks know. */
  private static double rareShare(double[][] logKernel, double[] law, double[][][] sums) {
    double rare = 0;
    double all = 0;
    for (int z = 0; z < law.length; z++) {
      for (int y = z + 1; y < law.length; y++) {
        double there = logKernel[z][y] + StrictMath.log(Math.max(TINY, law[z]));
        double back = logKernel[y][z] + StrictMath.log(Math.max(TINY, law[y]));
        double term = (Exponentials.exp(there) - Exponentials.exp(back)) * (there - back);
        all += term;
        rare += knownBy(sums, there < back ? z : y, there < back ? y : z) < FEW_BLOCKS ? term : 0;
      }
    }
    return all == 0 ? 0 : rare / all;
  }

  /** Effective number of blocks that know an entry, (sum of its values)^2/(sum of squares). */
  private static double knownBy(double[][][] sums, int from, int to) {
    double sum = 0;
    for (double[][] block : sums) {
      sum += block[from][to];
    }
    double concentration = 0;
    for (double[][] block : sums) {
      double share = block[from][to] / sum;
      concentration += share * share;
    }
    return sum == 0 ? 0 : 1 / concentration;
  }

  /** ln of the mean kernel over all blocks but one (-1: over all). */
  private static double[][] meanWithout(int left, double[][][] sums) {
    int states = sums[0].length;
    double[][] log = new double[states][states];
    int used = sums.length - (left < 0 ? 0 : 1);
    for (int z = 0; z < states; z++) {
      for (int y = 0; y < states; y++) {
        double sum = 0;
        for (int g = 0; g < sums.length; g++) {
          sum += g == left ? 0 : sums[g][z][y];
        }
        log[z][y] = StrictMath.log(Math.max(TINY, sum / used));
      }
    }
    return log;
  }

  /** Of the tied model in closed form, pi_z ~ exp(b_z + sum_i softplus(l_iz)); else by GTH. */
  private static double[] stationaryLaw(
      LatentCycleModel model, Decoder decoder, double[][] logKernel) {
    int states = logKernel.length;
    if (model.kind() == LatentCycleModel.Kind.TIED) {
      double[] logs = new double[states];
      for (int z = 0; z < states; z++) {
        logs[z] = model.encoderBias().data[z] - decoder.logLikelihoodOfZero(z);
      }
      double[] law = new double[states];
      Posterior.scaled(logs, 0, states, Posterior.EXACT, law, 0);
      return law;
    }
    double[][] kernel = new double[states][states];
    for (int z = 0; z < states; z++) {
      double sum = 0;
      for (int y = 0; y < states; y++) {
        kernel[z][y] = Math.max(TINY, Exponentials.exp(logKernel[z][y]));
        sum += kernel[z][y];
      }
      for (int y = 0; y < states; y++) {
        kernel[z][y] /= sum;
      }
    }
    return StationaryLaw.of(kernel);
  }

  /** sum over pairs of (F_zy - F_yz) ln(F_zy/F_yz), with F as logarithms: no term is negative. */
  private static double entropyProduction(double[][] logKernel, double[] law) {
    double sum = 0;
    for (int z = 0; z < law.length; z++) {
      for (int y = z + 1; y < law.length; y++) {
        double there = logKernel[z][y] + StrictMath.log(Math.max(TINY, law[z]));
        double back = logKernel[y][z] + StrictMath.log(Math.max(TINY, law[y]));
        sum += (Exponentials.exp(there) - Exponentials.exp(back)) * (there - back);
      }
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  /** SE^2 = (G-1)/G sum_g (s_(-g) - mean)^2. */
  private static double jackknifeError(double[] without) {
    double mean = mean(without);
    double sum = 0;
    for (double value : without) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum * (without.length - 1) / without.length);
  }

  /** Number of states K. */
  public int states() {
    return stationaryLaw.length;
  }

  /** ln T(to|from), finite. */
  public double logKernel(int from, int to) {
    return logKernel[from][to];
  }

  /** Stationary law pi, K probabilities. */
  public double[] stationaryLaw() {
    return stationaryLaw.clone();
  }

  /** The stationary flux pi_z T(y|z); of a tied model made symmetric, as it is known to be. */
  public Flux flux() {
    int states = states();
    double[][] flux = new double[states][states];
    for (int z = 0; z < states; z++) {
      for (int y = 0; y < states; y++) {
        double share = stationaryLaw[z] * Exponentials.exp(logKernel[z][y]);
        if (reversible) {
          flux[z][y] += share / 2;
          flux[y][z] += share / 2;
        } else {
          flux[z][y] = share;
        }
      }
    }
    return Flux.of(flux);
  }

  /** Latent entropy production sigma, nats per transition; not negative. */
  public double entropyProduction() {
    return entropyProduction;
  }

  /** Its standard error by the jackknife over blocks of samples; empty when it is exact. */
  public OptionalDouble entropyProductionError() {
    return entropyProductionError;
  }

  /** Path entropy production KL(P(z,x,y) || P(y,x,z)), nats per transition, at least sigma. */
  public double pathEntropyProduction() {
    return pathEntropyProduction;
  }

  /** Its standard error, like {@link #entropyProductionError}. */
  public OptionalDouble pathEntropyProductionError() {
    return pathEntropyProductionError;
  }

  /**
   * Share of the entropy production that hangs on entries of the kernel that under {@value
   * #FEW_BLOCKS} of {@value #BLOCKS} blocks of samples know, by their effective number: rare x
   * decide on them, and until those are drawn the value is too high and its error too small. 0 when
   * the kernel is exact, NaN above K = {@value #MAX_BLOCKED_STATES}.
   */
  public double rareShare() {
    return rareShare;
  }

  /** How the kernel was found. */
  public String method() {
    return method;
  }
}
