package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.Sweep;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * A system in training: parameters, an optimiser and a chain that is watched. A training loop turns
 * it by {@code prepare}, one or more {@code sweep}, {@code gradient}, {@code apply}, in this order.
 */
public interface Learner {

  /** Number of states K of the watched chain. */
  int states();

  /** The chains, live. */
  Chains chains();

  /** Makes kernels and chains ready for the current parameters. */
  void prepare();

  /**
   * Applies the kernel once to every chain; the result is valid until the next sweep.
   *
   * @param watched whether the states are asked for; else they may be left as they were
   */
  Sweep sweep(boolean watched);

  /** Path entropy of each chain's last transition, nats; C values; null where there is none. */
  float[] pathEntropy();

  /** p(y|x_i) of the last sweep without anything taken as 0, C x K row-major; null if unknown. */
  float[] softRows();

  /** Mean of p(z|x) over these rows of the data, K values. */
  float[] meanPosterior(BitRows data, int[] order, int from, int count);

  /** Gradient of the mean log-likelihood of these rows of the data, rounded to float32. */
  Gradient gradient(BitRows data, int[] order, int from, int count);

  /** Mean log-likelihood of the rows of the last gradient, nats per example. */
  double logLikelihood();

  /**
   * Angle between the last gradient's two forms, full and two-step, radians; NaN where the model
   * has one form only.
   */
  default double gradientAngle() {
    return Double.NaN;
  }

  /** Moves the parameters along the last gradient. */
  void apply(double rate);

  /** Digest of the parameters' bits. */
  long digest();

  /** The parameters by name, live, row-major. */
  Map<String, double[]> parameters();

  /** Dimensions of a parameter. */
  int[] shape(String parameter);

  /** What is needed beside parameters, chains and generators to go on with the same bits. */
  Map<String, double[]> optimiser();

  /** Takes back what {@link #optimiser} gave, arrays of the same lengths by the same names. */
  void restoreOptimiser(Map<String, double[]> saved);

  /** Every generator that it goes on to use, in a fixed order. */
  List<UniformRandomProvider> generators();
}
