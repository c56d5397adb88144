package io.ratchet.trainer.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker's training at one step: enough to continue it with the same bits.
 *
 * @param run run id
 * @param attempt attempt that made it
 * @param worker worker, 0 to workers - 1
 * @param workers number of workers
 * @param step updates applied
 * @param model name of the model
 * @param visible V
 * @param states K
 * @param parameters the parameters; latent-cycle model: W (K x V), b (K), U (V x K), a (V)
 * @param optimizer state of the optimiser, a block for each trained parameter
 * @param chains persistent chains, in the trainer's encoding
 * @param rng state of every random generator, in the trainer's encoding
 * @param data order of and position in the training data, in the trainer's encoding
 * @param sweep number of the next published sweep
 * @param sequence number of the next published gradient update
 * @param gradientOffset where the gradients of the next step can be found at the earliest in the
 *     run's partition of the log, or {@link #NOWHERE}
 * @param seed seed of the run
 * @param settings every effective setting, as text
 */
@SuppressWarnings("ArrayRecordComponent") // made once, written or restored, never compared
public record Snapshot(
    String run,
    int attempt,
    int worker,
    int workers,
    long step,
    String model,
    int visible,
    int states,
    List<NamedArray> parameters,
    List<NamedArray> optimizer,
    byte[] chains,
    byte[] rng,
    byte[] data,
    long sweep,
    long sequence,
    long gradientOffset,
    long seed,
    Map<String, String> settings) {

  /** The place in the log of what is in none. */
  public static final long NOWHERE = -1;

  /**
   * A named array, row-major.
   *
   * @param name its name
   * @param shape its dimensions
   * @param values its values
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record NamedArray(String name, int[] shape, double[] values) {}

  /** The same with more settings, and a place in the log. */
  public Snapshot with(Map<String, String> more, long gradientOffset) {
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.putAll(more);
    return new Snapshot(
        run,
        attempt,
        worker,
        workers,
        step,
        model,
        visible,
        states,
        parameters,
        optimizer,
        chains,
        rng,
        data,
        sweep,
        sequence,
        gradientOffset,
        seed,
        all);
  }

  /** The parameter of this name. */
  public NamedArray parameter(String name) {
    return find("parameters", parameters, name);
  }

  /** The optimiser's block of this name. */
  public NamedArray optimizerBlock(String name) {
    return find("optimizer", optimizer, name);
  }

  private static NamedArray find(String what, List<NamedArray> arrays, String name) {
    return arrays.stream()
        .filter(array -> array.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(what + ": no block '" + name + "'"));
  }
}
