package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.ChainDiagnostics;
import io.ratchet.thermodynamics.Currents;
import io.ratchet.thermodynamics.Cycles;
import io.ratchet.thermodynamics.DwellTimes;
import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.thermodynamics.Flux;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.ObservedGraph;
import io.ratchet.thermodynamics.ReversibilityTest;
import io.ratchet.thermodynamics.SelfTransition;
import io.ratchet.thermodynamics.TransitionCounts;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What the estimators of the thermodynamics module find in a sample.
 *
 * @param sample what was analysed
 * @param entropyProduction from counts, in nats per transition
 * @param estimate its value and interval of the level asked for
 * @param blockEstimate for a single chain, the same over its blocks, which are not independent;
 *     else null
 * @param graph the pairs of states that were seen
 * @param reversibility test of reversibility
 * @param flips random reversals of groups of that test
 * @param selfTransition share of transitions that stay in their state
 * @param currents net currents, at most {@link #LISTED}
 * @param flux the law of the chain's transitions, made stationary, of the states in {@code
 *     visited}; null without transitions, or for more than {@link #LARGEST_FLUX} visited states
 * @param visited the states that a transition leaves or enters, in ascending order
 * @param cycles of that flux, with the sample's numbers of states, at most {@link #LISTED}; null if
 *     it is
 * @param relaxationTime of that flux, in transitions; absent where undefined or too costly
 * @param convergence of the chains, by visited state; null where visits were not kept
 * @param warnings what a reader must know before using the numbers
 */
public record Analysis(
    Sample sample,
    EntropyProduction entropyProduction,
    Estimate estimate,
    Estimate blockEstimate,
    ObservedGraph graph,
    ReversibilityTest reversibility,
    int flips,
    Estimate selfTransition,
    Currents currents,
    Flux flux,
    List<Integer> visited,
    Cycles cycles,
    OptionalDouble relaxationTime,
    List<Convergence> convergence,
    List<String> warnings) {

  /** Most currents and most cycles listed; their totals are given beside. */
  static final int LISTED = 1_000;

  /** Beyond it the stationary law, K^3 steps, takes more than some seconds. */
  static final int LARGEST_FLUX = 2_000;

  /** Beyond it the eigenvalues, some 25 K^3 steps, do. */
  static final int LARGEST_SPECTRUM = 400;

  /** Smallest p-value 0.001, and at this number of pairs of states still no wait. */
  private static final int FLIPS = 999;

  private static final int MANY_PAIRS = 100_000;

  /** Any constant: the same text gives the same p-value. */
  private static final long SEED = ReversibilityTest.seed(1, 0);

  /** Blocks shorter than this many relaxation times are plainly dependent. */
  private static final int RELAXATIONS_PER_BLOCK = 20;

  /**
   * Analyses a sample.
   *
   * @param sample what was read
   * @param level nominal coverage of the intervals, between 0 and 1
   */
  public static Analysis of(Sample sample, double level) {
    GroupedCounts counts = sample.counts();
    EntropyProduction entropy = EntropyProduction.fromCounts(counts, sample.transitionsPerChain());
    ObservedGraph graph = ObservedGraph.of(counts);
    int flips = graph.pairs() > MANY_PAIRS ? ReversibilityTest.LEAST_FLIPS : FLIPS;
    ReversibilityTest reversibility =
        ReversibilityTest.of(counts, sample.transitionsPerChain(), flips, SEED);
    Estimate blockEstimate =
        sample.blocks() == null
            ? null
            : EntropyProduction.fromCounts(sample.blocks(), sample.transitionsPerChain())
                .estimate(level);

    TransitionCounts pooled = counts.pooled();
    List<Integer> visited = visited(pooled);
    Flux flux =
        visited.size() == 0 || visited.size() > LARGEST_FLUX
            ? null
            : Flux.stationarised(restrict(pooled, visited));
    Cycles cycles = flux == null ? null : withStates(Cycles.of(flux, LISTED), visited);
    OptionalDouble relaxationTime =
        flux == null || visited.size() > LARGEST_SPECTRUM
            ? OptionalDouble.empty()
            : flux.relaxationTime();
    Analysis analysis =
        new Analysis(
            sample,
            entropy,
            entropy.estimate(level),
            blockEstimate,
            graph,
            reversibility,
            flips,
            SelfTransition.of(counts, level),
            Currents.of(counts, LISTED),
            flux,
            visited,
            cycles,
            relaxationTime,
            sample.visits() == null
                ? null
                : Convergence.of(sample.visits(), visited, relaxationTime),
            List.of());
    return analysis.withWarnings();
  }

  /** Stationary probability of each state 0..K-1, or null if there is no flux. */
  public double[] stationaryLaw() {
    if (flux == null) {
      return null;
    }
    double[] law = new double[sample.states()];
    double[] ofVisited = flux.stationaryLaw();
    for (int i = 0; i < visited.size(); i++) {
      law[visited.get(i)] = ofVisited[i];
    }
    return law;
  }

  /** Spectral gap 1 - |lambda_2| of the flux's kernel; absent together with the relaxation time. */
  public OptionalDouble spectralGap() {
    return relaxationTime.isEmpty()
        ? relaxationTime
        : OptionalDouble.of(-StrictMath.expm1(-1 / relaxationTime.getAsDouble()));
  }

  private static List<Integer> visited(TransitionCounts counts) {
    BitSet visited = new BitSet();
    counts.forEach(
        (from, to, count) -> {
          visited.set(from);
          visited.set(to);
        });
    return visited.stream().boxed().toList();
  }

  private static TransitionCounts restrict(TransitionCounts counts, List<Integer> visited) {
    int[] position = new int[counts.states()];
    for (int i = 0; i < visited.size(); i++) {
      position[visited.get(i)] = i;
    }
    TransitionCounts restricted = TransitionCounts.empty(visited.size());
    counts.forEach((from, to, count) -> restricted.add(position[from], position[to], count));
    return restricted;
  }

  private static Cycles withStates(Cycles cycles, List<Integer> visited) {
    List<Cycles.Cycle> renamed = new ArrayList<>();
    for (Cycles.Cycle cycle : cycles.strongest()) {
      renamed.add(
          new Cycles.Cycle(
              cycle.states().stream().map(visited::get).toList(),
              cycle.weight(),
              cycle.affinity()));
    }
    return new Cycles(cycles.total(), renamed, cycles.entropyShare());
  }

  private Analysis withWarnings() {
    List<String> all = new ArrayList<>(sample.remarks());
    all.addAll(entropyProduction.warnings());
    if (sample.form() == Form.COUNTS && sample.chains().isEmpty()) {
      all.add(
          "a matrix of counts does not say how many chains made it: bias, test and the missing"
              + " interval take it for one long chain");
    }
    if (sample.chains().orElse(0) == 1 && sample.counts().transitions() > 0) {
      all.add(ofOneChain());
    }
    if (reversibility.pValue().isEmpty() && sample.counts().transitions() > 0) {
      all.add("no p-value: " + reversibility.remark());
    }
    if (visited.size() > LARGEST_FLUX) {
      all.add(
          "no stationary distribution, cycles and relaxation time: %,d visited states are more than %,d"
              .formatted(visited.size(), LARGEST_FLUX));
    } else if (visited.size() > LARGEST_SPECTRUM) {
      all.add(
          "no relaxation time: %,d visited states are more than %,d"
              .formatted(visited.size(), LARGEST_SPECTRUM));
    } else if (flux != null && relaxationTime.isEmpty()) {
      all.add(
          visited.size() == 1
              ? "no relaxation time: only one state was visited"
              : "no relaxation time: the chain is periodic or falls into parts that do not mix");
    }
    DwellTimes dwellTimes = DwellTimes.of(sample.counts());
    if (visited.stream().anyMatch(state -> dwellTimes.mean(state).isEmpty())) {
      all.add("no dwell time for states that were never left");
    }
    addConvergence(all);
    return new Analysis(
        sample,
        entropyProduction,
        estimate,
        blockEstimate,
        graph,
        reversibility,
        flips,
        selfTransition,
        currents,
        flux,
        visited,
        cycles,
        relaxationTime,
        convergence,
        all);
  }

  private void addConvergence(List<String> all) {
    if (convergence == null) {
      if (sample.form() != Form.COUNTS && sample.counts().transitions() > 0) {
        all.add("no convergence diagnostics: " + whyNoConvergence());
      }
      return;
    }
    convergence.stream()
        .filter(state -> state.splitRhat().orElse(1) > Convergence.LARGEST_RHAT)
        .max(Comparator.comparingDouble(state -> state.splitRhat().getAsDouble()))
        .ifPresent(
            worst ->
                all.add(
                    "the chains do not agree: split R-hat %s for state %s, above %s; run them longer"
                        .formatted(
                            Figures.of(worst.splitRhat().getAsDouble()),
                            sample.label(worst.state()),
                            Convergence.LARGEST_RHAT)));
    if (convergence.stream().anyMatch(state -> state.splitRhat().isEmpty())) {
      all.add("no convergence diagnostics for states that do not change within any chain");
    }
  }

  private String whyNoConvergence() {
    if (sample.visits() == null) {
      return "the chains differ in length, or hold more than %,d states together"
          .formatted(VisitLog.LIMIT);
    }
    return sample.visits().get(0).length < ChainDiagnostics.LEAST_DRAWS
        ? "the chains have fewer than %d states".formatted(ChainDiagnostics.LEAST_DRAWS)
        : "too many states, or too slow a chain, to sum the autocorrelations of each";
  }

  private String ofOneChain() {
    if (blockEstimate == null) {
      return "one chain, too short to be cut into blocks";
    }
    int blocks = sample.blocks().groups();
    double length = sample.blocks().transitions(0);
    String caveat =
        "one chain: cut into %d blocks of %,.0f transitions, whose interval stands under blocks;"
                .formatted(blocks, length)
            + " blocks of one chain are not independent units";
    return relaxationTime.orElse(0) * RELAXATIONS_PER_BLOCK > length
        ? caveat
            + ", and these are shorter than %d relaxation times: do not rely on it"
                .formatted(RELAXATIONS_PER_BLOCK)
        : caveat + "; several chains are";
  }
}
