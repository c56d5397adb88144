package io.ratchet.trainer.learning;

import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Locale;

/** How the gradient of the log-likelihood is found. */
public enum Algorithm {
  /** The last two kernels are differentiated, the law of the state before is held fixed. */
  TWO_STEP(LatentCycleModel.Kind.LATENT_CYCLE),
  /** The whole response of the stationary law. */
  FULL(LatentCycleModel.Kind.LATENT_CYCLE),
  /** Persistent contrastive divergence. */
  PCD(LatentCycleModel.Kind.TIED);

  private final LatentCycleModel.Kind model;

  Algorithm(LatentCycleModel.Kind model) {
    this.model = model;
  }

  /** Whether it trains this kind of model. */
  public boolean trains(LatentCycleModel.Kind kind) {
    return model == kind;
  }

  /** The algorithm of a model for which none is named. */
  public static Algorithm usual(LatentCycleModel.Kind kind) {
    return kind == LatentCycleModel.Kind.TIED ? PCD : TWO_STEP;
  }

  /** The algorithm of this name, or null. */
  public static Algorithm of(String name) {
    for (Algorithm algorithm : values()) {
      if (algorithm.toString().equals(name)) {
        return algorithm;
      }
    }
    return null;
  }

  /** The name used in settings and records. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
