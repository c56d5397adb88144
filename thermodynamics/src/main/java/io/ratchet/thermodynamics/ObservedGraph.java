package io.ratchet.thermodynamics;

/**
 * The undirected graph of the pairs of different states between which a transition was seen.
 *
 * @param pairs edges |E|
 * @param oneWayPairs edges seen in one direction only
 * @param components connected components among the states that have an edge
 * @param cycles independent cycles nu = |E| - |V| + components (cyclomatic number): the degrees of
 *     freedom of irreversibility, as Schnakenberg (1976) counts them; states without an edge add as
 *     many components as vertices and drop out
 * @param jumps transitions that leave their state, the sum of N_ij over i != j
 */
public record ObservedGraph(
    long pairs, long oneWayPairs, long components, long cycles, long jumps) {

  /** Fewer jumps than this times max(1, nu) make a chain frozen. */
  static final int JUMPS_PER_CYCLE = 5;

  /**
   * The graph of the pooled counts.
   *
   * @param counts transition counts
   */
  public static ObservedGraph of(GroupedCounts counts) {
    PairTable table = counts.pairs();
    UnionFind components = new UnionFind(table.states);
    long merges = 0;
    long oneWay = 0;
    for (int pair = 0; pair < table.pairs(); pair++) {
      merges += components.join(table.low[pair], table.high[pair]) ? 1 : 0;
      oneWay += table.forward[pair] == 0 || table.backward[pair] == 0 ? 1 : 0;
    }
    boolean[] touched = new boolean[table.states];
    long vertices = 0;
    for (int[] ends : new int[][] {table.low, table.high}) {
      for (int state : ends) {
        vertices += touched[state] ? 0 : 1;
        touched[state] = true;
      }
    }
    // A forest has |V| - components edges; every edge beyond them closes one independent cycle.
    return new ObservedGraph(
        table.pairs(), oneWay, vertices - merges, table.pairs() - merges, table.jumps);
  }

  /**
   * Whether so few jumps were seen that nothing can be said of the chain: fewer than 5 max(1, nu).
   * Decided before everything else; frozen is not the same as reversible.
   */
  public boolean isFrozen() {
    return jumps < JUMPS_PER_CYCLE * Math.max(1, cycles);
  }
}
