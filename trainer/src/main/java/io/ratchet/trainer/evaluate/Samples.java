package io.ratchet.trainer.evaluate;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.dynamics.RbmSampler;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Posterior;
import io.ratchet.trainer.model.RbmModel;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Draws of a trained model: visible states, each with the latent state that it was drawn from, if
 * the model has any.
 *
 * @param states z of each draw; empty for a restricted Boltzmann machine
 * @param rows x of each draw
 */
@SuppressWarnings("ArrayRecordComponent") // made once, written, never compared
public record Samples(int[] states, BitRows rows) {

  /** Independent draws of p(x) = sum_z pi_z p(x|z), with the model's stationary law pi. */
  public static Samples stationary(
      LatentCycleModel model, int count, UniformRandomProvider random) {
    LatentKernel kernel =
        LatentKernel.of(model, Evaluation.defaultSamples(model.states()), random, seen -> {});
    double[] law = kernel.stationaryLaw();
    int[] states = new int[count];
    for (int n = 0; n < count; n++) {
      states[n] = draw(law, random);
    }
    return from(model, states, random);
  }

  /** One draw of p(x|z) for each of these latent states. */
  public static Samples from(LatentCycleModel model, int[] states, UniformRandomProvider random) {
    LatentCycleSampler sampler = sampler(new Encoder(model.visible(), model.states()), model);
    BitRows rows = new BitRows(model.visible());
    for (int z : states) {
      sampler.draw(z, random, rows);
    }
    return new Samples(states.clone(), rows);
  }

  /** Consecutive states of one chain, z -> x -> z' -> x' -> ..., from a latent state on. */
  public static Samples trajectory(
      LatentCycleModel model, int start, int count, UniformRandomProvider random) {
    Encoder encoder = new Encoder(model.visible(), model.states());
    encoder.load(model);
    LatentCycleSampler sampler = sampler(encoder, model);
    double[] logits = new double[encoder.stride()];
    double[] posterior = new double[model.states()];
    BitRows rows = new BitRows(model.visible());
    int[] states = new int[count];
    int z = start;
    for (int n = 0; n < count; n++) {
      states[n] = z;
      sampler.draw(z, random, rows);
      encoder.logits(rows, n, logits, 0);
      Posterior.scaled(logits, 0, posterior.length, Posterior.EXACT, posterior, 0);
      z = draw(posterior, random);
    }
    return new Samples(states, rows);
  }

  /**
   * Independent chains of a restricted Boltzmann machine, after so many sweeps of Gibbs sampling
   * from independent units with the machine's b on: draws of p(v) as far as that is long enough.
   */
  public static Samples gibbs(RbmModel model, int count, int sweeps, UniformRandomProvider random) {
    BitRows rows = new BitRows(model.visible());
    RbmSampler.drawIndependent(model.visibleBias().data, count, c -> random, rows);
    RbmSampler sampler = sampler(model);
    for (int s = 0; s < sweeps; s++) {
      sampler.step(rows, c -> random);
    }
    return new Samples(new int[0], rows);
  }

  /** Consecutive visible states of one such chain, the first after so many sweeps. */
  public static Samples trajectory(
      RbmModel model, int count, int sweeps, UniformRandomProvider random) {
    BitRows chain = gibbs(model, 1, sweeps, random).rows();
    RbmSampler sampler = sampler(model);
    BitRows rows = new BitRows(model.visible());
    for (int n = 0; n < count; n++) {
      rows.append(chain, 0);
      sampler.step(chain, c -> random);
    }
    return new Samples(new int[0], rows);
  }

  private static RbmSampler sampler(RbmModel model) {
    RbmSampler sampler = new RbmSampler(model.visible(), model.hidden());
    sampler.load(model);
    return sampler;
  }

  private static LatentCycleSampler sampler(Encoder encoder, LatentCycleModel model) {
    Decoder decoder = new Decoder(model.visible(), model.states());
    decoder.load(model);
    LatentCycleSampler sampler = new LatentCycleSampler(encoder, decoder);
    sampler.load();
    return sampler;
  }

  private static int draw(double[] law, UniformRandomProvider random) {
    double left = random.nextDouble();
    int possible = 0;
    for (int z = 0; z < law.length; z++) {
      possible = law[z] > 0 ? z : possible;
      left -= law[z];
      if (left < 0) {
        return z;
      }
    }
    return possible; // the sum may end an ulp below 1
  }
}
