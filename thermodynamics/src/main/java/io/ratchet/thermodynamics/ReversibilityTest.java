package io.ratchet.thermodynamics;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Test of the null hypothesis that a chain is reversible, by Bowker's statistic X2 = sum_{i&lt;j}
 * (N_ij - N_ji)^2/(N_ij + N_ji).
 *
 * @param method the null law that gave the p-value
 * @param statistic X2
 * @param degreesOfFreedom nu, the independent cycles of the observed graph; the number of observed
 *     pairs for chains of one transition
 * @param pValue probability of a statistic at least as large on a reversible chain; absent where
 *     the test is not valid
 * @param remark why the p-value is absent, empty if it is not
 */
public record ReversibilityTest(
    Method method, double statistic, long degreesOfFreedom, OptionalDouble pValue, String remark) {

  /** Where the null law of the statistic comes from. */
  public enum Method {
    /** The chi-square law of nu degrees of freedom: chains of 1, or of 50 and more transitions. */
    CHI_SQUARE("chi-square"),
    /** Reversing whole groups of chains at random: chains of any length, at least 6 groups. */
    SIGN_FLIP("sign-flip");

    private final String label;

    Method(String label) {
      this.label = label;
    }

    /** The name used in records and reports. */
    public String label() {
      return label;
    }
  }

  /** Fewest reversals from which a p-value is made: it can then be as small as 1/200. */
  public static final int LEAST_FLIPS = 199;

  /** With fewer groups there are too few different reversals for a p-value under 0.05. */
  public static final int LEAST_GROUPS = 6;

  /** Relative margin within which two statistics count as equal: the rounding of their sums. */
  private static final double TIE = 1e-12;

  /**
   * The test that is valid for the counts at hand: sign flip with {@value #LEAST_GROUPS} or more
   * groups, else chi-square if the length of the chains allows it, else one without a p-value.
   *
   * @param counts transition counts by group
   * @param transitionsPerChain mean number of transitions of a chain; infinite if unknown and long
   * @param flips number of random reversals, at least {@value #LEAST_FLIPS}
   * @param seed seed of the reversals, see {@link #seed}
   */
  public static ReversibilityTest of(
      GroupedCounts counts, double transitionsPerChain, int flips, long seed) {
    ReversibilityTest signFlip = signFlip(counts, flips, seed);
    if (signFlip.pValue.isPresent()) {
      return signFlip;
    }
    ReversibilityTest chiSquare = chiSquare(counts, transitionsPerChain);
    return chiSquare.pValue.isPresent() ? chiSquare : signFlip;
  }

  /**
   * X2 against the chi-square law of nu degrees of freedom; p = 1 when nu = 0. Valid for chains of
   * at least {@value EntropyProduction#LONG_CHAIN} transitions and, with the number of observed
   * pairs for nu, of one transition; between them the p-value is absent.
   *
   * @param counts transition counts by group
   * @param transitionsPerChain mean number of transitions of a chain; infinite if unknown and long
   */
  public static ReversibilityTest chiSquare(GroupedCounts counts, double transitionsPerChain) {
    Arguments.checkTransitionsPerChain(transitionsPerChain);
    PairTable table = counts.pairs();
    double statistic = statistic(table);
    long freedom =
        EntropyProduction.degreesOfFreedom(ObservedGraph.of(counts), transitionsPerChain);
    String remark = "";
    if (table.transitions == 0) {
      remark = "no transitions";
    } else if (transitionsPerChain > 1 && transitionsPerChain < EntropyProduction.LONG_CHAIN) {
      remark =
          "chi-square needs chains of 1 or of at least %d transitions, these have %s on average"
              .formatted(EntropyProduction.LONG_CHAIN, transitionsPerChain);
    }
    return new ReversibilityTest(
        Method.CHI_SQUARE,
        statistic,
        freedom,
        remark.isEmpty()
            ? OptionalDouble.of(Quantiles.chiSquareTail(freedom, statistic))
            : OptionalDouble.empty(),
        remark);
  }

  /**
   * X2 against its law when whole groups are reversed at random, which leaves the law of a
   * reversible chain as it is: p = (1 + #{X2* >= X2})/(1 + flips). Valid for chains of any length.
   *
   * @param counts transition counts by group
   * @param flips number of random reversals, at least {@value #LEAST_FLIPS}
   * @param seed seed of the reversals, see {@link #seed}
   * @return the test; its p-value is absent with fewer than {@value #LEAST_GROUPS} groups
   */
  public static ReversibilityTest signFlip(GroupedCounts counts, int flips, long seed) {
    Arguments.checkRange("flips", flips, LEAST_FLIPS, Integer.MAX_VALUE);
    PairTable table = counts.pairs();
    double statistic = statistic(table);
    long freedom = ObservedGraph.of(counts).cycles();
    if (table.activeGroups < LEAST_GROUPS) {
      return new ReversibilityTest(
          Method.SIGN_FLIP,
          statistic,
          freedom,
          OptionalDouble.empty(),
          table.transitions == 0
              ? "no transitions"
              : "sign flip needs at least %d groups of chains, there are %d"
                  .formatted(LEAST_GROUPS, table.activeGroups));
    }

    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    long[] net = new long[table.pairs()];
    double threshold = statistic * (1 - TIE);
    int atLeast = 0;
    for (int flip = 0; flip < flips; flip++) {
      reverseAtRandom(table, random, net);
      atLeast += statistic(table, net) >= threshold ? 1 : 0;
    }
    return new ReversibilityTest(
        Method.SIGN_FLIP,
        statistic,
        freedom,
        OptionalDouble.of((1.0 + atLeast) / (1.0 + flips)),
        "");
  }

  /**
   * Seed of a window's reversals: the same for whoever recomputes the window.
   *
   * @param attempt attempt of the run
   * @param toStep last step of the window
   */
  public static long seed(int attempt, long toStep) {
    return mix(mix(attempt) + toStep);
  }

  /** Stafford's variant 13 of the 64-bit finaliser: neighbouring windows get unrelated seeds. */
  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Net counts of all pairs after each group was reversed with probability 1/2. */
  private static void reverseAtRandom(PairTable table, UniformRandomProvider random, long[] net) {
    Arrays.fill(net, 0);
    for (int group = 0; group < table.groups(); group++) {
      int sign = random.nextBoolean() ? 1 : -1;
      for (int entry = table.groupStart[group]; entry < table.groupStart[group + 1]; entry++) {
        net[table.entryPair[entry]] +=
            sign * (table.entryForward[entry] - table.entryBackward[entry]);
      }
    }
  }

  private static double statistic(PairTable table) {
    double statistic = 0;
    for (int pair = 0; pair < table.pairs(); pair++) {
      double net = table.forward[pair] - table.backward[pair];
      statistic += net * net / (table.forward[pair] + table.backward[pair]);
    }
    return statistic;
  }

  private static double statistic(PairTable table, long[] net) {
    double statistic = 0;
    for (int pair = 0; pair < net.length; pair++) {
      double value = net[pair];
      statistic += value * value / (table.forward[pair] + table.backward[pair]);
    }
    return statistic;
  }
}
