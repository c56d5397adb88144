package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Lanes;
import io.ratchet.trainer.model.Posterior;
import org.apache.commons.rng.UniformRandomProvider;

/** The kernel of the latent-cycle model: z -> x ~ p(x|z) -> z' ~ p(z'|x). */
public final class LatentCycleSampler implements ChainSampler {

  private final Encoder encoder;
  private final Decoder decoder;
  private final BernoulliPlanes planes;
  private final long[] words;
  private final double[] posterior;

  /** A sampler of these two conditional laws. */
  public LatentCycleSampler(Encoder encoder, Decoder decoder) {
    this.encoder = encoder;
    this.decoder = decoder;
    this.planes = new BernoulliPlanes(decoder.visible(), decoder.states());
    this.words = new long[BitRows.words(decoder.visible())];
    this.posterior = new double[encoder.stride()];
  }

  /** Must be called after the decoder has taken new parameters, before the next sweep. */
  public void load() {
    planes.load(decoder.means());
  }

  /**
   * Draws z ~ p(z|x) for the x that each chain holds.
   *
   * <p>Not carried over is the z' of the last sweep, which the parameters before the update drew
   * from the same x. With one sweep an update, carrying it over feeds every correction of the
   * encoder back one update late, and learning settles on slow chains: on MNIST a self-transition
   * of 0.67 to 0.71 (seeds 1 to 4 of the recipe) and not 0.001 to 0.007, at the same likelihood.
   */
  @Override
  public void begin(Chains chains, Sweep scratch) {
    for (int c = 0; c < chains.count(); c++) {
      encode(chains, scratch, c);
      chains.latent()[c] = scratch.to()[c];
    }
  }

  /** Appends one x ~ p(x|z). */
  public void draw(int z, UniformRandomProvider random, BitRows into) {
    planes.draw(z, random, words);
    into.append(words, 0);
  }

  @Override
  public void step(Chains chains, Sweep sweep) {
    BitRows rows = chains.visible();
    rows.clear();
    int[] latent = chains.latent();
    for (int c = 0; c < latent.length; c++) {
      sweep.from()[c] = latent[c];
      draw(latent[c], chains.stream(c), rows);
      encode(chains, sweep, c);
      latent[c] = sweep.to()[c];
    }
  }

  /** Logits, posterior and a draw of the new state for row c. */
  private void encode(Chains chains, Sweep sweep, int c) {
    int states = sweep.states();
    double[] p = sweep.posteriors();
    int logit = c * sweep.stride();
    encoder.logits(chains.visible(), c, sweep.logits(), logit);
    double[] logits = sweep.logits();
    double largest = Lanes.BEST.largest(logits, logit, states);
    Lanes.BEST.softmax(logits, logit, states, largest, Posterior.EXACT, posterior, 0);
    System.arraycopy(posterior, 0, p, c * states, states);
    double u = chains.stream(c).nextDouble();
    double cumulative = 0;
    int to = -1;
    int possible = 0;
    for (int y = 0; y < states && to < 0; y++) {
      double probability = p[c * states + y];
      cumulative += probability;
      possible = probability > 0 ? y : possible;
      to = u < cumulative ? y : -1;
    }
    sweep.to()[c] = to < 0 ? possible : to; // the sum may end an ulp below 1
  }
}
