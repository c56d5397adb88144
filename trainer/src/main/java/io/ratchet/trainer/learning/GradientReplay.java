package io.ratchet.trainer.learning;

import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.RbmModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Parameters that are moved by recorded gradients, as training moved them: what was published is
 * what was applied, or averaged over the workers and then applied, so every bit comes back.
 */
public final class GradientReplay {

  /** How one parameter is moved along its gradient. */
  private interface Move {
    void apply(double rate, double[] gradient);
  }

  /** By the parameter's name. */
  private final Map<String, Move> moves = new LinkedHashMap<>();

  private final Map<String, double[]> gradient = new LinkedHashMap<>();
  private final Runnable tie;
  private final LongSupplier digest;

  private GradientReplay(Runnable tie, LongSupplier digest) {
    this.tie = tie;
    this.digest = digest;
  }

  /**
   * Begins at a checkpoint of a latent-cycle or tied model.
   *
   * @param model its parameters; moved from now on
   * @param meanSquares its state of the optimiser, by the parameter's name
   * @param decay the optimiser's decay
   */
  public static GradientReplay of(
      LatentCycleModel model, Map<String, double[]> meanSquares, double decay) {
    boolean isTied = model.kind() == LatentCycleModel.Kind.TIED;
    GradientReplay replay = new GradientReplay(isTied ? model::tie : () -> {}, model::digest);
    meanSquares.forEach(
        (name, values) -> {
          RmsProp block = new RmsProp(decay, values.length);
          System.arraycopy(values, 0, block.meanSquare(), 0, values.length);
          double[] parameter = model.parameter(name).data;
          replay.gradient.put(name, new double[values.length]);
          replay.moves.put(name, (rate, g) -> block.apply(rate, g, parameter));
        });
    return replay;
  }

  /**
   * Begins at a checkpoint of a restricted Boltzmann machine.
   *
   * @param model its parameters; moved from now on
   */
  public static GradientReplay of(RbmModel model) {
    GradientReplay replay = new GradientReplay(() -> {}, model::digest);
    for (String name : RbmModel.PARAMETERS) {
      double[] parameter = model.parameter(name).data;
      replay.gradient.put(name, new double[parameter.length]);
      replay.moves.put(name, (rate, g) -> RbmLearner.climb(rate, g, parameter));
    }
    return replay;
  }

  /**
   * Applies one update.
   *
   * @param workers of each worker, in order, a block of values for each trained parameter
   * @throws IllegalArgumentException if the blocks are not those of the parameters
   */
  public void apply(List<Map<String, float[]>> workers, double rate) {
    for (Map<String, float[]> blocks : workers) {
      Set<String> names = moves.keySet();
      if (!blocks.keySet().equals(names)) {
        throw new IllegalArgumentException(
            "gradient of " + blocks.keySet() + ", allowed: " + names);
      }
    }
    gradient.forEach((name, mean) -> Gradient.mean(workers, name, mean));
    moves.forEach((name, move) -> move.apply(rate, gradient.get(name)));
    tie.run();
  }

  /** Digest of the parameters as they are, to compare with the recorded one of the next update. */
  public long digest() {
    return digest.getAsLong();
  }
}
