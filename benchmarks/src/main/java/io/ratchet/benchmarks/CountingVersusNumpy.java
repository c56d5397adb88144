package io.ratchet.benchmarks;

import io.ratchet.thermodynamics.GroupedCounts;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringTokenizer;

/**
 * Counts 10^8 transitions of 512 chains in 32 groups, K = 10, with {@link GroupedCounts} on one
 * thread and with each form of NumPy's {@code bincount} on the same bytes, in turns in one run.
 *
 * <p>CPU seconds of the counting thread and of the NumPy process, so that other programs disturb
 * neither; pin both to one core by starting this under {@code taskset -c 0}.
 */
public final class CountingVersusNumpy {
  private static final int TRANSITIONS = 100_000_000;
  private static final int WARM_UPS = 3;
  private static final int ROUNDS = 9;
  private static final String OURS = "GroupedCounts";

  private CountingVersusNumpy() {}

  /**
   * Runs the comparison and prints a table.
   *
   * @param arguments path of a Python with NumPy; {@code /usr/bin/python3} if absent
   */
  public static void main(String[] arguments) throws IOException {
    String python = arguments.length > 0 ? arguments[0] : "/usr/bin/python3";
    RecordedChains chains = RecordedChains.simulate(TRANSITIONS);
    try (NumpyProgram numpy =
        new NumpyProgram(
            python,
            "counting.py",
            chains.states(),
            RecordedChains.CHAINS,
            RecordedChains.GROUPS,
            RecordedChains.STATES)) {
      compare(chains, numpy, System.out);
    }
  }

  private static void compare(RecordedChains chains, NumpyProgram numpy, PrintStream out) {
    Map<String, List<Double>> seconds = new LinkedHashMap<>();
    for (int round = -WARM_UPS; round < ROUNDS; round++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      GroupedCounts counts = chains.count();
      long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      if (round >= 0) {
        seconds.computeIfAbsent(OURS, name -> new ArrayList<>()).add((end - start) * 1e-9);
      }
      for (String form : numpy.names()) {
        double time = Double.parseDouble(numpy.ask(form));
        if (round >= 0) {
          seconds.computeIfAbsent(form, name -> new ArrayList<>()).add(time);
        }
        requireEqual(counts, numpy.ask("counts"), form);
      }
    }

    out.printf(
        Locale.ROOT,
        "%d transitions, NumPy %s, CPU seconds of %d rounds%n",
        chains.transitions(),
        numpy.version(),
        ROUNDS);
    out.printf("%-14s %8s %8s %8s %12s%n", "", "least", "median", "most", "this/ours");
    List<Double> ours = seconds.get(OURS);
    seconds.forEach(
        (name, times) -> {
          double[] taken = times.stream().mapToDouble(time -> time).toArray();
          double[] ratios = new double[ROUNDS];
          for (int round = 0; round < ROUNDS; round++) {
            ratios[round] = taken[round] / ours.get(round);
          }
          out.printf(
              Locale.ROOT,
              "%-14s %8.3f %8.3f %8.3f %12.2f%n",
              name,
              Figures.quantile(taken, 0),
              Figures.median(taken),
              Figures.quantile(taken, 1),
              Figures.median(ratios));
        });
  }

  private static void requireEqual(GroupedCounts counts, String numpy, String form) {
    StringTokenizer numbers = new StringTokenizer(numpy);
    for (int group = 0; group < counts.groups(); group++) {
      for (int from = 0; from < counts.states(); from++) {
        for (int to = 0; to < counts.states(); to++) {
          if (counts.count(group, from, to) != Long.parseLong(numbers.nextToken())) {
            throw new IllegalStateException(
                "%s counts %d -> %d of group %d differently".formatted(form, from, to, group));
          }
        }
      }
    }
  }
}
