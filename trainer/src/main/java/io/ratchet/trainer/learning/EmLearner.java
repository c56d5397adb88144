package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The Bernoulli mixture in training by expectation-maximisation, the limit of the latent-cycle
 * model. An update is one step of {@link MixtureEm} over all of its rows, whatever the minibatch.
 *
 * <p>The watched chain is that of the model with W = 0: z, x and the next z are drawn from the
 * mixture, the two z independently of each other. It is reversible, with entropy production 0.
 */
public final class EmLearner implements Learner {

  private final MixtureEm em;
  private final LatentCycleModel model;
  private final Chains chains;
  private final Encoder encoder;
  private final LatentCycleSampler sampler;
  private final Sweep sweep;
  private final Gradient gradient;
  private double logLikelihood = Double.NaN;

  /** A learner that moves {@code em}. */
  public EmLearner(MixtureEm em, Chains chains) {
    this.em = em;
    this.model = em.model();
    this.chains = chains;
    this.encoder = new Encoder(model.visible(), model.states());
    this.sampler = new LatentCycleSampler(encoder, em.decoder());
    this.sweep = new Sweep(chains.count(), model.states(), encoder.stride());
    this.gradient = em.newGradient();
  }

  @Override
  public int states() {
    return model.states();
  }

  @Override
  public Chains chains() {
    return chains;
  }

  @Override
  public void prepare() {
    em.load();
    sampler.load();
    encoder.load(model);
    sampler.begin(chains, sweep);
  }

  @Override
  public Sweep sweep(boolean watched) {
    sampler.step(chains, sweep);
    return sweep;
  }

  /**
   * Null: z -> x -> z' with z' drawn without regard to x is not reversible as a record of both
   * layers, however reversible the z are, and its path entropy would say the former.
   */
  @Override
  public float[] pathEntropy() {
    return null;
  }

  @Override
  public float[] softRows() {
    float[] soft = new float[sweep.posteriors().length];
    for (int j = 0; j < soft.length; j++) {
      soft[j] = (float) sweep.posteriors()[j];
    }
    return soft;
  }

  /** w, as the encoder gives it to every x. */
  @Override
  public float[] meanPosterior(BitRows data, int[] order, int from, int count) {
    return Arrays.copyOf(softRows(), states());
  }

  @Override
  public Gradient gradient(BitRows data, int[] order, int from, int count) {
    logLikelihood = em.expect(gradient);
    gradient.round();
    return gradient;
  }

  /** Mean of all rows. */
  @Override
  public double logLikelihood() {
    return logLikelihood;
  }

  /** Goes all the way, whatever the rate. */
  @Override
  public void apply(double rate) {
    em.maximise(gradient);
  }

  @Override
  public long digest() {
    return model.digest();
  }

  @Override
  public Map<String, double[]> parameters() {
    return model.parameters();
  }

  @Override
  public int[] shape(String parameter) {
    return model.shape(parameter);
  }

  /** Nothing: a step depends on the parameters alone. */
  @Override
  public Map<String, double[]> optimiser() {
    return new LinkedHashMap<>();
  }

  @Override
  public void restoreOptimiser(Map<String, double[]> saved) {}

  @Override
  public List<UniformRandomProvider> generators() {
    return chains.streams();
  }
}
