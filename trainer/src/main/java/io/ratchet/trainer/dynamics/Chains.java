package io.ratchet.trainer.dynamics;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.commons.rng.JumpableUniformRandomProvider;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * The state of C persistent chains: the latent state of each, and the random stream of each.
 *
 * <p>Every chain has a stream of its own, 2^128 draws away from the next (xoshiro256++ and its
 * jump), so that its path does not depend on how many other chains there are or on which thread
 * moves it.
 */
public final class Chains {

  private static final RandomSource GENERATOR = RandomSource.XO_SHI_RO_256_PP;

  private final int[] states;
  private final UniformRandomProvider[] streams;

  private Chains(int[] states, UniformRandomProvider[] streams) {
    this.states = states;
    this.streams = streams;
  }

  /**
   * Chains not yet in any state (all 0).
   *
   * @param count C
   * @param seed one seed for all streams
   */
  public static Chains of(int count, long seed) {
    JumpableUniformRandomProvider source = (JumpableUniformRandomProvider) GENERATOR.create(seed);
    UniformRandomProvider[] streams = new UniformRandomProvider[count];
    for (int c = 0; c < count; c++) {
      streams[c] = source.jump(); // a copy from before the jump
    }
    return new Chains(new int[count], streams);
  }

  /** C. */
  public int count() {
    return states.length;
  }

  /** Latent state of chain i at position i, live. */
  public int[] states() {
    return states;
  }

  /** Random stream of a chain. */
  public UniformRandomProvider stream(int chain) {
    return streams[chain];
  }

  /** The states as int32 little-endian, chain by chain. */
  public byte[] saveStates() {
    ByteBuffer bytes = ByteBuffer.allocate(4 * states.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(states);
    return bytes.array();
  }

  /** Takes back what {@link #saveStates} gave, for chains of {@code limit} states. */
  public void restoreStates(byte[] saved, int limit) {
    if (saved.length != 4 * states.length) {
      throw new IllegalArgumentException(
          "chains: " + saved.length + " bytes, allowed: " + 4 * states.length);
    }
    ByteBuffer.wrap(saved).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(states);
    for (int state : states) {
      if (state < 0 || state >= limit) {
        throw new IllegalArgumentException("chain in state " + state + " of " + limit);
      }
    }
  }
}
