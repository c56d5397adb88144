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
  private final Team team;

  /** Room for a padded row, one for each member of the team. */
  private final double[][] posterior;

  /** A sampler of these two conditional laws. */
  public LatentCycleSampler(Encoder encoder, Decoder decoder) {
    this(encoder, decoder, Team.ALONE);
  }

  /** A sampler of these two conditional laws that many threads work at; the same bits for any. */
  public LatentCycleSampler(Encoder encoder, Decoder decoder, Team team) {
    this.team = team;
    this.encoder = encoder;
    this.decoder = decoder;
    this.planes = new BernoulliPlanes(decoder.visible(), decoder.states());
    this.words = new long[BitRows.words(decoder.visible())];
    this.posterior = new double[team.size()][encoder.stride()];
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
    encode(chains, scratch);
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
    System.arraycopy(latent, 0, sweep.from(), 0, latent.length);
    for (int c = 0; c < latent.length; c++) {
      draw(latent[c], chains.stream(c), rows);
    }
    encode(chains, sweep);
  }

  private void encode(Chains chains, Sweep sweep) {
    team.each(
        chains.count(),
        (member, first, end) -> encode(chains, sweep, first, end, posterior[member]));
  }

  /** Logits, posteriors and a draw of the new state of some chains, pass by pass. */
  private void encode(Chains chains, Sweep sweep, int first, int end, double[] row) {
    int states = sweep.states();
    int stride = sweep.stride();
    double[] logits = sweep.logits();
    for (int c = first; c < end; c++) {
      encoder.logits(chains.visible(), c, logits, c * stride);
    }
    for (int c = first; c < end; c++) {
      double largest = Lanes.BEST.largest(logits, c * stride, states);
      Lanes.BEST.softmax(logits, c * stride, states, largest, Posterior.EXACT, row, 0);
      System.arraycopy(row, 0, sweep.posteriors(), c * states, states);
    }
    for (int c = first; c < end; c++) {
      int to = draw(sweep.posteriors(), c * states, states, chains.stream(c).nextDouble());
      sweep.to()[c] = to;
      chains.latent()[c] = to;
    }
  }

  /** The first state whose cumulated probability is above u. */
  private static int draw(double[] p, int from, int states, double u) {
    double cumulative = 0;
    long to = 0;
    for (int y = from; y < from + states; y++) {
      cumulative += p[y];
      // 1 while u is not below, without a branch to be guessed: the sign of the difference.
      to += 1 - (Double.doubleToRawLongBits(u - cumulative) >>> 63);
    }
    if (to < states) {
      return (int) to;
    }
    int last = states - 1; // the sum may end an ulp below 1
    while (p[from + last] == 0) {
      last--;
    }
    return last;
  }
}
