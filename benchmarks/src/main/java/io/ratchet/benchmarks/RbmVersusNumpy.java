package io.ratchet.benchmarks;

import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.evaluate.AnnealedPartition;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.learning.MacroStates;
import io.ratchet.trainer.learning.RbmLearner;
import io.ratchet.trainer.model.Prototypes;
import io.ratchet.trainer.model.RbmModel;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
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
 *
 * <p>Then the machine is trained further, faster, and ln Z as it was followed online is held beside
 * annealed importance sampling; in the end, with its parameters at rest, the entropy production of
 * its visible chain, which must be 0. The exit code is 1 if the interval at 0.999 does not contain
 * 0.
 */
public final class RbmVersusNumpy {
  private static final int HIDDEN = 100;
  private static final int BATCH = 500;
  private static final int SWEEPS = 10;
  private static final double RATE = 0.01;
  private static final int UPDATES = 100;
  private static final int WARM_UPS = 3;
  private static final int STATES = 10;
  private static final int GROUPS = 32;

  /** Sweeps at rest: the first let the chains arrive, the others are counted. */
  private static final int SETTLING = 500;

  private static final int WATCHED = 2_000;

  private static final int TEMPERATURES = 10_000;
  private static final int ANNEALED = 200;

  /** Rounds of further training, each with one look at ln Z: enough for weights that matter. */
  private static final int ROUNDS = 3;

  private static final int ROUND = 6;
  private static final double FASTER = 0.05;

  private static final String[] STAGES = {
    "tables, walkers of ln Z", "sweeps", "gradient", "step uphill"
  };

  private final RbmLearner learner;
  private final DataSet data;
  private final int[] order;
  private int position;

  /** CPU milliseconds an update of each stage, over the last round. */
  private final double[] stages = new double[STAGES.length];

  private RbmVersusNumpy(DataSet data) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(1);
    this.data = data;
    this.order = ClassReader.shuffled(data.size(), random);
    this.learner =
        new RbmLearner(
            RbmModel.initial(HIDDEN, data, random),
            Chains.start(BATCH, data.visible(), 2),
            MacroStates.nearest(Prototypes.of(data, STATES, random)),
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
        double our = ours.seconds(RATE) / UPDATES;
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
    for (int s = 0; s < STAGES.length; s++) {
      out.printf(Locale.ROOT, "%-24s %6.2f ms of CPU an update%n", STAGES[s], ours.stages[s]);
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int part = 0; part < ROUND; part++) {
        ours.seconds(FASTER);
      }
      ours.follow(out);
    }
    if (!ours.watch(out)) {
      System.exit(1);
    }
  }

  /** ln Z of the parameters as they are, by the walkers of training and by annealing. */
  private void follow(PrintStream out) {
    learner.prepare();
    learner.gradient(data.rows(), order, 0, BATCH);
    double[] energies = learner.model().freeEnergies(data.rows());
    double free = Arrays.stream(order, 0, BATCH).mapToDouble(n -> -energies[n]).sum() / BATCH;
    AnnealedPartition annealed =
        AnnealedPartition.of(learner.model(), TEMPERATURES, ANNEALED, 1, temperature -> {});
    out.printf(
        Locale.ROOT,
        "ln Z: online %.3f, annealed %.3f +- %.3f (%.2f of the chains count), online - annealed %.3f;"
            + " minibatch log-likelihood %.2f%n",
        free - learner.logLikelihood(),
        annealed.logPartition(),
        annealed.standardError(),
        annealed.effectiveShare(),
        free - learner.logLikelihood() - annealed.logPartition(),
        learner.logLikelihood());
  }

  /** Whether the interval of the visible chain's entropy production contains 0. */
  private boolean watch(PrintStream out) {
    learner.prepare();
    GroupedCounts counts = GroupedCounts.empty(GROUPS, STATES);
    for (int s = 0; s < SETTLING; s++) {
      learner.sweep(false);
    }
    for (int s = 0; s < WATCHED; s++) {
      Sweep sweep = learner.sweep(true);
      for (int c = 0; c < BATCH; c++) {
        counts.add(c % GROUPS, sweep.from()[c], sweep.to()[c]);
      }
    }
    Estimate estimate = EntropyProduction.fromCounts(counts, WATCHED).estimate(0.999);
    double lower = estimate.lower().orElse(Double.NaN);
    out.printf(
        Locale.ROOT,
        "entropy production of the visible chain, %d states, %d transitions: %.6f, 99.9 %% interval"
            + " %.6f to %.6f%n",
        STATES,
        WATCHED * BATCH,
        estimate.value().orElse(Double.NaN),
        lower,
        estimate.upper().orElse(Double.NaN));
    return lower == 0;
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

  /** CPU seconds of some updates. */
  private double seconds(double rate) {
    long start = cpu();
    Arrays.fill(stages, 0);
    for (int u = 0; u < UPDATES; u++) {
      if (position + BATCH > order.length) {
        position = 0;
      }
      long t0 = cpu();
      learner.prepare();
      long t1 = cpu();
      for (int k = 0; k < SWEEPS; k++) {
        learner.sweep(false);
      }
      long t2 = cpu();
      learner.gradient(data.rows(), order, position, BATCH);
      long t3 = cpu();
      learner.apply(rate);
      long[] ends = {t0, t1, t2, t3, cpu()};
      for (int s = 0; s < stages.length; s++) {
        stages[s] += (ends[s + 1] - ends[s]) * 1e-6 / UPDATES;
      }
      position += BATCH;
    }
    return (cpu() - start) * 1e-9;
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
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
