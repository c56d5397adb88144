package io.ratchet.trainer.dynamics;

import io.ratchet.trainer.data.BitRows;
import java.util.List;
import org.apache.commons.rng.JumpableUniformRandomProvider;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * C persistent chains: the visible state x of each, the latent state z of each, and the random
 * stream of each.
 *
 * <p>What persists from one update to the next is x; z follows from it. Every chain has a stream of
 * its own, 2^128 draws away from the next (xoshiro256++ and its jump), so that its path does not
 * depend on how many other chains there are or on which thread moves it.
 */
public final class Chains {

  private final BitRows visible;
  private final int[] latent;
  private final UniformRandomProvider[] streams;

  private Chains(BitRows visible, int[] latent, UniformRandomProvider[] streams) {
    this.visible = visible;
    this.latent = latent;
    this.streams = streams;
  }

  /**
   * Chains at visible states of fair coin flips.
   *
   * @param count C
   * @param units V
   * @param seed one seed for all streams
   */
  public static Chains start(int count, int units, long seed) {
    return start(0, count, units, seed);
  }

  /**
   * Some of the chains of a larger set: those from {@code first} on, as they would start there.
   *
   * @param first global number of the first
   */
  public static Chains start(int first, int count, int units, long seed) {
    JumpableUniformRandomProvider source =
        (JumpableUniformRandomProvider) RandomSource.XO_SHI_RO_256_PP.create(seed);
    for (int c = 0; c < first; c++) {
      source.jump();
    }
    UniformRandomProvider[] streams = new UniformRandomProvider[count];
    BitRows visible = new BitRows(units);
    long[] words = new long[BitRows.words(units)];
    for (int c = 0; c < count; c++) {
      streams[c] = source.jump(); // a copy from before the jump
      for (int w = 0; w < words.length; w++) {
        words[w] = streams[c].nextLong() & BitRows.mask(units, w);
      }
      visible.append(words, 0);
    }
    return new Chains(visible, new int[count], streams);
  }

  /** C. */
  public int count() {
    return latent.length;
  }

  /** Visible state of chain i as row i, live. */
  public BitRows visible() {
    return visible;
  }

  /** Latent state of chain i at position i, live. */
  int[] latent() {
    return latent;
  }

  /** Random stream of a chain. */
  public UniformRandomProvider stream(int chain) {
    return streams[chain];
  }

  /** The random streams of all chains, in order. */
  public List<UniformRandomProvider> streams() {
    return List.of(streams);
  }

  /** The visible states, chain by chain, each padded to whole bytes, bit i in byte i/8 at i%8. */
  public byte[] save() {
    int width = (visible.visible() + 7) >>> 3;
    byte[] saved = new byte[width * count()];
    for (int c = 0; c < count(); c++) {
      visible.pack(c, saved, width * c);
    }
    return saved;
  }

  /** Takes back what {@link #save} gave. */
  public void restore(byte[] saved) {
    int units = visible.visible();
    int width = (units + 7) >>> 3;
    if (saved.length != width * count()) {
      throw new IllegalArgumentException(
          "chains: " + saved.length + " bytes, allowed: " + width * count());
    }
    visible.clear();
    for (int c = 0; c < count(); c++) {
      long[] words = new long[BitRows.words(units)];
      for (int b = 0; b < width; b++) {
        words[b >>> 3] |= (saved[width * c + b] & 0xffL) << ((b & 7) << 3);
      }
      int last = words.length - 1;
      if ((words[last] & ~BitRows.mask(units, last)) != 0) {
        throw new IllegalArgumentException("chain " + c + " has a unit beyond " + units);
      }
      visible.append(words, 0);
    }
  }
}
