package io.ratchet.thermodynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Decomposition of a stationary flux into cycles (Schnakenberg 1976): the net currents are a sum of
 * cycles, each with the current that flows around it and the entropy that one turn produces.
 *
 * <p>Greedy and deterministic: walk from the largest remaining net current along the largest
 * outgoing one until a state repeats, take that cycle with its smallest current as weight, go on
 * until all remaining currents together are at most 1e-12 (one each would not do: among the 45,000
 * pairs of 300 states they can hold 1e-8 of the entropy production). Exact: the weights of the
 * cycles through an edge sum to its net current, and the sum of weight times affinity is the
 * entropy production of the flux. Many decompositions are; this one finds strong cycles first.
 *
 * @param total number of cycles of the decomposition
 * @param strongest the cycles of largest weight, equal ones by their states
 * @param entropyShare share of the flux's entropy production that the listed cycles explain, 0 to
 *     1; absent for a reversible flux
 */
public record Cycles(long total, List<Cycle> strongest, OptionalDouble entropyShare) {
  /** A flux without a net current above this is reversible; its entries sum to 1. */
  private static final double RESIDUE = 1e-12;

  /**
   * One cycle of net currents.
   *
   * @param states the states in the order of the current, from the smallest; the last leads to the
   *     first
   * @param weight current that flows around it, per transition, positive
   * @param affinity sum of ln(F_ij/F_ji) along it, nats per turn, positive; infinite if a step is
   *     never made backwards
   */
  public record Cycle(List<Integer> states, double weight, double affinity) {
    /** Copies the list. */
    public Cycle {
      states = List.copyOf(states);
    }
  }

  /** Copies the list. */
  public Cycles {
    strongest = List.copyOf(strongest);
  }

  /**
   * Decomposes a flux.
   *
   * @param flux a stationary flux: what flows into a state flows out of it
   * @param limit most cycles to list, not negative
   */
  public static Cycles of(Flux flux, int limit) {
    Arguments.checkRange("limit", limit, 0, Integer.MAX_VALUE);
    Outflow[] outflows = new Outflow[flux.states()];
    Arrays.setAll(outflows, state -> Outflow.of(flux, state));

    List<Cycle> cycles = new ArrayList<>();
    int[] path = new int[flux.states()];
    int[] position = new int[flux.states()];
    Arrays.fill(position, -1);
    int start = largest(outflows);
    double residue =
        outflows[start].largest() > RESIDUE
            ? RESIDUE / Arrays.stream(outflows).mapToInt(Outflow::size).sum()
            : RESIDUE;
    for (; outflows[start].largest() > residue; start = largest(outflows)) {
      int length = 0;
      int state = start;
      while (position[state] < 0 && outflows[state].largest() > 0) {
        position[state] = length;
        path[length++] = state;
        state = outflows[state].target();
      }
      int first = position[state];
      for (int i = 0; i < length; i++) {
        position[path[i]] = -1;
      }
      if (first < 0) {
        // A current that leads nowhere is what rounding has left of one that was taken whole.
        outflows[path[length - 1]].take(outflows[path[length - 1]].largest());
        continue;
      }
      cycles.add(take(flux, outflows, Arrays.copyOfRange(path, first, length)));
    }

    cycles.sort(
        Comparator.comparingDouble((Cycle cycle) -> -cycle.weight)
            .thenComparing(Cycle::states, Cycles::compareStates));
    List<Cycle> strongest = cycles.subList(0, Math.min(limit, cycles.size()));
    return new Cycles(cycles.size(), strongest, share(strongest, flux.entropyProduction()));
  }

  private static int largest(Outflow[] outflows) {
    int largest = 0;
    for (int state = 1; state < outflows.length; state++) {
      if (outflows[state].largest() > outflows[largest].largest()) {
        largest = state;
      }
    }
    return largest;
  }

  /** Takes the bottleneck of a closed walk out of all of its currents. */
  private static Cycle take(Flux flux, Outflow[] outflows, int[] states) {
    double weight = Double.POSITIVE_INFINITY;
    for (int state : states) {
      weight = Math.min(weight, outflows[state].largest());
    }
    double affinity = 0;
    int smallest = 0;
    for (int i = 0; i < states.length; i++) {
      int from = states[i];
      int to = states[(i + 1) % states.length];
      affinity += Flux.logRatio(flux.at(from, to), flux.at(to, from));
      outflows[from].take(weight);
      smallest = states[i] < states[smallest] ? i : smallest;
    }
    List<Integer> ordered = new ArrayList<>(states.length);
    for (int i = 0; i < states.length; i++) {
      ordered.add(states[(smallest + i) % states.length]);
    }
    return new Cycle(ordered, weight, affinity);
  }

  private static OptionalDouble share(List<Cycle> listed, double entropyProduction) {
    if (!(entropyProduction > 0 && entropyProduction < Double.POSITIVE_INFINITY)) {
      return OptionalDouble.empty();
    }
    double explained = 0;
    for (Cycle cycle : listed) {
      explained += cycle.weight * cycle.affinity;
    }
    return OptionalDouble.of(Math.min(1, explained / entropyProduction));
  }

  private static int compareStates(List<Integer> a, List<Integer> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = Integer.compare(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  /** The net currents out of one state as a heap: largest first, equal ones by target. */
  private static final class Outflow {
    private final int[] targets;
    private final double[] currents;

    private Outflow(int[] targets, double[] currents) {
      this.targets = targets;
      this.currents = currents;
    }

    static Outflow of(Flux flux, int from) {
      int[] targets = new int[flux.states()];
      double[] currents = new double[flux.states()];
      int length = 0;
      for (int to = 0; to < flux.states(); to++) {
        double current = flux.at(from, to) - flux.at(to, from);
        if (current > 0) {
          targets[length] = to;
          currents[length++] = current;
        }
      }
      Outflow outflow =
          new Outflow(Arrays.copyOf(targets, length), Arrays.copyOf(currents, length));
      for (int i = length / 2 - 1; i >= 0; i--) {
        outflow.siftDown(i);
      }
      return outflow;
    }

    int size() {
      return currents.length;
    }

    double largest() {
      return currents.length == 0 ? 0 : currents[0];
    }

    int target() {
      return targets[0];
    }

    /** Lowers the largest current. */
    void take(double weight) {
      currents[0] -= weight;
      siftDown(0);
    }

    private void siftDown(int index) {
      int parent = index;
      while (2 * parent + 1 < currents.length) {
        int child = 2 * parent + 1;
        if (child + 1 < currents.length && isBefore(child + 1, child)) {
          child++;
        }
        if (!isBefore(child, parent)) {
          return;
        }
        double current = currents[parent];
        currents[parent] = currents[child];
        currents[child] = current;
        int target = targets[parent];
        targets[parent] = targets[child];
        targets[child] = target;
        parent = child;
      }
    }

    private boolean isBefore(int a, int b) {
      return currents[a] > currents[b] || (currents[a] == currents[b] && targets[a] < targets[b]);
    }
  }
}
