package io.ratchet.thermodynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Entropy production of a Markov chain in nats per transition: sigma = sum_ij F_ij ln(F_ij/F_ji),
 * F_ij the probability flux from i to j; 0 if and only if the chain is reversible.
 *
 * <p>Three estimators that differ in what they are given: {@link #fromCounts sampled counts},
 * {@link #fromSoftCounts soft counts} when the law of the next state is known, and {@link #fromPath
 * path entropies} when whole paths can be weighed. An object of this class holds what one of them
 * found; {@link #estimate} turns it into a value with an interval of any level, {@link #upperBound}
 * and {@link #lowerBound} into one-sided bounds. Groups of chains are the independent units of all
 * of them.
 */
public final class EntropyProduction {
  /** Chains of at least this many transitions have the bias 2 nu/N and the law chi2_nu. */
  public static final int LONG_CHAIN = 50;

  /** A pair whose smaller count is below this cannot show how rare its rarer direction is. */
  private static final int WEAK_COUNT = 5;

  /**
   * Share of a soft value that may come from pairs whose smaller soft count rests on fewer than
   * {@value #WEAK_COUNT} groups. Where few values are above it, 95 % intervals cover 93 % and more;
   * where most are, down to 10 % (docs/validation.md 2).
   */
  private static final double WEAK_SHARE = 0.1;

  /**
   * Boundary term above which chains are called slow, in standard errors: a 95 % interval that far
   * from its place still holds the truth in 92 %.
   */
  private static final double BOUNDARY_ERRORS = 0.5;

  /** The 1/2 added to both counts of a pair; it keeps pairs seen one way finite. */
  private static final double PSEUDO_COUNT = 0.5;

  private final String estimator;
  private final Estimate.Status status;
  private final double plugIn;
  private final double bias;
  private final double centre;
  private final double standardError;
  private final int groups;
  private final boolean neverNegative;
  private final List<String> warnings;

  private EntropyProduction(
      String estimator,
      Estimate.Status status,
      double plugIn,
      double bias,
      double centre,
      double standardError,
      int groups,
      boolean neverNegative,
      List<String> warnings) {
    this.estimator = estimator;
    this.status = status;
    this.plugIn = plugIn;
    this.bias = bias;
    this.centre = centre;
    this.standardError = standardError;
    this.groups = groups;
    this.neverNegative = neverNegative;
    this.warnings = List.copyOf(warnings);
  }

  /**
   * From sampled transition counts N_ij, N in all:
   *
   * <pre>
   * plug-in   s = (1/N) sum_{i&lt;j} (N_ij - N_ji) ln[(N_ij + 1/2)/(N_ji + 1/2)]
   * bias      2 nu/N, nu the independent cycles of the observed graph
   * centre    s - 2 nu/N, reported clipped at 0
   * error     max(SE_delta, SE_jackknife, SE_null), SE_null = sqrt(8 nu)/N
   * </pre>
   *
   * <p>On a reversible chain N s/2 follows chi2_nu, hence bias and SE_null; both hold for chains of
   * at least about {@value #LONG_CHAIN} transitions. For independent transitions (chains of one)
   * the number of observed pairs stands for nu; between, the value carries a warning.
   *
   * <p>Status, decided in this order: {@code INSUFFICIENT} without transitions; {@code FROZEN} with
   * fewer than 5 max(1, nu) jumps; {@code LOWER_BOUND} when over half of s comes from pairs whose
   * smaller count is under 5; else {@code ESTIMATED}.
   *
   * @param counts transition counts by group
   * @param transitionsPerChain mean number of transitions of a chain in these counts; infinite for
   *     counts of unknown, long chains
   */
  public static EntropyProduction fromCounts(GroupedCounts counts, double transitionsPerChain) {
    Arguments.checkTransitionsPerChain(transitionsPerChain);
    PairTable table = counts.pairs();
    if (table.transitions == 0) {
      return insufficient("counts", true);
    }
    ObservedGraph graph = ObservedGraph.of(counts);
    double n = table.transitions;
    long nu = degreesOfFreedom(graph, transitionsPerChain);

    double[] phiForward = new double[table.pairs()];
    double[] phiBackward = new double[table.pairs()];
    double[] terms = new double[table.pairs()];
    double sum = 0;
    double weak = 0;
    for (int pair = 0; pair < table.pairs(); pair++) {
      double forward = table.forward[pair] + PSEUDO_COUNT;
      double backward = table.backward[pair] + PSEUDO_COUNT;
      double net = table.forward[pair] - table.backward[pair];
      double affinity = StrictMath.log(forward / backward);
      terms[pair] = net * affinity;
      sum += terms[pair];
      if (Math.min(table.forward[pair], table.backward[pair]) < WEAK_COUNT) {
        weak += terms[pair];
      }
      // phi_ij = d(N s)/dN_ij, the influence of one transition.
      phiForward[pair] = affinity + net / forward;
      phiBackward[pair] = -affinity - net / backward;
    }

    double standardError =
        Math.max(
            Math.max(deltaError(table, phiForward, phiBackward), jackknifeError(table, terms, sum)),
            StrictMath.sqrt(8.0 * nu) / n);

    Estimate.Status status =
        graph.isFrozen()
            ? Estimate.Status.FROZEN
            : weak > sum / 2 ? Estimate.Status.LOWER_BOUND : Estimate.Status.ESTIMATED;
    return new EntropyProduction(
        "counts",
        status,
        sum / n,
        2 * nu / n,
        sum / n - 2 * nu / n,
        // Without a single jump the groups agree perfectly, which is no measure of error.
        graph.jumps() == 0 ? Double.NaN : standardError,
        table.activeGroups,
        true,
        warnings(table, graph, status, transitionsPerChain, standardError));
  }

  /**
   * From soft counts S_ij, N transitions in all:
   *
   * <pre>
   * plug-in   s = (1/N) sum_{i&lt;j} (S_ij - S_ji) ln(S_ij/S_ji)
   * centre    the jackknife over groups G s - (G-1) mean_c s_(-c), reported clipped at 0
   * error     max(SE_delta, SE_jackknife)
   * </pre>
   *
   * <p>No 1/2, which would bring back the value of sampled counts. Pairs with one zero are skipped
   * and the value is labelled {@code LOWER_BOUND}.
   *
   * <p>A soft count of a rare transition is a sum that a few rare x may dominate. Its logarithm is
   * then too small until they are drawn, the value too large, and the groups agree too well: where
   * over a tenth of the value hangs on soft counts with an effective number of groups, (sum_c
   * S^c)^2/sum_c (S^c)^2, under {@value #WEAK_COUNT}, a warning says so.
   *
   * @param counts soft counts by group
   */
  public static EntropyProduction fromSoftCounts(GroupedSoftCounts counts) {
    int groups = counts.groups();
    int active = counts.groupsWithTransition();
    double n = counts.transitions();
    if (active == 0) {
      return insufficient("soft", true);
    }
    double sum = 0;
    double weak = 0;
    long skipped = 0;
    double[] influence = new double[groups];
    double[] without = new double[groups];
    double[] laterForward = new double[groups + 1];
    double[] laterBackward = new double[groups + 1];
    for (int i = 0; i < counts.states(); i++) {
      for (int j = i + 1; j < counts.states(); j++) {
        // What all groups but one hold is a sum of those before and those after it: a difference
        // from the total would leave nothing right of an entry of 1e-17.
        for (int group = groups - 1; group >= 0; group--) {
          laterForward[group] = counts.at(group, i, j) + laterForward[group + 1];
          laterBackward[group] = counts.at(group, j, i) + laterBackward[group + 1];
        }
        double forward = laterForward[0];
        double backward = laterBackward[0];
        if (forward == 0 || backward == 0) {
          skipped += forward == backward ? 0 : 1;
          continue;
        }
        double affinity = Flux.logRatio(forward, backward);
        double net = forward - backward;
        sum += net * affinity;
        double concentration = 0;
        double earlierForward = 0;
        double earlierBackward = 0;
        for (int group = 0; group < groups; group++) {
          double groupForward = counts.at(group, i, j);
          double groupBackward = counts.at(group, j, i);
          double share = net > 0 ? groupBackward / backward : groupForward / forward;
          concentration += share * share;
          // sum of S^c_ij phi_ij over both directions; net / forward alone could overflow.
          influence[group] +=
              affinity * (groupForward - groupBackward)
                  + net * (groupForward / forward - groupBackward / backward);
          without[group] +=
              softTerm(
                  earlierForward + laterForward[group + 1],
                  earlierBackward + laterBackward[group + 1]);
          earlierForward += groupForward;
          earlierBackward += groupBackward;
        }
        weak += concentration * WEAK_COUNT > 1 ? net * affinity : 0;
      }
    }

    long[] transitions = new long[groups];
    for (int group = 0; group < groups; group++) {
      transitions[group] = counts.transitions(group);
      without[group] /= n - transitions[group];
    }
    double plugIn = sum / n;
    double centre = plugIn;
    double standardError = Double.NaN;
    if (active >= 2) {
      double mean = meanOfActive(without, transitions, active);
      centre = active * plugIn - (active - 1) * mean;
      standardError =
          Math.max(
              RatioError.of(influence, transitions),
              jackknifeError(without, transitions, active, mean));
    }
    List<String> warnings = new ArrayList<>();
    if (skipped > 0) {
      warnings.add(
          "soft: %d pairs of states have a soft count of 0 in one direction and are left out"
              .formatted(skipped));
    }
    if (active >= 2 && weak > WEAK_SHARE * sum) {
      warnings.add(
          "soft: %d %% of the value come from pairs of states whose smaller soft count rests on fewer than %d groups of chains; it tends to be too high and its interval too narrow"
              .formatted(Math.round(100 * weak / sum), WEAK_COUNT));
    }
    warnOfFewGroups(active, warnings);
    return new EntropyProduction(
        "soft",
        skipped > 0 ? Estimate.Status.LOWER_BOUND : Estimate.Status.ESTIMATED,
        plugIn,
        plugIn - centre,
        centre,
        standardError,
        active,
        true,
        warnings);
  }

  /**
   * From path entropies, ln p(x|z) + ln p(y|x) - ln p(x|y) - ln p(z|x) of each transition z -> x ->
   * y: value sum_c A_c/N, unbiased for KL(P(z,x,y) || P(y,x,z)), which is at least the latent
   * entropy production; no bias correction, no clipping.
   *
   * @param sums sum A_c of the path entropies of each group, finite
   * @param transitions number n_c of transitions in each sum
   */
  public static EntropyProduction fromPath(double[] sums, long[] transitions) {
    if (sums.length != transitions.length) {
      throw new IllegalArgumentException(
          "%d sums of path entropies for %d groups".formatted(sums.length, transitions.length));
    }
    double sum = 0;
    double n = 0;
    int active = 0;
    for (int group = 0; group < sums.length; group++) {
      Arguments.checkRange("transitions of group " + group, transitions[group], 0, Long.MAX_VALUE);
      if (!Double.isFinite(sums[group]) || (transitions[group] == 0 && sums[group] != 0)) {
        throw new IllegalArgumentException(
            "path entropies of group %d sum to %s over %d transitions; it must be finite, 0 over none"
                .formatted(group, sums[group], transitions[group]));
      }
      sum += sums[group];
      n += transitions[group];
      active += transitions[group] > 0 ? 1 : 0;
    }
    if (active == 0) {
      return insufficient("path", false);
    }
    List<String> warnings = new ArrayList<>();
    warnOfFewGroups(active, warnings);
    return new EntropyProduction(
        "path",
        Estimate.Status.ESTIMATED,
        sum / n,
        0,
        sum / n,
        RatioError.of(sums, transitions),
        active,
        false,
        warnings);
  }

  private static EntropyProduction insufficient(String estimator, boolean neverNegative) {
    return new EntropyProduction(
        estimator,
        Estimate.Status.INSUFFICIENT,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        0,
        neverNegative,
        List.of("no transitions"));
  }

  /**
   * The value with a two-sided interval, centre -+ t_{G-1} SE; for counts and soft counts both ends
   * and the value are clipped at 0, below which no entropy production lies.
   *
   * @param level nominal coverage, between 0 and 1
   */
  public Estimate estimate(double level) {
    Arguments.checkLevel("level", level);
    if (status == Estimate.Status.INSUFFICIENT) {
      return Estimate.insufficient(level, estimator);
    }
    double half = margin((1 + level) / 2);
    return new Estimate(
        OptionalDouble.of(clip(centre)),
        present(clip(centre - half)),
        present(clip(centre + half)),
        level,
        estimator,
        status);
  }

  /**
   * One-sided upper confidence bound centre + t_{G-1; confidence} SE, not clipped.
   *
   * @param confidence probability that the truth lies below, between 0 and 1
   * @return the bound; absent with fewer than two groups
   */
  public OptionalDouble upperBound(double confidence) {
    Arguments.checkLevel("confidence", confidence);
    return present(centre + margin(confidence));
  }

  /**
   * One-sided lower confidence bound centre - t_{G-1; confidence} SE, not clipped.
   *
   * @param confidence probability that the truth lies above, between 0 and 1
   * @return the bound; absent with fewer than two groups
   */
  public OptionalDouble lowerBound(double confidence) {
    Arguments.checkLevel("confidence", confidence);
    return present(centre - margin(confidence));
  }

  /** Name of the estimator: {@code counts}, {@code soft} or {@code path}. */
  public String estimator() {
    return estimator;
  }

  /** What the value may be taken for. */
  public Estimate.Status status() {
    return status;
  }

  /** The plug-in value s in nats per transition, before any correction; absent without data. */
  public OptionalDouble plugIn() {
    return present(plugIn);
  }

  /** What is subtracted from the plug-in: 2 nu/N of counts, the jackknife's of soft counts. */
  public OptionalDouble bias() {
    return present(bias);
  }

  /** The corrected value before clipping at 0, the middle of the interval; absent without data. */
  public OptionalDouble centre() {
    return present(centre);
  }

  /** Standard error over groups of chains; absent with fewer than two, or without a jump. */
  public OptionalDouble standardError() {
    return present(standardError);
  }

  /** Groups with a transition, G. */
  public int groups() {
    return groups;
  }

  /** What a reader must know before using the value; empty if nothing. */
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public String toString() {
    return "EntropyProduction[estimator=%s, status=%s, centre=%s, standardError=%s, groups=%d]"
        .formatted(estimator, status, centre, standardError, groups);
  }

  /** Degrees of freedom of the plug-in on a reversible chain, for chains of the given length. */
  static long degreesOfFreedom(ObservedGraph graph, double transitionsPerChain) {
    return transitionsPerChain <= 1 ? graph.pairs() : graph.cycles();
  }

  /** SE_delta: e_c = sum_ij N^c_ij phi_ij - n_c (sum_ij N_ij phi_ij)/N, a ratio's error. */
  private static double deltaError(PairTable table, double[] phiForward, double[] phiBackward) {
    double[] influence = new double[table.groups()];
    for (int group = 0; group < influence.length; group++) {
      for (int entry = table.groupStart[group]; entry < table.groupStart[group + 1]; entry++) {
        int pair = table.entryPair[entry];
        influence[group] +=
            table.entryForward[entry] * phiForward[pair]
                + table.entryBackward[entry] * phiBackward[pair];
      }
    }
    return RatioError.of(influence, table.groupTransitions);
  }

  /** SE_jackknife of the plug-in; a group changes the terms of the pairs that it has seen only. */
  private static double jackknifeError(PairTable table, double[] terms, double sum) {
    if (table.activeGroups < 2) {
      return Double.NaN;
    }
    double[] without = new double[table.groups()];
    for (int group = 0; group < without.length; group++) {
      double change = 0;
      for (int entry = table.groupStart[group]; entry < table.groupStart[group + 1]; entry++) {
        int pair = table.entryPair[entry];
        change +=
            term(
                    table.forward[pair] - table.entryForward[entry],
                    table.backward[pair] - table.entryBackward[entry])
                - terms[pair];
      }
      without[group] = (sum + change) / (table.transitions - table.groupTransitions[group]);
    }
    double mean = meanOfActive(without, table.groupTransitions, table.activeGroups);
    return jackknifeError(without, table.groupTransitions, table.activeGroups, mean);
  }

  private static double meanOfActive(double[] without, long[] transitions, int active) {
    double sum = 0;
    for (int group = 0; group < without.length; group++) {
      sum += transitions[group] > 0 ? without[group] : 0;
    }
    return sum / active;
  }

  /** SE_jackknife^2 = (G-1)/G sum_c (s_(-c) - mean)^2. */
  private static double jackknifeError(
      double[] without, long[] transitions, int active, double mean) {
    double squares = 0;
    for (int group = 0; group < without.length; group++) {
      double deviation = transitions[group] > 0 ? without[group] - mean : 0;
      squares += deviation * deviation;
    }
    return StrictMath.sqrt(squares * (active - 1) / active);
  }

  private static double term(long forward, long backward) {
    return forward == backward
        ? 0
        : (forward - backward)
            * StrictMath.log((forward + PSEUDO_COUNT) / (backward + PSEUDO_COUNT));
  }

  private static double softTerm(double forward, double backward) {
    return forward > 0 && backward > 0
        ? (forward - backward) * Flux.logRatio(forward, backward)
        : 0;
  }

  private static List<String> warnings(
      PairTable table,
      ObservedGraph graph,
      Estimate.Status status,
      double transitionsPerChain,
      double standardError) {
    List<String> warnings = new ArrayList<>();
    if (status == Estimate.Status.FROZEN) {
      warnings.add(
          "frozen: %d jumps in %d transitions, fewer than 5 for each independent cycle (%d);"
                  .formatted(graph.jumps(), table.transitions, graph.cycles())
              + " this says nothing about reversibility");
    }
    if (status == Estimate.Status.LOWER_BOUND) {
      warnings.add(
          "lower bound: over half of the entropy production comes from pairs of states whose smaller"
              + " count is under 5");
    }
    if (table.states <= 2) {
      warnings.add(
          "a chain of %s is reversible by definition"
              .formatted(table.states == 1 ? "one state" : "two states"));
    } else if (graph.cycles() == 0) {
      warnings.add(
          "no cycle was seen: the plug-in is nothing but the boundary term of the first and last"
              + " states");
    }
    if (transitionsPerChain > 1 && transitionsPerChain < LONG_CHAIN) {
      warnings.add(
          "short chains: %s transitions a chain on average; bias, interval and chi-square test hold"
                  .formatted(Math.round(transitionsPerChain * 10) / 10.0)
              + " for %d or more, only the sign-flip test is valid".formatted(LONG_CHAIN));
    } else if (isSlow(table, graph, transitionsPerChain, standardError)) {
      warnings.add(
          "slow chains: where they begin and end adds over half a standard error to the entropy"
              + " production; they are too short against their relaxation time for its bias and"
              + " interval to hold");
    }
    if (graph.oneWayPairs() > 0) {
      warnings.add(
          "%d of %d pairs of states were seen in one direction only"
              .formatted(graph.oneWayPairs(), graph.pairs()));
    }
    warnOfFewGroups(table.activeGroups, warnings);
    if (graph.jumps() == 0 && table.activeGroups >= 2) {
      warnings.add(
          "no interval: without a jump the groups agree perfectly, which measures nothing");
    }
    return warnings;
  }

  /**
   * Whether the boundary term B moves the plug-in by more than {@link #BOUNDARY_ERRORS}: near
   * reversibility N s = 2 X2, so that it adds 2 B/N. Chains of one transition have beginnings and
   * ends only, and their own bias; where no cycle was seen, another warning says that all is B.
   */
  private static boolean isSlow(
      PairTable table, ObservedGraph graph, double transitionsPerChain, double standardError) {
    return transitionsPerChain > 1
        && transitionsPerChain < Double.POSITIVE_INFINITY
        && graph.cycles() > 0
        && !Double.isNaN(standardError)
        && !BoundaryTerm.isAtMost(table, BOUNDARY_ERRORS * standardError * table.transitions / 2);
  }

  private static void warnOfFewGroups(int active, List<String> warnings) {
    if (active < 2) {
      warnings.add("no interval: it needs at least 2 independent groups of chains");
    }
  }

  private double margin(double probability) {
    return Double.isNaN(standardError)
        ? Double.NaN
        : Quantiles.studentT(groups - 1, probability) * standardError;
  }

  private double clip(double value) {
    return neverNegative ? Math.max(0, value) : value;
  }

  private static OptionalDouble present(double value) {
    return Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
