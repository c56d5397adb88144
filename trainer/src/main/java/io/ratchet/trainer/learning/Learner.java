package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.Sweep;

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

  /** Applies the kernel once to every chain; the result is valid until the next sweep. */
  Sweep sweep();

  /** Path entropy of each chain's last transition, nats; C values. */
  float[] pathEntropy();

  /** p(y|x_i) of the last sweep without anything taken as 0, C x K row-major. */
  float[] softRows();

  /** Mean of p(z|x) over these rows of the data, K values. */
  float[] meanPosterior(BitRows data, int[] order, int from, int count);

  /** Gradient of the mean log-likelihood of these rows of the data, rounded to float32. */
  Gradient gradient(BitRows data, int[] order, int from, int count);

  /** Mean log-likelihood of the rows of the last gradient, nats per example. */
  double logLikelihood();

  /** Moves the parameters along the last gradient. */
  void apply(double rate);

  /** Digest of the parameters' bits. */
  long digest();
}
