package io.ratchet.trainer.learning;

import io.ratchet.trainer.model.LatentCycleModel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Parameters that are moved by recorded gradients, as training moved them: the applied gradient is
 * the float32 one that was published, so every bit comes back.
 */
public final class GradientReplay {
  private final LatentCycleModel model;
  private final Map<String, RmsProp> optimiser = new LinkedHashMap<>();

  /**
   * Begins at a checkpoint.
   *
   * @param model its parameters; moved from now on
   * @param meanSquares its state of the optimiser, by the parameter's name
   * @param decay the optimiser's decay
   */
  public GradientReplay(LatentCycleModel model, Map<String, double[]> meanSquares, double decay) {
    this.model = model;
    meanSquares.forEach(
        (name, values) -> {
          RmsProp block = new RmsProp(decay, values.length);
          System.arraycopy(values, 0, block.meanSquare(), 0, values.length);
          optimiser.put(name, block);
        });
  }

  /**
   * Applies one update.
   *
   * @param gradient a block of values for each trained parameter
   * @throws IllegalArgumentException if the blocks are not those of the parameters
   */
  public void apply(Map<String, float[]> gradient, double rate) {
    if (!gradient.keySet().equals(optimiser.keySet())) {
      throw new IllegalArgumentException(
          "gradient of " + gradient.keySet() + ", allowed: " + optimiser.keySet());
    }
    optimiser.forEach(
        (name, block) -> {
          float[] values = gradient.get(name);
          if (values.length != block.meanSquare().length) {
            throw new IllegalArgumentException(
                "gradient of "
                    + name
                    + ": "
                    + values.length
                    + " values, allowed: "
                    + block.meanSquare().length);
          }
          double[] wide = new double[values.length];
          for (int j = 0; j < wide.length; j++) {
            wide[j] = values[j];
          }
          block.apply(rate, wide, model.parameter(name).data);
        });
    if (model.kind() == LatentCycleModel.Kind.TIED) {
      model.tie();
    }
  }

  /** Digest of the parameters as they are, to compare with the recorded one of the next update. */
  public long digest() {
    return model.digest();
  }
}
