package io.ratchet.trainer.learning;

import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is counted as a state of the watched chain. It decides on the entropy production. */
public enum WatchedState {
  /** The latent state of the latent-cycle and the tied model. */
  LATENT,
  /** The prototype of the data nearest to the visible layer. */
  PROTOTYPE,
  /** The likeliest of the first K hidden units, given the visible layer. */
  ARGMAX,
  /** The class that a classifier reads from the visible layer. */
  CLASS;

  /** Whether a model has it: each publishes one layer only. */
  public boolean suits(LatentCycleModel.Kind kind) {
    return (this == LATENT) == (kind != LatentCycleModel.Kind.RBM);
  }

  /** That of a model for which none is named. */
  public static WatchedState usual(LatentCycleModel.Kind kind) {
    return kind == LatentCycleModel.Kind.RBM ? PROTOTYPE : LATENT;
  }

  /** The state of this name, or null. */
  public static WatchedState of(String name) {
    return Arrays.stream(values()).filter(s -> s.toString().equals(name)).findAny().orElse(null);
  }

  /** The names that suit a model, for messages. */
  public static String allowed(LatentCycleModel.Kind kind) {
    return Arrays.stream(values())
            .filter(state -> state.suits(kind))
            .map(WatchedState::toString)
            .collect(Collectors.joining(" or "))
        + " for --model "
        + kind;
  }

  /** The name used in settings and records. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
