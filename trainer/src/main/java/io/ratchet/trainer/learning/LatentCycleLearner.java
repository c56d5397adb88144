package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Posterior;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The latent-cycle model in training, by the two-step or the full gradient; or the tied model, by
 * persistent contrastive divergence or its exact gradient. Either way with RMSprop.
 */
public final class LatentCycleLearner implements Learner {

  /** Floor of the stationary law estimated from the chains (theory.md 1). */
  private static final double PI_FLOOR = 1e-12;

  private final LatentCycleModel model;
  private final Chains chains;
  private final Encoder encoder;
  private final Decoder decoder;
  private final LatentCycleSampler sampler;
  private final Sweep sweep;
  private final TwoStepGradient twoStep;
  private final FullGradient full;
  private final TiedGradient tied;
  private final boolean isFull;
  private final boolean isExact;

  /** The two-step gradient, or that of the tied model. */
  private final Gradient first;

  /** The full gradient where it is asked for, else null. */
  private final Gradient response;

  /** Which of them is applied. */
  private final Gradient gradient;

  private final Map<String, RmsProp> optimiser = new LinkedHashMap<>();
  private final double[] pi;
  private final double[] weights;
  private final double[] row;
  private final double[] posterior;
  private double logLikelihood = Double.NaN;

  /** A learner with a fresh optimiser, on one thread. */
  public LatentCycleLearner(
      LatentCycleModel model, Chains chains, Algorithm algorithm, double decay) {
    this(model, chains, algorithm, decay, Team.ALONE);
  }

  /** A learner with a fresh optimiser; the same bits for any team. */
  public LatentCycleLearner(
      LatentCycleModel model, Chains chains, Algorithm algorithm, double decay, Team team) {
    int states = model.states();
    int visible = model.visible();
    this.model = model;
    this.chains = chains;
    this.encoder = new Encoder(visible, states);
    this.decoder = new Decoder(visible, states);
    this.sampler = new LatentCycleSampler(encoder, decoder, team);
    this.sweep = new Sweep(chains.count(), states, encoder.stride());
    boolean isTied = model.kind() == LatentCycleModel.Kind.TIED;
    this.twoStep = isTied ? null : new TwoStepGradient(visible, states, Posterior.NEGLIGIBLE, team);
    this.tied = isTied ? new TiedGradient(visible, states) : null;
    this.full = isTied ? null : new FullGradient(twoStep, visible, states, Posterior.NEGLIGIBLE);
    this.isFull = algorithm == Algorithm.FULL;
    this.isExact = algorithm == Algorithm.EXACT;
    this.first = isTied ? tied.newGradient() : twoStep.newGradient();
    this.response = isTied ? null : twoStep.newGradient();
    this.gradient = isFull ? response : first;
    for (Gradient.Block block : gradient.blocks()) {
      int size = gradient.values(block.name()).length;
      optimiser.put(block.name(), new RmsProp(decay, size));
    }
    this.pi = new double[states];
    this.weights = new double[chains.count()];
    Arrays.fill(weights, 1.0 / chains.count());
    this.row = new double[encoder.stride()];
    this.posterior = new double[states];
  }

  @Override
  public int states() {
    return model.states();
  }

  @Override
  public void prepare() {
    decoder.load(model);
    sampler.load();
    encoder.load(model); // last, so that it is in the cache when the chains need it
    sampler.begin(chains, sweep);
  }

  @Override
  public Sweep sweep(boolean watched) {
    sampler.step(chains, sweep);
    return sweep;
  }

  /** ln p(x|z) + ln p(y|x) - ln p(x|y) - ln p(z|x): the normaliser of p(.|x) cancels. */
  @Override
  public float[] pathEntropy() {
    float[] entropy = new float[chains.count()];
    for (int c = 0; c < entropy.length; c++) {
      int z = sweep.from()[c];
      int y = sweep.to()[c];
      int e = c * sweep.stride();
      decoder.logLikelihoods(chains.visible(), c, row, 0);
      entropy[c] = (float) (row[z] - row[y] + (sweep.logits()[e + y] - sweep.logits()[e + z]));
    }
    return entropy;
  }

  @Override
  public float[] softRows() {
    float[] soft = new float[sweep.posteriors().length];
    for (int j = 0; j < soft.length; j++) {
      soft[j] = (float) sweep.posteriors()[j];
    }
    return soft;
  }

  @Override
  public float[] meanPosterior(BitRows data, int[] order, int from, int count) {
    double[] sum = new double[model.states()];
    for (int n = from; n < from + count; n++) {
      encoder.logits(data, order[n], row, 0);
      Posterior.scaled(row, 0, sum.length, Posterior.NEGLIGIBLE, posterior, 0);
      for (int z = 0; z < sum.length; z++) {
        sum[z] += posterior[z];
      }
    }
    float[] mean = new float[sum.length];
    for (int z = 0; z < sum.length; z++) {
      mean[z] = (float) (sum[z] / count);
    }
    return mean;
  }

  @Override
  public Gradient gradient(BitRows data, int[] order, int from, int count) {
    double[] posteriors = sweep.posteriors();
    if (tied != null) {
      double logPartition = logPartition();
      double free =
          tied.compute(
              encoder,
              model.decoderBias().data,
              data,
              order,
              from,
              count,
              chains.visible(),
              posteriors,
              isExact ? pi : null,
              decoder.means(),
              first);
      logLikelihood = free - logPartition;
    } else {
      int states = model.states();
      Arrays.fill(pi, 0);
      for (int c = 0; c < chains.count(); c++) {
        for (int z = 0; z < states; z++) {
          pi[z] += posteriors[c * states + z];
        }
      }
      for (int z = 0; z < states; z++) {
        pi[z] = Math.max(PI_FLOOR, pi[z] / chains.count());
      }
      twoStep.compute(
          decoder, pi, data, order, from, count, chains.visible(), posteriors, weights, first);
      logLikelihood = twoStep.logLikelihood();
      if (isFull) {
        respond();
      }
    }
    gradient.round();
    return gradient;
  }

  private void respond() {
    full.compute(decoder, pi, chains.visible(), sweep.posteriors(), weights, first, response);
  }

  @Override
  public double gradientAngle() {
    if (tied != null) {
      return Double.NaN;
    }
    if (!isFull) {
      respond();
    }
    return first.angle(response);
  }

  /**
   * ln Z of the tied model: logsumexp_z(b_z + sum_i softplus(a_i + U_iz)); its stationary law, the
   * shares of the terms, goes to pi.
   */
  private double logPartition() {
    double[] b = model.encoderBias().data;
    for (int z = 0; z < b.length; z++) {
      posterior[z] = b[z] - decoder.logLikelihoodOfZero(z);
    }
    Posterior.scaled(posterior, 0, b.length, Posterior.EXACT, pi, 0);
    return Exponentials.logSumExp(posterior, 0, b.length);
  }

  @Override
  public double logLikelihood() {
    return logLikelihood;
  }

  @Override
  public void apply(double rate) {
    for (Map.Entry<String, RmsProp> entry : optimiser.entrySet()) {
      String name = entry.getKey();
      entry.getValue().apply(rate, gradient.values(name), model.parameter(name).data);
    }
    if (tied != null) {
      model.tie();
    }
  }

  @Override
  public long digest() {
    return model.digest();
  }

  /** The model, live. */
  public LatentCycleModel model() {
    return model;
  }

  @Override
  public Chains chains() {
    return chains;
  }

  @Override
  public Map<String, double[]> parameters() {
    return model.parameters();
  }

  @Override
  public int[] shape(String parameter) {
    return model.shape(parameter);
  }

  /** RMSprop's mean square of each trained parameter, live, by the parameter's name. */
  @Override
  public Map<String, double[]> optimiser() {
    Map<String, double[]> squares = new LinkedHashMap<>();
    optimiser.forEach((name, block) -> squares.put(name, block.meanSquare()));
    return squares;
  }

  @Override
  public void restoreOptimiser(Map<String, double[]> saved) {
    optimiser().forEach((name, v) -> System.arraycopy(saved.get(name), 0, v, 0, v.length));
  }

  @Override
  public List<UniformRandomProvider> generators() {
    return chains.streams();
  }
}
