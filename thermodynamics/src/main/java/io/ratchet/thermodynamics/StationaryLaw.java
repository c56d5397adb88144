package io.ratchet.thermodynamics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Stationary law pi of a Markov kernel, pi_j = sum_i pi_i P_ij, by the elimination of Grassmann,
 * Taksar and Heyman (1985).
 *
 * <p>GTH never subtracts, so every pi_i keeps a relative accuracy near 1e-16 times K however nearly
 * reducible the kernel is, where power iteration and eigen-solvers lose all digits.
 */
public final class StationaryLaw {
  /** How far a row may sum from 1. */
  private static final double ROW_TOLERANCE = 1e-6;

  private StationaryLaw() {}

  /**
   * The stationary law of a kernel with one closed class of states; states outside of it are
   * transient and get probability 0.
   *
   * @param kernel K x K, row = state that is left; not negative, rows sum to 1
   * @return K probabilities
   * @throws IllegalArgumentException if there are several closed classes, so that no law is unique
   */
  public static double[] of(double[][] kernel) {
    int states = checkKernel(kernel);
    List<int[]> closed = closedClasses(kernel);
    if (closed.size() > 1) {
      throw new IllegalArgumentException(
          "the kernel of %d states has %d closed classes, so its stationary law is not unique"
              .formatted(states, closed.size()));
    }
    double[] law = new double[states];
    int[] members = closed.get(0);
    double[] within = eliminate(restrict(kernel, members));
    for (int i = 0; i < members.length; i++) {
      law[members[i]] = within[i];
    }
    return law;
  }

  /**
   * GTH elimination of an irreducible kernel; only the entries off the diagonal are read, and the
   * matrix is used as scratch space.
   */
  static double[] eliminate(double[][] kernel) {
    int states = kernel.length;
    double[] leaving = new double[states];
    for (int last = states - 1; last > 0; last--) {
      for (int j = 0; j < last; j++) {
        leaving[last] += kernel[last][j];
      }
      for (int j = 0; j < last && leaving[last] > 0; j++) {
        kernel[last][j] /= leaving[last];
      }
      for (int i = 0; i < last; i++) {
        // Censoring on 0..last-1: what went into `last` comes out where `last` leads to.
        double through = kernel[i][last];
        if (through > 0) {
          for (int j = 0; j < last; j++) {
            kernel[i][j] += through * kernel[last][j];
          }
        }
      }
    }
    double[] law = new double[states];
    law[0] = 1;
    for (int j = 1; j < states; j++) {
      double entering = 0;
      for (int i = 0; i < j; i++) {
        entering += law[i] * kernel[i][j];
      }
      // The law of 0..j, from that of 0..j-1: law_j leaving = (1 - law_j) entering. Of sum 1 at
      // each
      // step, so that states whose probabilities differ by more than 1e308 do not overflow.
      double both = entering + leaving[j];
      if (both > 0) {
        law[j] = entering / both;
        for (int i = 0; i < j; i++) {
          law[i] *= leaving[j] / both;
        }
      }
    }
    return law;
  }

  private static int checkKernel(double[][] kernel) {
    int states = kernel.length;
    Arguments.checkRange("states", states, 1, Integer.MAX_VALUE);
    for (int from = 0; from < states; from++) {
      Arguments.checkRange("entries of row " + from, kernel[from].length, states, states);
      double sum = 0;
      for (int to = 0; to < states; to++) {
        if (!(kernel[from][to] >= 0)) {
          throw new IllegalArgumentException(
              "kernel %d -> %d is %s; it must not be negative"
                  .formatted(from, to, kernel[from][to]));
        }
        sum += kernel[from][to];
      }
      if (!(Math.abs(sum - 1) <= ROW_TOLERANCE)) {
        throw new IllegalArgumentException(
            "row %d of the kernel sums to %s; it must sum to 1".formatted(from, sum));
      }
    }
    return states;
  }

  private static double[][] restrict(double[][] kernel, int[] members) {
    double[][] within = new double[members.length][members.length];
    for (int i = 0; i < members.length; i++) {
      for (int j = 0; j < members.length; j++) {
        within[i][j] = kernel[members[i]][members[j]];
      }
    }
    return within;
  }

  /** Strongly connected components that no transition leaves (Tarjan 1972, without recursion). */
  private static List<int[]> closedClasses(double[][] kernel) {
    int states = kernel.length;
    int[] order = new int[states]; // 1, 2, ... as the states are met; 0 not yet
    int[] reach = new int[states]; // the earliest state of the open ones that can be reached
    int[] next = new int[states]; // where the search of a row goes on
    int[] component = new int[states];
    Arrays.fill(component, -1);
    Deque<Integer> open = new ArrayDeque<>();
    Deque<Integer> path = new ArrayDeque<>();
    List<int[]> closed = new ArrayList<>();
    int met = 0;
    int components = 0;
    for (int root = 0; root < states; root++) {
      if (order[root] > 0) {
        continue;
      }
      path.push(root);
      while (!path.isEmpty()) {
        int state = path.peek();
        if (order[state] == 0) {
          order[state] = reach[state] = ++met;
          open.push(state);
        }
        if (next[state] < states) {
          int to = next[state]++;
          if (kernel[state][to] > 0 && component[to] < 0) {
            if (order[to] == 0) {
              path.push(to);
            } else {
              reach[state] = Math.min(reach[state], order[to]);
            }
          }
          continue;
        }
        path.pop();
        if (!path.isEmpty()) {
          reach[path.peek()] = Math.min(reach[path.peek()], reach[state]);
        }
        if (reach[state] == order[state]) {
          List<Integer> members = new ArrayList<>();
          int member;
          do {
            member = open.pop();
            component[member] = components;
            members.add(member);
          } while (member != state);
          components++;
          if (isClosed(kernel, members, component)) {
            closed.add(members.stream().mapToInt(Integer::intValue).sorted().toArray());
          }
        }
      }
    }
    return closed;
  }

  private static boolean isClosed(double[][] kernel, List<Integer> members, int[] component) {
    int own = component[members.get(0)];
    for (int from : members) {
      for (int to = 0; to < kernel.length; to++) {
        if (kernel[from][to] > 0 && component[to] != own) {
          return false;
        }
      }
    }
    return true;
  }
}
