package io.ratchet.benchmarks;

import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.learning.RbmLearner;
import io.ratchet.trainer.model.Prototypes;
import io.ratchet.trainer.model.RbmModel;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Updates of a restricted Boltzmann machine, 784 x 100, batch and chains 500, PCD-10 with centred
 * gradient: the trainer, which follows ln Z besides, and NumPy in float32, in turns in one run.
 *
 * <pre>
 * taskset -c 1 java -XX:+UseSerialGC -cp ... io.ratchet.benchmarks.RbmVersusNumpy
 *     [PYTHON [DATA_DIRECTORY [PAIRS]]]
 * </pre>
 *
 * <p>CPU seconds of the training thread and of the NumPy process, so that other programs disturb
 * neither. NumPy's BLAS has one thread.
 */
public final class RbmVersusNumpy {
  private static final int HIDDEN = 100;
  private static final int BATCH = 500;
  private static final int SWEEPS = 10;
  private static final double RATE = 0.01;
  private static final int UPDATES = 100;
  private static final int WARM_UPS = 3;

  private final RbmLearner learner;
  private final DataSet data;
  private final int[] order;
  private int position;

  private RbmVersusNumpy(DataSet data) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(1);
    this.data = data;
    this.order = ClassReader.shuffled(data.size(), random);
    this.learner =
        new RbmLearner(
            RbmModel.initial(HIDDEN, data, random),
            Chains.start(BATCH, data.visible(), 2),
            Prototypes.of(data, 10, random),
            true,
            random);
  }

  /** Runs the comparison and prints it. */
  public static void main(String[] arguments) throws IOException {
    String python = arguments.length > 0 ? arguments[0] : "/usr/bin/python3";
    Path images = Path.of(arguments.length > 1 ? arguments[1] : "../shared/data/mnist");
    int pairs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
    DataSet data =
        DataSets.load(
            "idx:" + images.resolve("train-images-idx3-ubyte.gz"), null, Integer.MAX_VALUE, 1);
    RbmVersusNumpy ours = new RbmVersusNumpy(data);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (NumpyProgram numpy =
        new NumpyProgram(python, "rbm.py", bytes(data), data.visible(), HIDDEN, BATCH, SWEEPS)) {
      double[] rates = new double[pairs];
      double[] theirs = new double[pairs];
      double[] ratios = new double[pairs];
      for (int pair = -WARM_UPS; pair < pairs; pair++) {
        double their = Double.parseDouble(numpy.ask(Integer.toString(UPDATES))) / UPDATES;
        double our = ours.seconds() / UPDATES;
        if (pair >= 0) {
          rates[pair] = 1 / our;
          theirs[pair] = 1 / their;
          ratios[pair] = their / our;
          print(out, "pair " + (pair + 1), their, our);
        }
      }
      out.printf(
          Locale.ROOT,
          "median: NumPy %s %.1f, trainer %.1f updates per CPU-second, ratio %.2f (%.2f to %.2f)%n",
          numpy.version(),
          Figures.median(theirs),
          Figures.median(rates),
          Figures.median(ratios),
          Figures.quantile(ratios, 0),
          Figures.quantile(ratios, 1));
    }
  }

  private static void print(PrintStream out, String what, double their, double our) {
    out.printf(
        Locale.ROOT,
        "%s: NumPy %.1f, trainer %.1f updates per CPU-second, ratio %.2f%n",
        what,
        1 / their,
        1 / our,
        their / our);
  }

  private double seconds() {
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    for (int u = 0; u < UPDATES; u++) {
      if (position + BATCH > order.length) {
        position = 0;
      }
      learner.prepare();
      for (int k = 0; k < SWEEPS; k++) {
        learner.sweep(false);
      }
      learner.gradient(data.rows(), order, position, BATCH);
      learner.apply(RATE);
      position += BATCH;
    }
    return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) * 1e-9;
  }

  private static byte[] bytes(DataSet data) {
    byte[] bytes = new byte[Math.multiplyExact(data.size(), data.visible())];
    char[] ones = new char[data.visible()];
    for (int n = 0; n < data.size(); n++) {
      for (int k = data.rows().ones(n, ones) - 1; k >= 0; k--) {
        bytes[n * data.visible() + ones[k]] = 1;
      }
    }
    return bytes;
  }
}
