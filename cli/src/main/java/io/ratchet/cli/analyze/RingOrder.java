package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.Currents.Current;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An order of states around a ring in which strong currents run between neighbours, forwards.
 *
 * <p>Greedy: from the strongest current on, the state it enters is put behind the one it leaves,
 * wherever neither place is taken and no ring closes early. What is left over follows by number.
 */
final class RingOrder {
  private static final int NONE = -1;

  private RingOrder() {}

  /**
   * The order.
   *
   * @param states states to place, ascending
   * @param currents currents among them, strongest first
   */
  static List<Integer> of(int[] states, List<Current> currents) {
    int[] next = new int[states.length];
    int[] first = new int[states.length]; // of the fragment that the state ends
    boolean[] entered = new boolean[states.length];
    int[] last = new int[states.length]; // of the fragment that the state begins
    Arrays.fill(next, NONE);
    Arrays.setAll(first, i -> i);
    Arrays.setAll(last, i -> i);
    for (Current current : currents) {
      int from = Arrays.binarySearch(states, current.from());
      int to = Arrays.binarySearch(states, current.to());
      if (from >= 0 && to >= 0 && next[from] == NONE && !entered[to] && first[from] != to) {
        next[from] = to;
        entered[to] = true;
        int start = first[from];
        int end = last[to];
        last[start] = end;
        first[end] = start;
      }
    }
    List<Integer> order = new ArrayList<>(states.length);
    for (int start = 0; start < states.length; start++) {
      if (!entered[start]) {
        for (int i = start; i != NONE; i = next[i]) {
          order.add(states[i]);
        }
      }
    }
    return order;
  }
}
