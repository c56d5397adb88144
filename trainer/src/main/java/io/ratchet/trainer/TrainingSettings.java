package io.ratchet.trainer;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.learning.WatchedState;
import io.ratchet.trainer.model.LatentCycleModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a run is trained with. The defaults are the recipe of theory.md, known to work on MNIST.
 *
 * @param model which model
 * @param algorithm how its gradient is found; null for the usual one of the model
 * @param state what is counted as a state; null for the usual of the model
 * @param states K, 1 to 1,024: how many of them
 * @param hidden hidden units of an rbm; of no meaning for other models
 * @param updates T, updates of the whole run
 * @param batch B, examples of a minibatch; EM reads all examples in each update
 * @param chains C, persistent chains
 * @param sweeps sweeps of every chain before each update
 * @param learningRate rate before it is lowered, of RMSprop or, for an rbm, of plain steps; of no
 *     meaning for EM
 * @param decay decay of RMSprop's mean square, in [0, 1)
 * @param holdShare share of the updates before the rate falls, in [0, 1)
 * @param finalRate rate at the end as a share of {@code learningRate}, in (0, 1]
 * @param seed seed of every random generator of the run
 * @param publishEvery sweeps of steps divisible by it are published
 * @param observeEvery published sweeps of steps divisible by it carry path entropies, soft counts
 *     and classes
 * @param recordGradients whether every gradient is published with its values
 */
public record TrainingSettings(
    LatentCycleModel.Kind model,
    Algorithm algorithm,
    WatchedState state,
    int states,
    int hidden,
    long updates,
    int batch,
    int chains,
    int sweeps,
    double learningRate,
    double decay,
    double holdShare,
    double finalRate,
    long seed,
    int publishEvery,
    int observeEvery,
    boolean recordGradients) {

  /** Largest K: two bytes hold a state, and K^2 counts stay publishable. */
  public static final int MAX_STATES = 1_024;

  /** Weights K x V of one matrix; tables of partial sums take 32 bytes for each. */
  static final int MAX_WEIGHTS = 1 << 22;

  /** Checks every setting. */
  public TrainingSettings {
    if (model == null) {
      throw new InputException("--model: missing, allowed: " + LatentCycleModel.Kind.NAMES);
    }
    algorithm = algorithm == null ? Algorithm.usual(model) : algorithm;
    require("algorithm", algorithm.trains(model), algorithm, allowed(model));
    state = state == null ? WatchedState.usual(model) : state;
    require("state", state.suits(model), state, WatchedState.allowed(model));
    require("k", states, 1, MAX_STATES);
    require("hidden", hidden, 1, BitRows.MAX_VISIBLE);
    require(
        "k",
        state != WatchedState.ARGMAX || states <= hidden,
        states,
        "at most " + hidden + ", the hidden units, with --state argmax");
    require("updates", updates, 1, 1_000_000_000_000L);
    require("batch", batch, 1, 1_000_000);
    require("chains", chains, 1, 65_536);
    require("sweeps", sweeps, 1, 10_000);
    require("publish-every", publishEvery, 1, Integer.MAX_VALUE);
    require("observe-every", observeEvery, 1, Integer.MAX_VALUE);
    require("learning-rate", learningRate > 0 && learningRate <= 10, learningRate, "above 0 to 10");
    require("decay", decay >= 0 && decay < 1, decay, "0 to below 1");
    require("hold-share", holdShare >= 0 && holdShare < 1, holdShare, "0 to below 1");
    require("final-rate", finalRate > 0 && finalRate <= 1, finalRate, "above 0 to 1");
  }

  private static void require(String option, long value, long least, long most) {
    require(
        option,
        value >= least && value <= most,
        value,
        String.format(Locale.ROOT, "%,d to %,d", least, most));
  }

  private static void require(String option, boolean fine, Object value, String allowed) {
    if (!fine) {
      throw new InputException("--" + option + ": " + value + ", allowed: " + allowed);
    }
  }

  /** The names of the algorithms for a model, for messages. */
  public static String allowed(LatentCycleModel.Kind model) {
    return Arrays.stream(Algorithm.values())
            .filter(algorithm -> algorithm.trains(model))
            .map(Algorithm::toString)
            .collect(Collectors.joining(" or "))
        + " for --model "
        + model;
  }

  /**
   * Rate of the update that follows {@code step} others: held, then lowered geometrically; of EM 1,
   * as every step goes all the way.
   */
  public double rate(long step) {
    if (algorithm == Algorithm.EM) {
      return 1;
    }
    double share = (double) step / updates;
    return share > holdShare
        ? learningRate * StrictMath.pow(finalRate, (share - holdShare) / (1 - holdShare))
        : learningRate;
  }

  /** Every setting as text, by the name of its option; {@link #of} reads it back. */
  public Map<String, String> toMap() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("model", model.toString());
    map.put("state", state.toString());
    map.put("k", Integer.toString(states));
    if (model == LatentCycleModel.Kind.RBM) {
      map.put("hidden", Integer.toString(hidden));
    }
    map.put("updates", Long.toString(updates));
    map.put("batch", Integer.toString(batch));
    map.put("chains", Integer.toString(chains));
    map.put("sweeps", Integer.toString(sweeps));
    map.put("learning-rate", Double.toString(learningRate));
    map.put("decay", Double.toString(decay));
    map.put("hold-share", Double.toString(holdShare));
    map.put("final-rate", Double.toString(finalRate));
    map.put("seed", Long.toString(seed));
    map.put("publish-every", Integer.toString(publishEvery));
    map.put("observe-every", Integer.toString(observeEvery));
    map.put("record-gradients", Boolean.toString(recordGradients));
    map.put("algorithm", algorithm.toString());
    return map;
  }

  /** The settings that {@link #toMap} wrote; other keys are left alone. */
  public static TrainingSettings of(Map<String, String> map) {
    try {
      return builder()
          .model(LatentCycleModel.Kind.of(map.get("model")))
          .algorithm(Algorithm.of(map.get("algorithm")))
          .state(WatchedState.of(map.get("state"))) // none in records of before there was a choice
          .states(Integer.parseInt(map.get("k")))
          .hidden(Integer.parseInt(map.getOrDefault("hidden", "100")))
          .updates(Long.parseLong(map.get("updates")))
          .batch(Integer.parseInt(map.get("batch")))
          .chains(Integer.parseInt(map.get("chains")))
          .sweeps(Integer.parseInt(map.get("sweeps")))
          .learningRate(Double.parseDouble(map.get("learning-rate")))
          .decay(Double.parseDouble(map.get("decay")))
          .holdShare(Double.parseDouble(map.get("hold-share")))
          .finalRate(Double.parseDouble(map.get("final-rate")))
          .seed(Long.parseLong(map.get("seed")))
          .publishEvery(Integer.parseInt(map.get("publish-every")))
          .observeEvery(Integer.parseInt(map.get("observe-every")))
          .recordGradients(Boolean.parseBoolean(map.get("record-gradients")))
          .build();
    } catch (NumberFormatException | NullPointerException e) {
      throw new InputException("settings: a number is missing or damaged in " + map, e);
    }
  }

  /** The recipe, to be changed. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings; starts as the recipe. */
  public static final class Builder {
    private LatentCycleModel.Kind model = LatentCycleModel.Kind.LATENT_CYCLE;
    private Algorithm algorithm;
    private WatchedState state;
    private int states = 10;
    private int hidden = 100;
    private long updates = 3_000;
    private int batch = 500;
    private int chains = 100;
    private int sweeps = 1;
    private double learningRate = 0.01;
    private double decay = 0.9;
    private double holdShare = 0.6;
    private double finalRate = 0.02;
    private long seed = 1;
    private int publishEvery = 1;
    private int observeEvery = 10;
    private boolean recordGradients;

    private Builder() {}

    /** Sets {@link TrainingSettings#model}. */
    public Builder model(LatentCycleModel.Kind value) {
      model = value;
      return this;
    }

    /** Sets {@link TrainingSettings#algorithm}. */
    public Builder algorithm(Algorithm value) {
      algorithm = value;
      return this;
    }

    /** Sets {@link TrainingSettings#state}. */
    public Builder state(WatchedState value) {
      state = value;
      return this;
    }

    /** Sets {@link TrainingSettings#states}. */
    public Builder states(int value) {
      states = value;
      return this;
    }

    /** Sets {@link TrainingSettings#hidden}. */
    public Builder hidden(int value) {
      hidden = value;
      return this;
    }

    /** Sets {@link TrainingSettings#updates}. */
    public Builder updates(long value) {
      updates = value;
      return this;
    }

    /** Sets {@link TrainingSettings#batch}. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Sets {@link TrainingSettings#chains}. */
    public Builder chains(int value) {
      chains = value;
      return this;
    }

    /** Sets {@link TrainingSettings#sweeps}. */
    public Builder sweeps(int value) {
      sweeps = value;
      return this;
    }

    /** Sets {@link TrainingSettings#learningRate}. */
    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    /** Sets {@link TrainingSettings#decay}. */
    public Builder decay(double value) {
      decay = value;
      return this;
    }

    /** Sets {@link TrainingSettings#holdShare}. */
    public Builder holdShare(double value) {
      holdShare = value;
      return this;
    }

    /** Sets {@link TrainingSettings#finalRate}. */
    public Builder finalRate(double value) {
      finalRate = value;
      return this;
    }

    /** Sets {@link TrainingSettings#seed}. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Sets {@link TrainingSettings#publishEvery}. */
    public Builder publishEvery(int value) {
      publishEvery = value;
      return this;
    }

    /** Sets {@link TrainingSettings#observeEvery}. */
    public Builder observeEvery(int value) {
      observeEvery = value;
      return this;
    }

    /** Sets {@link TrainingSettings#recordGradients}. */
    public Builder recordGradients(boolean value) {
      recordGradients = value;
      return this;
    }

    /** The settings, checked. */
    public TrainingSettings build() {
      return new TrainingSettings(
          model,
          algorithm,
          state,
          states,
          hidden,
          updates,
          batch,
          chains,
          sweeps,
          learningRate,
          decay,
          holdShare,
          finalRate,
          seed,
          publishEvery,
          observeEvery,
          recordGradients);
    }
  }
}
