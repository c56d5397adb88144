package io.ratchet.thermodynamics;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.ejml.data.Complex_F64;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Stationary probability flux of a Markov chain: F_ij = pi_i P_ij, the probability that a
 * transition goes from i to j. Its row sums equal its column sums, both are the stationary law, and
 * all entries sum to 1 (to 0 for a chain never seen).
 *
 * <p>What is computed here is exact for the given flux; what a sample says of a chain is the matter
 * of {@link EntropyProduction}. Immutable; K x K numbers of memory.
 */
public final class Flux {
  /** Largest number of states: a matrix of 128 MiB. Its stationary law takes K^3 steps. */
  public static final int MAX_STATES = 4_096;

  /** Eigenvalues within this of the unit circle count as on it: the accuracy of the solver. */
  private static final double UNIT_MARGIN = 1e-12;

  /** The 1/2 given to both directions of each pair that was seen. */
  private static final double PSEUDO_COUNT = 0.5;

  private final int states;
  private final double[] flux;

  private Flux(int states, double[] flux) {
    this.states = states;
    this.flux = flux;
  }

  /**
   * A given flux.
   *
   * @param flux K x K, row = state that is left; finite, not negative
   */
  public static Flux of(double[][] flux) {
    int states = flux.length;
    Arguments.checkRange("states", states, 1, MAX_STATES);
    double[] cells = new double[states * states];
    for (int from = 0; from < states; from++) {
      Arguments.checkRange("entries of row " + from, flux[from].length, states, states);
      for (int to = 0; to < states; to++) {
        double value = flux[from][to];
        if (!(value >= 0 && value <= Double.MAX_VALUE)) {
          throw new IllegalArgumentException(
              "flux %d -> %d is %s; it must be finite and not negative".formatted(from, to, value));
        }
        cells[from * states + to] = value;
      }
    }
    return new Flux(states, cells);
  }

  /**
   * The flux of a kernel in its stationary law.
   *
   * @param kernel K x K, row = state that is left; not negative, rows sum to 1, one closed class
   * @throws IllegalArgumentException if the stationary law is not unique
   */
  public static Flux ofKernel(double[][] kernel) {
    double[] law = StationaryLaw.of(kernel);
    int states = law.length;
    double[] cells = new double[states * states];
    for (int from = 0; from < states; from++) {
      for (int to = 0; to < states; to++) {
        cells[from * states + to] = law[from] * kernel[from][to];
      }
    }
    return new Flux(states, cells);
  }

  /**
   * The flux that sampled counts suggest, made stationary: N_ij + 1/2 for i != j where the pair was
   * seen in either direction, N_ii as it is, rows normalised to a kernel, its stationary law in
   * each connected component, components weighted by their share of the transitions. States never
   * seen have no flux.
   *
   * @param counts transition counts of at most {@value #MAX_STATES} states; the work grows with the
   *     cube of the largest component
   */
  public static Flux stationarised(TransitionCounts counts) {
    int states = counts.states();
    Arguments.checkRange("states", states, 1, MAX_STATES);
    double[] cells = new double[states * states];
    double n = counts.transitions();
    double[] departures = new double[states];
    UnionFind components = new UnionFind(states);
    counts.forEach(
        (from, to, count) -> {
          departures[from] += count;
          cells[from * states + to] += count;
          if (from != to) {
            components.join(from, to);
            cells[from * states + to] += PSEUDO_COUNT;
            if (counts.count(to, from) == 0) {
              cells[to * states + from] += PSEUDO_COUNT;
            }
          }
        });

    int[] component = new int[states];
    Arrays.setAll(component, components::find);
    for (int root = 0; root < states; root++) {
      if (component[root] == root) {
        int name = root;
        int[] members =
            IntStream.range(root, states).filter(state -> component[state] == name).toArray();
        stationarise(cells, states, members, departures, n);
      }
    }
    return new Flux(states, cells);
  }

  /** Turns the weights of one component into its share of the flux, in place. */
  private static void stationarise(
      double[] cells, int states, int[] members, double[] departures, double n) {
    double share = 0;
    double[][] kernel = new double[members.length][members.length];
    for (int i = 0; i < members.length; i++) {
      share += departures[members[i]];
      double row = 0;
      for (int member : members) {
        row += cells[members[i] * states + member];
      }
      if (row == 0) {
        return; // a single state that was never left or entered
      }
      for (int j = 0; j < members.length; j++) {
        kernel[i][j] = cells[members[i] * states + members[j]] / row;
        cells[members[i] * states + members[j]] = kernel[i][j];
      }
    }
    double[] law = StationaryLaw.eliminate(kernel);
    for (int i = 0; i < members.length; i++) {
      for (int member : members) {
        cells[members[i] * states + member] *= law[i] * share / n;
      }
    }
  }

  /** Number of states K. */
  public int states() {
    return states;
  }

  /**
   * F_ij.
   *
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   */
  public double flux(int from, int to) {
    Arguments.checkRange("from", from, 0, states - 1);
    Arguments.checkRange("to", to, 0, states - 1);
    return at(from, to);
  }

  /**
   * Net current J_ij = F_ij - F_ji, positive if more goes from i to j than back.
   *
   * @param from state i, 0..K-1
   * @param to state j, 0..K-1
   */
  public double current(int from, int to) {
    return flux(from, to) - flux(to, from);
  }

  /** The stationary law: row sums, K probabilities. */
  public double[] stationaryLaw() {
    double[] law = new double[states];
    for (int from = 0; from < states; from++) {
      for (int to = 0; to < states; to++) {
        law[from] += at(from, to);
      }
    }
    return law;
  }

  /** Probability that a transition stays in its state, sum_i F_ii. */
  public double selfTransition() {
    double self = 0;
    for (int state = 0; state < states; state++) {
      self += at(state, state);
    }
    return self;
  }

  /**
   * Entropy production sigma = sum_ij F_ij ln(F_ij/F_ji) in nats per transition; 0 for one or two
   * states, infinite if a transition is never made backwards.
   *
   * <p>Summed by pairs, (F_ij - F_ji) ln(F_ij/F_ji): no term is negative and none cancels another.
   */
  public double entropyProduction() {
    if (states <= 2) {
      return 0; // stationarity alone makes F_01 = F_10; what differs is rounding
    }
    double sum = 0;
    for (int i = 0; i < states; i++) {
      for (int j = i + 1; j < states; j++) {
        double forward = at(i, j);
        double backward = at(j, i);
        if (forward != backward) {
          sum += (forward - backward) * logRatio(forward, backward);
        }
      }
    }
    return sum;
  }

  /**
   * Relaxation time -1/ln|lambda_2| in transitions, lambda_2 the eigenvalue of the kernel P_ij =
   * F_ij/pi_i that is second in modulus: how long the chain remembers.
   *
   * @return the time; absent for a chain of one state, of several components, or with |lambda_2| =
   *     1
   */
  public OptionalDouble relaxationTime() {
    OptionalDouble gap = spectralGap();
    if (gap.isEmpty() || gap.getAsDouble() < UNIT_MARGIN) {
      return OptionalDouble.empty();
    }
    // ln(1 - gap) of a modulus of 0 is -infinity: such a chain forgets at once, in time 0.
    return OptionalDouble.of(-1 / StrictMath.log1p(-gap.getAsDouble()));
  }

  /**
   * Spectral gap 1 - |lambda_2| of the kernel, 0 to 1.
   *
   * @return the gap; absent for a chain of one state or of several components
   */
  public OptionalDouble spectralGap() {
    double[] law = stationaryLaw();
    int[] active = IntStream.range(0, states).filter(state -> law[state] > 0).toArray();
    if (active.length < 2 || !isConnected(active)) {
      return OptionalDouble.empty();
    }
    DMatrixRMaj kernel = new DMatrixRMaj(active.length, active.length);
    for (int i = 0; i < active.length; i++) {
      for (int j = 0; j < active.length; j++) {
        kernel.set(i, j, at(active[i], active[j]) / law[active[i]]);
      }
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen =
        DecompositionFactory_DDRM.eig(active.length, false, false);
    if (!eigen.decompose(kernel)) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(Math.max(0, 1 - secondModulus(eigen)));
  }

  /** Largest modulus of an eigenvalue, the one nearest to 1 left out once. */
  private static double secondModulus(EigenDecomposition_F64<DMatrixRMaj> eigen) {
    int nearest = 0;
    for (int i = 1; i < eigen.getNumberOfEigenvalues(); i++) {
      nearest = distanceToOne(eigen, i) < distanceToOne(eigen, nearest) ? i : nearest;
    }
    double second = 0;
    for (int i = 0; i < eigen.getNumberOfEigenvalues(); i++) {
      if (i != nearest) {
        Complex_F64 value = eigen.getEigenvalue(i);
        second = Math.max(second, StrictMath.hypot(value.real, value.imaginary));
      }
    }
    return second;
  }

  private static double distanceToOne(EigenDecomposition_F64<DMatrixRMaj> eigen, int index) {
    Complex_F64 value = eigen.getEigenvalue(index);
    return StrictMath.hypot(value.real - 1, value.imaginary);
  }

  private boolean isConnected(int[] active) {
    UnionFind components = new UnionFind(states);
    int joined = 1;
    for (int i : active) {
      for (int j : active) {
        joined += at(i, j) > 0 && components.join(i, j) ? 1 : 0;
      }
    }
    return joined == active.length;
  }

  /** F_ij without checks. */
  double at(int from, int to) {
    return flux[from * states + to];
  }

  /** ln(a/b), also where the quotient leaves the range of a double. */
  static double logRatio(double a, double b) {
    double ratio = a / b;
    return ratio > Double.MIN_NORMAL && ratio <= Double.MAX_VALUE
        ? StrictMath.log(ratio)
        : StrictMath.log(a) - StrictMath.log(b);
  }

  @Override
  public String toString() {
    return "Flux[states=%d, entropyProduction=%s]".formatted(states, entropyProduction());
  }
}
