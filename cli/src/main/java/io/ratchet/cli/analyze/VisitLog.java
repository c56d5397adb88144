package io.ratchet.cli.analyze;

import java.util.Arrays;

/**
 * The visits of all chains in the order of time, for what counts cannot tell; up to a limit, beyond
 * which it forgets all.
 */
final class VisitLog {
  /**
   * The usual limit, 8 MB: enough for what convergence diagnostics are asked of, and no more than
   * that.
   */
  static final int LIMIT = 1_000_000;

  private final int limit;
  private int[] chains = new int[1024];
  private int[] states = new int[1024];
  private int size;

  VisitLog(int limit) {
    this.limit = limit;
  }

  /** Whether it still takes visits. */
  boolean isOpen() {
    return states != null;
  }

  void add(long chain, int state) {
    if (states == null) {
      return;
    }
    if (size >= limit || chain >= limit) {
      chains = null;
      states = null;
      return;
    }
    if (size == states.length) {
      chains = Arrays.copyOf(chains, Math.min(limit, 2 * size));
      states = Arrays.copyOf(states, Math.min(limit, 2 * size));
    }
    chains[size] = (int) chain;
    states[size++] = state;
  }

  void clear() {
    size = 0;
  }

  /**
   * The visits chain by chain.
   *
   * @param count number of chains
   * @return [chains][visits], or null if the chains differ in length or there are too many visits
   */
  int[][] byChain(long count) {
    if (states == null || count == 0 || size % count != 0) {
      return null;
    }
    int length = (int) (size / count);
    int[][] visits = new int[(int) count][length];
    int[] filled = new int[(int) count];
    for (int i = 0; i < size; i++) {
      int chain = chains[i];
      if (filled[chain] == length) {
        return null;
      }
      visits[chain][filled[chain]++] = states[i];
    }
    return visits;
  }
}
