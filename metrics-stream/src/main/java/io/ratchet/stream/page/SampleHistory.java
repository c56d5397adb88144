package io.ratchet.stream.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Samples over the steps of a run: the latest, and older ones at even distances of steps, of which
 * every other goes when there are too many. Not safe for concurrent use; {@link RunHistory} guards
 * it.
 */
final class SampleHistory {
  /** Between half of it and all of it is held. */
  static final int CAPACITY = 48;

  /**
   * The first few generated examples of one sweep.
   *
   * @param step the sweep's step
   * @param visible number of visible units
   * @param images bit-packed, one for each chain
   * @param from latent state that each was generated from; may be empty
   * @param states latent state of each chain after the sweep; may be empty
   * @param classes class of each, 255 for none; may be empty
   */
  @SuppressWarnings("ArrayRecordComponent") // made once, read for writing JSON, never compared
  record Samples(
      long step, int visible, byte[][] images, int[] from, int[] states, int[] classes) {}

  private final List<Samples> all = new ArrayList<>();
  private long stride = 1;

  /** Takes the next samples; those of a step before the last are left out. */
  void add(Samples samples) {
    long last = latest().map(Samples::step).orElse(-1L);
    if (samples.step() < last) {
      return;
    }
    if (last >= 0 && samples.step() / stride == last / stride) {
      all.remove(all.size() - 1);
    }
    all.add(samples);
    while (all.size() > CAPACITY) {
      stride *= 2;
      for (int at = all.size() - 2; at >= 0; at--) {
        if (all.get(at).step() / stride == all.get(at + 1).step() / stride) {
          all.remove(at);
        }
      }
    }
  }

  /** Forgets steps from {@code step} on. */
  void truncate(long step) {
    all.removeIf(samples -> samples.step() >= step);
  }

  /** In ascending order of their steps. */
  List<Samples> all() {
    return all;
  }

  Optional<Samples> latest() {
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }
}
