package io.ratchet.trainer.evaluate;

import io.ratchet.thermodynamics.Divergence;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.trainer.InputException;
import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * A trained model on a data set: likelihood, and the thermodynamics of its own stationary chain.
 *
 * @param examples number of examples
 * @param logLikelihood mean of ln p(x) over the examples, nats per example
 * @param logLikelihoodError its standard error over the examples
 * @param kernel the latent chain: stationary law, entropy productions, flux, and how they were
 *     found
 * @param classDivergence KL divergence of the data's class shares to those of samples of the model,
 *     nats; empty when the data are unlabelled
 * @param classifierAccuracy held-out accuracy of what read the classes of the samples
 */
public record Evaluation(
    int examples,
    double logLikelihood,
    double logLikelihoodError,
    LatentKernel kernel,
    Optional<Estimate> classDivergence,
    OptionalDouble classifierAccuracy) {

  /** Samples of the model whose classes are read, and the groups that they are dealt over. */
  private static final int CLASS_SAMPLES = 20_000;

  private static final int CLASS_GROUPS = 20;

  private static final double LEVEL = 0.95;

  /** Samples per state for up to this many states. */
  private static final int FULL_SAMPLES = 20_000;

  private static final int FULL_STATES = 30;

  private static final int LEAST_SAMPLES = 400;

  /** Samples per state that keep the work, samples x K^2, near that of K = 30. */
  public static int defaultSamples(int states) {
    long samples = (long) FULL_SAMPLES * FULL_STATES * FULL_STATES / ((long) states * states);
    return (int) Math.max(LEAST_SAMPLES, Math.min(FULL_SAMPLES, samples));
  }

  /**
   * Evaluates.
   *
   * @param samples draws for each state where the kernel is not enumerated (V above {@value
   *     LatentKernel#MAX_ENUMERATED})
   * @param seed seed of everything random here
   * @param seen is told how many of {@link LatentKernel#visibleStates} the kernel is made of by now
   * @throws InputException if data and model do not fit
   */
  public static Evaluation of(
      LatentCycleModel model, DataSet data, int samples, long seed, LongConsumer seen) {
    data.requireVisible(model.visible());
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    LatentKernel kernel = LatentKernel.of(model, samples, random, seen);
    double[] logs = logLikelihoods(model, kernel.stationaryLaw(), data.rows());
    Mean mean = Mean.of(logs);
    if (!data.labelled()) {
      return new Evaluation(
          logs.length,
          mean.value(),
          mean.error(),
          kernel,
          Optional.empty(),
          OptionalDouble.empty());
    }
    ClassReader reader = ClassReader.fit(data, random);
    Estimate divergence =
        Divergence.of(sampledClasses(model, kernel, reader, random), data.classShares(), LEVEL);
    OptionalDouble accuracy =
        Double.isNaN(reader.accuracy())
            ? OptionalDouble.empty()
            : OptionalDouble.of(reader.accuracy());
    return new Evaluation(
        logs.length, mean.value(), mean.error(), kernel, Optional.of(divergence), accuracy);
  }

  /** ln p(x) = logsumexp_z(ln pi_z + ln p(x|z)) of every row, nats. */
  static double[] logLikelihoods(LatentCycleModel model, double[] law, BitRows rows) {
    Decoder decoder = new Decoder(model.visible(), model.states());
    decoder.load(model);
    double[] logLaw = new double[law.length];
    for (int z = 0; z < law.length; z++) {
      logLaw[z] = StrictMath.log(Math.max(Double.MIN_NORMAL, law[z]));
    }
    double[] joint = new double[decoder.stride()];
    double[] logs = new double[rows.size()];
    for (int n = 0; n < logs.length; n++) {
      decoder.logLikelihoods(rows, n, joint, 0);
      for (int z = 0; z < law.length; z++) {
        joint[z] += logLaw[z];
      }
      logs[n] = Exponentials.logSumExp(joint, 0, law.length);
    }
    return logs;
  }

  private static long[][] sampledClasses(
      LatentCycleModel model,
      LatentKernel kernel,
      ClassReader reader,
      UniformRandomProvider random) {
    Encoder encoder = new Encoder(model.visible(), model.states());
    Decoder decoder = new Decoder(model.visible(), model.states());
    decoder.load(model);
    LatentCycleSampler sampler = new LatentCycleSampler(encoder, decoder);
    sampler.load();
    double[] law = kernel.stationaryLaw();
    BitRows x = new BitRows(model.visible());
    long[][] counts = new long[CLASS_GROUPS][reader.classes()];
    for (int n = 0; n < CLASS_SAMPLES; n++) {
      double u = random.nextDouble();
      int z = 0;
      while (z < law.length - 1 && u >= law[z]) {
        u -= law[z++];
      }
      x.clear();
      sampler.draw(z, random, x);
      counts[n % CLASS_GROUPS][reader.read(x, 0)]++;
    }
    return counts;
  }
}
