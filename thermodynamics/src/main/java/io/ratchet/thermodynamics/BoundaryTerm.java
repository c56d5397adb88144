package io.ratchet.thermodynamics;

/**
 * The part of Bowker's X2 that comes from where the chains begin and end, B = d' L+ d.
 *
 * <p>Net counts N_ij - N_ji are a flow on the observed graph. With edges weighing 1/(N_ij + N_ji),
 * in which X2 is its squared length, the flow is the sum of two orthogonal ones: one around cycles,
 * and one along a potential, whose squared length is B with d_i = sum_j (N_ij - N_ji), the chains
 * that begin in i less those that end there, and L the Laplacian of the graph with conductances
 * N_ij + N_ji. On a reversible chain every transition adds to a cycle flow by 0 on average,
 * whatever the state that it leaves, so that X2 - B follows chi2_nu for chains of any length; X2
 * itself does when B is small, that is, for chains that are long against the time in which they
 * relax.
 */
final class BoundaryTerm {
  /** Squared relative residual at which the solver has converged. */
  private static final double CONVERGED = 1e-12;

  /**
   * Visits of a pair after which the solver stops, half a second: on large sparse graphs it could
   * go on for as many steps as there are states.
   */
  private static final long MOST_VISITS = 200_000_000;

  private BoundaryTerm() {}

  /**
   * Whether B is at most the limit, by conjugate gradients: their energy grows towards B from
   * below. Where they are stopped early, whether what they have found of it is.
   */
  static boolean isAtMost(PairTable table, double limit) {
    double[] conductance = new double[table.states];
    double[] residual = new double[table.states];
    for (int pair = 0; pair < table.pairs(); pair++) {
      double weight = table.forward[pair] + table.backward[pair];
      double net = table.forward[pair] - table.backward[pair];
      conductance[table.low[pair]] += weight;
      conductance[table.high[pair]] += weight;
      residual[table.low[pair]] += net;
      residual[table.high[pair]] -= net;
    }
    double[] direction = new double[table.states];
    double size = scale(residual, conductance, direction);
    double converged = size * CONVERGED;
    double energy = 0;
    // In exact arithmetic as many steps as states are enough.
    long steps = Math.min(2L * table.states, MOST_VISITS / Math.max(1, table.pairs()));
    for (long step = 0; step < steps && size > converged && energy <= limit; step++) {
      double[] image = laplacian(table, direction);
      double curvature = 0;
      for (int i = 0; i < table.states; i++) {
        curvature += direction[i] * image[i];
      }
      double length = size / curvature;
      energy += length * size;
      for (int i = 0; i < table.states; i++) {
        residual[i] -= length * image[i];
      }
      double[] scaled = new double[table.states];
      double next = scale(residual, conductance, scaled);
      for (int i = 0; i < table.states; i++) {
        direction[i] = scaled[i] + next / size * direction[i];
      }
      size = next;
    }
    return energy <= limit;
  }

  private static double[] laplacian(PairTable table, double[] potential) {
    double[] flow = new double[table.states];
    for (int pair = 0; pair < table.pairs(); pair++) {
      int low = table.low[pair];
      int high = table.high[pair];
      double current =
          (table.forward[pair] + table.backward[pair]) * (potential[low] - potential[high]);
      flow[low] += current;
      flow[high] -= current;
    }
    return flow;
  }

  /** Divides by the diagonal of L; returns the product of the two vectors. */
  private static double scale(double[] residual, double[] conductance, double[] scaled) {
    double product = 0;
    for (int i = 0; i < residual.length; i++) {
      scaled[i] = conductance[i] == 0 ? 0 : residual[i] / conductance[i];
      product += residual[i] * scaled[i];
    }
    return product;
  }
}
