package io.ratchet.trainer.learning;

import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Locale;

/** How the gradient of the log-likelihood is found. */
public enum Algorithm {
  /** The last two kernels are differentiated, the law of the state before is held fixed. */
  TWO_STEP,
  /** The whole response of the stationary law. */
  FULL,
  /** Expectation-maximisation of a mixture: the limit of the latent-cycle model. */
  EM,
  /** Persistent contrastive divergence. */
  PCD,
  /** The negative phase is the model's own expectation, which the tied model has in closed form. */
  EXACT,
  /** Contrastive divergence: the negative phase starts from the data each time. */
  CD;

  /** Whether it trains this kind of model. */
  public boolean trains(LatentCycleModel.Kind kind) {
    return switch (this) {
      case TWO_STEP, FULL, EM -> kind == LatentCycleModel.Kind.LATENT_CYCLE;
      case PCD -> kind != LatentCycleModel.Kind.LATENT_CYCLE;
      case EXACT -> kind == LatentCycleModel.Kind.TIED;
      case CD -> kind == LatentCycleModel.Kind.RBM;
    };
  }

  /** The algorithm of a model for which none is named. */
  public static Algorithm usual(LatentCycleModel.Kind kind) {
    return kind == LatentCycleModel.Kind.LATENT_CYCLE ? TWO_STEP : PCD;
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
