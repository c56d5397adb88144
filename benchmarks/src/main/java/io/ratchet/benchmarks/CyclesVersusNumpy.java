package io.ratchet.benchmarks;

import io.ratchet.thermodynamics.Cycles;
import io.ratchet.thermodynamics.Flux;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.StringTokenizer;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * The 20 strongest cycles of the stationary flux of a random kernel of 1,000 states, by {@link
 * Cycles} and by a NumPy program, in turns in one run; both decompose the whole flux, and must find
 * the same cycles. CPU seconds of the thread and of the NumPy process.
 */
public final class CyclesVersusNumpy {
  private static final int STATES = 1_000;
  private static final int TOP = 20;
  private static final int ROUNDS = 3;
  private static final long SEED = 20_261_122L;

  /** Both subtract the same bottlenecks in the same order; affinities are summed differently. */
  private static final double TOLERANCE = 1e-12;

  private CyclesVersusNumpy() {}

  /**
   * Runs the comparison and prints a line a round.
   *
   * @param arguments path of a Python with NumPy; {@code /usr/bin/python3} if absent
   */
  public static void main(String[] arguments) throws IOException {
    String python = arguments.length > 0 ? arguments[0] : "/usr/bin/python3";
    Flux flux = Flux.ofKernel(kernel(RandomSource.XO_SHI_RO_256_PP.create(SEED)));
    try (NumpyProgram numpy = new NumpyProgram(python, "cycles.py", bytes(flux), STATES)) {
      System.out.printf(
          "K = %d, the %d strongest cycles, CPU seconds, NumPy %s%n", STATES, TOP, numpy.version());
      for (int round = 0; round < ROUNDS; round++) {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        Cycles cycles = Cycles.of(flux, TOP);
        long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        double ours = (end - start) * 1e-9;
        double theirs = Double.parseDouble(numpy.ask("decompose"));
        requireEqual(cycles, numpy.ask("top " + TOP));
        System.out.printf(
            Locale.ROOT,
            "Cycles %.3f, NumPy %.3f, ratio %.1f; %d cycles, the listed explain %.4f%n",
            ours,
            theirs,
            theirs / ours,
            cycles.total(),
            cycles.entropyShare().orElseThrow());
      }
    }
  }

  private static double[][] kernel(UniformRandomProvider random) {
    double[][] kernel = new double[STATES][STATES];
    for (double[] row : kernel) {
      double sum = 0;
      for (int to = 0; to < STATES; to++) {
        row[to] = -StrictMath.log(1 - random.nextDouble());
        sum += row[to];
      }
      for (int to = 0; to < STATES; to++) {
        row[to] /= sum;
      }
    }
    return kernel;
  }

  private static byte[] bytes(Flux flux) {
    ByteBuffer bytes =
        ByteBuffer.allocate(STATES * STATES * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < STATES; from++) {
      for (int to = 0; to < STATES; to++) {
        bytes.putDouble(flux.flux(from, to));
      }
    }
    return bytes.array();
  }

  private static void requireEqual(Cycles cycles, String numpy) {
    StringTokenizer answer = new StringTokenizer(numpy);
    boolean equal = cycles.total() == Long.parseLong(answer.nextToken());
    for (Cycles.Cycle cycle : cycles.strongest()) {
      List<String> fields = List.of(answer.nextToken().split(","));
      equal &= near(cycle.weight(), fields.get(0)) && near(cycle.affinity(), fields.get(1));
      equal &= cycle.states().stream().map(String::valueOf).toList().equals(tail(fields));
    }
    if (!equal) {
      throw new IllegalStateException("NumPy found other cycles: " + numpy);
    }
  }

  private static List<String> tail(List<String> fields) {
    return fields.subList(2, fields.size());
  }

  private static boolean near(double ours, String theirs) {
    return Math.abs(ours - Double.parseDouble(theirs)) <= TOLERANCE * Math.max(1, Math.abs(ours));
  }
}
