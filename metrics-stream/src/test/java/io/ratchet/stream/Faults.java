package io.ratchet.stream;

import java.time.Duration;
import java.util.Locale;
import java.util.Random;

/**
 * How much harm the tests of profile {@code faults} do; the defaults are the size that CI runs.
 *
 * <p>{@code -Dratchet.rounds=100}, {@code -Dratchet.network.minutes=10} and the like set the size,
 * {@code -Dratchet.seed=N} repeats what was done, though not the moment at which a process was hit.
 */
final class Faults {
  /** Rounds of a kind; of those that wait for a session or a broker fewer, see {@link #few}. */
  static final int ROUNDS = Integer.getInteger("ratchet.rounds", 10);

  static final long SEED = Long.getLong("ratchet.seed", new Random().nextLong());

  /** Longest time that anything is waited for. */
  static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Records that a life has committed, at least, before it is harmed. */
  static final int LEAST_RECORDS = 500;

  private Faults() {}

  /**
   * Rounds of harm of which one takes a quarter of a minute or more: 2, and beyond 10 of the others
   * a fifth of them.
   */
  static int few() {
    return Math.max(Math.min(ROUNDS, 2), ROUNDS / 5);
  }

  /** For how long harm of a kind is done at random. */
  static Duration minutes(String kind, int byDefault) {
    return Duration.ofMinutes(Integer.getInteger("ratchet." + kind + ".minutes", byDefault));
  }

  static void say(String what, Object... values) {
    System.out.println("faults, seed " + SEED + ": " + String.format(Locale.ROOT, what, values));
  }
}
