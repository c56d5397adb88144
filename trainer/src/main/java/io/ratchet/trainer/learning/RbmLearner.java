package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.RbmSampler;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.model.HiddenLayer;
import io.ratchet.trainer.model.RbmModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The restricted Boltzmann machine in training, by contrastive divergence with centred gradient and
 * plain steps uphill: persistent (PCD-k: the chains are the negative phase) or not (CD-k: the
 * negative phase starts from the minibatch each time, and the chains are only watched). k is the
 * number of sweeps before each update.
 *
 * <p>The watched state is told from the visible layer alone: the pair of both layers, moved in
 * turn, is not reversible though the machine is.
 */
public final class RbmLearner implements Learner {

  private final RbmModel model;
  private final Chains chains;
  private final MacroStates states;
  private final boolean persistent;
  private final RbmSampler sampler;
  private final HiddenLayer layer;
  private final Sweep sweep;
  private final BitRows negative;
  private final RbmGradient kernel;
  private final Gradient gradient;
  private final OnlinePartition partition;
  private final UniformRandomProvider random;
  private int sweeps;
  private double logLikelihood = Double.NaN;

  /**
   * A learner at the start.
   *
   * @param states what the visible layer is counted as
   * @param persistent whether the chains are the negative phase
   * @param random moves the walkers that follow ln Z
   */
  public RbmLearner(
      RbmModel model,
      Chains chains,
      MacroStates states,
      boolean persistent,
      UniformRandomProvider random) {
    this.model = model;
    this.chains = chains;
    this.states = states;
    this.persistent = persistent;
    this.sampler = new RbmSampler(model.visible(), model.hidden());
    this.layer = new HiddenLayer(sampler.toHidden());
    this.sweep = new Sweep(chains.count(), states.count(), 0);
    this.negative = new BitRows(model.visible());
    this.kernel = new RbmGradient(model.visible(), model.hidden());
    this.gradient = kernel.newGradient();
    this.partition = new OnlinePartition(model, random);
    this.random = random;
  }

  @Override
  public int states() {
    return states.count();
  }

  @Override
  public Chains chains() {
    return chains;
  }

  @Override
  public void prepare() {
    sampler.load(model);
    layer.load(model);
    partition.moved(layer, sampler);
    sweeps = 0;
  }

  @Override
  public Sweep sweep(boolean watched) {
    if (watched) {
      read(sweep.from());
    }
    sampler.step(chains);
    sweeps++;
    if (watched) {
      read(sweep.to());
    }
    return sweep;
  }

  private void read(int[] into) {
    for (int c = 0; c < into.length; c++) {
      into[c] = states.of(layer, chains.visible(), c);
    }
  }

  /** Null: of a chain in equilibrium there is nothing to tell, ln p(v)/p(v') adds up to 0. */
  @Override
  public float[] pathEntropy() {
    return null;
  }

  /** Null: p(y|v) of macro-states is not known. */
  @Override
  public float[] softRows() {
    return null;
  }

  @Override
  public float[] meanPosterior(BitRows data, int[] order, int from, int count) {
    float[] shares = new float[states()];
    for (int n = from; n < from + count; n++) {
      shares[states.of(layer, data, order[n])]++;
    }
    for (int k = 0; k < shares.length; k++) {
      shares[k] /= count;
    }
    return shares;
  }

  @Override
  public Gradient gradient(BitRows data, int[] order, int from, int count) {
    double free;
    if (persistent) {
      free = kernel.compute(layer, data, order, from, count, chains.visible(), gradient);
    } else {
      negative.clear();
      for (int n = from; n < from + count; n++) {
        negative.append(data, order[n]);
      }
      for (int k = 0; k < sweeps; k++) {
        sampler.step(negative, n -> chains.stream(n % chains.count()));
      }
      free = kernel.compute(layer, data, order, from, count, negative, gradient);
    }
    logLikelihood = free - partition.logPartition();
    gradient.round();
    return gradient;
  }

  @Override
  public double logLikelihood() {
    return logLikelihood;
  }

  @Override
  public void apply(double rate) {
    for (String name : RbmModel.PARAMETERS) {
      climb(rate, gradient.values(name), model.parameter(name).data);
    }
  }

  /** One plain step uphill. */
  static void climb(double rate, double[] gradient, double[] parameter) {
    for (int j = 0; j < parameter.length; j++) {
      parameter[j] += rate * gradient[j];
    }
  }

  @Override
  public long digest() {
    return model.digest();
  }

  /** The model, live. */
  public RbmModel model() {
    return model;
  }

  @Override
  public Map<String, double[]> parameters() {
    return model.parameters();
  }

  @Override
  public int[] shape(String parameter) {
    return parameter.equals("W")
        ? new int[] {model.visible(), model.hidden()}
        : new int[] {model.parameter(parameter).numRows};
  }

  @Override
  public Map<String, double[]> optimiser() {
    return partition.save();
  }

  @Override
  public void restoreOptimiser(Map<String, double[]> saved) {
    partition.restore(saved);
  }

  @Override
  public List<UniformRandomProvider> generators() {
    List<UniformRandomProvider> generators = new ArrayList<>(chains.streams());
    generators.add(random);
    return generators;
  }
}
