package io.ratchet.thermodynamics.validation;

import java.util.ArrayDeque;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * Draws from a finite law in constant time: the alias method of Walker (1977) as laid out by Vose
 * (1991). Probabilities are resolved to 2^-31 / n.
 */
final class Alias {
  private final int[] alias;

  /** Chance, times 2^31, that a slot yields its own index and not its alias. */
  private final long[] keep;

  Alias(double[] law) {
    int n = law.length;
    alias = new int[n];
    keep = new long[n];
    double[] share = new double[n];
    ArrayDeque<Integer> poor = new ArrayDeque<>();
    ArrayDeque<Integer> rich = new ArrayDeque<>();
    for (int i = 0; i < n; i++) {
      share[i] = law[i] * n;
      alias[i] = i;
      (share[i] < 1 ? poor : rich).add(i);
    }
    while (!poor.isEmpty() && !rich.isEmpty()) {
      int small = poor.remove();
      int large = rich.peek();
      keep[small] = Math.round(share[small] * 0x1p31);
      alias[small] = large;
      share[large] -= 1 - share[small];
      if (share[large] < 1) {
        poor.add(rich.remove());
      }
    }
    // What is left holds 1 up to rounding.
    poor.forEach(i -> keep[i] = 1L << 31);
    rich.forEach(i -> keep[i] = 1L << 31);
  }

  int draw(UniformRandomProvider random) {
    long bits = random.nextLong();
    int slot = (int) (((bits >>> 32) * alias.length) >>> 32);
    return (bits & 0x7FFF_FFFFL) < keep[slot] ? slot : alias[slot];
  }
}
