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
    /** The chi-square law of nu degrees of freedom: chains of 1, or of many transitions. */
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

  /**
   * Largest boundary term of a valid chi-square test, in standard deviations of chi2_nu: a test at
   * 5 % then rejects at most 6.5 % of reversible chains.
   */
  private static final double BOUNDARY_SHARE = 0.15;

  /** Margin within which two statistics count as equal, per trace of the form: its rounding. */
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
   * at least {@value EntropyProduction#LONG_CHAIN} transitions that are long against the time in
   * which they relax and, with the number of observed pairs for nu, of one transition; otherwise
   * the p-value is absent. Whether chains relax is seen from where they begin and end, except for
   * counts of unknown chains, which are taken to be long enough.
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
    } else if (transitionsPerChain > 1
        && transitionsPerChain < Double.POSITIVE_INFINITY
        && freedom > 0
        && !BoundaryTerm.isAtMost(table, BOUNDARY_SHARE * StrictMath.sqrt(2.0 * freedom))) {
      remark =
          "chi-square needs chains that are long against their relaxation time: where these begin and"
              + " end shows like a current";
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

    double[][] gram = gram(table);
    double trace = 0;
    for (int group = 0; group < gram.length; group++) {
      trace += gram[group][group];
    }
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    double threshold = statistic - TIE * trace;
    double[][] signs = signs(gram.length, flips, random);
    int atLeast = 0;
    for (double form : quadraticForms(gram, signs)) {
      atLeast += form >= threshold ? 1 : 0;
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

  /** At [group][flip] 1 or -1; the random bits are dealt flip by flip, lowest first. */
  private static double[][] signs(int groups, int flips, UniformRandomProvider random) {
    long[] words = new long[(int) (((long) groups * flips + Long.SIZE - 1) / Long.SIZE)];
    Arrays.setAll(words, word -> random.nextLong());
    double[][] signs = new double[groups][flips];
    for (int group = 0; group < groups; group++) {
      double[] row = signs[group];
      long bit = group;
      for (int flip = 0; flip < flips; flip++, bit += groups) {
        // nextBoolean, without a branch that nobody can predict
        row[flip] = 2 * (words[(int) (bit >>> 6)] >>> bit & 1) - 1;
      }
    }
    return signs;
  }

  /**
   * The statistic as a quadratic form of the groups' signs: with e_c = 1 or -1 for group c, X2* =
   * sum_cd e_c e_d M_cd, M_cd = sum_{i<j} (N^c_ij - N^c_ji)(N^d_ij - N^d_ji)/(N_ij + N_ji). A flip
   * then costs G^2 steps, however many pairs there are.
   */
  private static double[][] gram(PairTable table) {
    double[][] gram = new double[table.groups()][table.groups()];
    double[] weighted = new double[table.pairs()];
    for (int group = 0; group < gram.length; group++) {
      for (int entry = table.groupStart[group]; entry < table.groupStart[group + 1]; entry++) {
        int pair = table.entryPair[entry];
        weighted[pair] = net(table, entry) / (table.forward[pair] + table.backward[pair]);
      }
      for (int other = 0; other <= group; other++) {
        double sum = 0;
        for (int entry = table.groupStart[other]; entry < table.groupStart[other + 1]; entry++) {
          sum += weighted[table.entryPair[entry]] * net(table, entry);
        }
        gram[group][other] = sum;
        gram[other][group] = sum;
      }
      Arrays.fill(weighted, 0);
    }
    return gram;
  }

  private static double net(PairTable table, int entry) {
    return table.entryForward[entry] - table.entryBackward[entry];
  }

  /**
   * The form's value for each flip. The flips are the innermost loop, of arrays that are long
   * enough to be worked on several at a time; each value is summed in the order of the groups.
   *
   * @param signs [group][flip]
   */
  private static double[] quadraticForms(double[][] gram, double[][] signs) {
    int flips = signs[0].length;
    double[] forms = new double[flips];
    double[] image = new double[flips];
    for (int group = 0; group < gram.length; group++) {
      Arrays.fill(image, 0);
      for (int other = 0; other < gram.length; other++) {
        double entry = gram[other][group];
        double[] sign = signs[other];
        for (int flip = 0; flip < flips; flip++) {
          image[flip] += sign[flip] * entry;
        }
      }
      double[] sign = signs[group];
      for (int flip = 0; flip < flips; flip++) {
        forms[flip] += sign[flip] * image[flip];
      }
    }
    return forms;
  }

  private static double statistic(PairTable table) {
    double statistic = 0;
    for (int pair = 0; pair < table.pairs(); pair++) {
      double net = table.forward[pair] - table.backward[pair];
      statistic += net * net / (table.forward[pair] + table.backward[pair]);
    }
    return statistic;
  }
}
