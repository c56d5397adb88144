package io.ratchet.thermodynamics;

import org.apache.commons.rng.UniformRandomProvider;

/** Draws from a discrete law in constant time (Walker 1977). */
final class Alias {
  private final double[] keep;
  private final int[] other;

  Alias(double[] law) {
    int size = law.length;
    keep = new double[size];
    other = new int[size];
    int[] small = new int[size];
    int[] large = new int[size];
    int smalls = 0;
    int larges = 0;
    for (int i = 0; i < size; i++) {
      keep[i] = law[i] * size;
      other[i] = i;
      if (keep[i] < 1) {
        small[smalls++] = i;
      } else {
        large[larges++] = i;
      }
    }
    while (smalls > 0 && larges > 0) {
      int poor = small[--smalls];
      int rich = large[larges - 1];
      other[poor] = rich;
      keep[rich] -= 1 - keep[poor];
      if (keep[rich] < 1) {
        small[smalls++] = large[--larges];
      }
    }
    while (smalls > 0) {
      keep[small[--smalls]] = 1; // what rounding left below 1
    }
  }

  int draw(UniformRandomProvider random) {
    double u = random.nextDouble() * keep.length;
    int i = (int) u;
    return u - i < keep[i] ? i : other[i];
  }
}
