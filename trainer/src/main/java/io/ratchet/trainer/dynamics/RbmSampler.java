package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.FixedPointTable;
import io.ratchet.trainer.model.RbmModel;
import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The kernel of the restricted Boltzmann machine, v -&gt; h ~ p(h|v) -&gt; v' ~ p(v'|h): block
 * Gibbs sampling, reversible for p(v).
 *
 * <p>A layer is drawn for all chains before the other, so that one table at a time is in the cache;
 * every chain draws from its own stream, so that the order changes no bit.
 */
public final class RbmSampler {

  private final FixedPointTable toHidden;
  private final FixedPointTable toVisible;
  private final LayerSampler hiddenSampler;
  private final LayerSampler visibleSampler;
  private final BitRows hidden;

  /** A sampler without parameters yet. */
  public RbmSampler(int visible, int hidden) {
    this.toHidden = new FixedPointTable(visible, hidden);
    this.toVisible = new FixedPointTable(hidden, visible);
    this.hiddenSampler = new LayerSampler(toHidden);
    this.visibleSampler = new LayerSampler(toVisible);
    this.hidden = new BitRows(hidden);
  }

  /** Takes the model's current parameters. */
  public void load(RbmModel model) {
    double[] weights = model.weights().data;
    int outputs = model.hidden();
    toHidden.load(weights, outputs, 1, model.hiddenBias().data);
    toVisible.load(weights, 1, outputs, model.visibleBias().data);
    hiddenSampler.load();
    visibleSampler.load();
  }

  /** The logits of the hidden units, for one set of parameters. */
  public FixedPointTable toHidden() {
    return toHidden;
  }

  /** Moves every row, drawing from the stream of its number: one step of the chain of v. */
  public void step(BitRows rows, Streams streams) {
    int count = rows.size();
    hidden.clear();
    for (int c = 0; c < count; c++) {
      hiddenSampler.draw(rows, c, streams.of(c), hidden);
    }
    rows.clear();
    for (int c = 0; c < count; c++) {
      visibleSampler.draw(hidden, c, streams.of(c), rows);
    }
  }

  /** Moves every chain by one step. */
  public void step(Chains chains) {
    step(chains.visible(), chains::stream);
  }

  /** Appends rows of independent units, p(v_i=1) = sigmoid(b_i): the machine without weights. */
  public static void drawIndependent(double[] b, int count, Streams streams, BitRows rows) {
    long[] words = new long[BitRows.words(b.length)];
    for (int c = 0; c < count; c++) {
      Arrays.fill(words, 0);
      for (int i = 0; i < b.length; i++) {
        if (streams.of(c).nextDouble() < Exponentials.sigmoid(b[i])) {
          words[i >>> 6] |= 1L << i;
        }
      }
      rows.append(words, 0);
    }
  }

  /** The random stream of each chain. */
  public interface Streams {
    /** Stream of chain {@code c}. */
    UniformRandomProvider of(int c);
  }
}
