package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Posterior;
import org.apache.commons.rng.UniformRandomProvider;

/** The kernel of the latent-cycle model: z -> x ~ p(x|z) -> z' ~ p(z'|x). */
public final class LatentCycleSampler implements ChainSampler {

  private final Encoder encoder;
  private final Decoder decoder;
  private final BernoulliPlanes planes;
  private final long[] words;

  /** A sampler of these two conditional laws. */
  public LatentCycleSampler(Encoder encoder, Decoder decoder) {
    this.encoder = encoder;
    this.decoder = decoder;
    this.planes = new BernoulliPlanes(decoder.visible(), decoder.states());
    this.words = new long[BitRows.words(decoder.visible())];
  }

  /** Must be called after the decoder has taken new parameters, before the next sweep. */
  public void load() {
    planes.load(decoder.means());
  }

  /** Puts every chain at the z ~ p(z|x) of a visible state of fair coin flips. */
  public void start(Chains chains, Sweep scratch) {
    BitRows rows = scratch.visible();
    rows.clear();
    int visible = decoder.visible();
    for (int c = 0; c < chains.count(); c++) {
      UniformRandomProvider random = chains.stream(c);
      for (int w = 0; w < words.length; w++) {
        words[w] = random.nextLong() & mask(visible - (w << 6));
      }
      rows.append(words, 0);
      encode(chains, scratch, c);
      chains.states()[c] = scratch.to()[c];
    }
  }

  /** Appends one x ~ p(x|z). */
  public void draw(int z, UniformRandomProvider random, BitRows into) {
    planes.draw(z, random, words);
    into.append(words, 0);
  }

  @Override
  public void step(Chains chains, Sweep sweep) {
    BitRows rows = sweep.visible();
    rows.clear();
    int[] states = chains.states();
    for (int c = 0; c < states.length; c++) {
      sweep.from()[c] = states[c];
      draw(states[c], chains.stream(c), rows);
      encode(chains, sweep, c);
      states[c] = sweep.to()[c];
    }
  }

  /** Logits, posterior and a draw of the new state for row c. */
  private void encode(Chains chains, Sweep sweep, int c) {
    int states = sweep.states();
    double[] p = sweep.posteriors();
    int logit = c * sweep.stride();
    encoder.logits(sweep.visible(), c, sweep.logits(), logit);
    Posterior.scaled(sweep.logits(), logit, states, Posterior.NEGLIGIBLE, p, c * states);
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

  private static long mask(int count) {
    return count >= 64 ? -1L : (1L << count) - 1;
  }
}
