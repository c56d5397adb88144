package io.ratchet.benchmarks;

import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.learning.LatentCycleLearner;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.Lanes;
import io.ratchet.trainer.model.LatentCycleModel;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Where an update's time goes: a training run of MNIST's shape, in which each stage is timed in
 * each of the last updates. Medians over updates; one core, one thread.
 *
 * <pre>benchmarks/run TrainerStages [DATA [K BATCH CHAINS [UPDATES]]]</pre>
 */
public final class TrainerStages {
  private static final String[] STAGES = {
    "encoder: table of partial sums",
    "decoder: softplus, means, table",
    "digit planes of the means",
    "chains: z from x, new parameters",
    "chains: sweep z -> x -> z'",
    "gradient: data and chains",
    "RMSprop"
  };

  private TrainerStages() {}

  /** Runs the training and prints the stages. */
  public static void main(String[] args) {
    String spec =
        args.length > 0
            ? args[0]
            : "idx:../shared/data/mnist/train-images-idx3-ubyte.gz,"
                + "../shared/data/mnist/train-labels-idx1-ubyte.gz";
    int states = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    int batch = args.length > 2 ? Integer.parseInt(args[2]) : 500;
    int count = args.length > 3 ? Integer.parseInt(args[3]) : 100;
    int updates = args.length > 4 ? Integer.parseInt(args[4]) : 12_000;
    DataSet data = DataSets.load(spec, null, Integer.MAX_VALUE, 1);
    BitRows rows = data.rows();
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(1L);
    LatentCycleModel model =
        LatentCycleModel.initial(LatentCycleModel.Kind.LATENT_CYCLE, states, data, random);
    Chains chains = Chains.start(count, data.visible(), 2L);
    LatentCycleLearner learner = new LatentCycleLearner(model, chains, Algorithm.TWO_STEP, 0.9);
    TrainingSettings settings =
        TrainingSettings.builder()
            .states(states)
            .batch(batch)
            .chains(count)
            .updates(updates)
            .build();
    // The stages of prepare() once more, on parts of their own, so that each can be timed.
    Encoder encoder = new Encoder(data.visible(), states);
    Decoder decoder = new Decoder(data.visible(), states);
    LatentCycleSampler sampler = new LatentCycleSampler(encoder, decoder);
    Sweep sweep = new Sweep(count, states, encoder.stride());
    Chains copies = Chains.start(count, data.visible(), 3L);
    int[] order = ClassReader.shuffled(data.size(), random);
    double[][] nanos = new double[STAGES.length][updates / 2];
    for (int step = 0, position = 0; step < updates; step++, position += batch) {
      if (position + batch > order.length) {
        position = 0;
      }
      long t0 = System.nanoTime();
      encoder.load(model);
      long t1 = System.nanoTime();
      decoder.load(model);
      long t2 = System.nanoTime();
      sampler.load();
      long t3 = System.nanoTime();
      sampler.begin(copies, sweep);
      long t4 = System.nanoTime();
      learner.prepare();
      long t5 = System.nanoTime();
      learner.sweep(true);
      long t6 = System.nanoTime();
      learner.gradient(rows, order, position, batch);
      long t7 = System.nanoTime();
      learner.apply(settings.rate(step));
      long t8 = System.nanoTime();
      int at = step - (updates - updates / 2);
      if (at >= 0) {
        long[] stages = {t1 - t0, t2 - t1, t3 - t2, t4 - t3, t6 - t5, t7 - t6, t8 - t7};
        for (int s = 0; s < stages.length; s++) {
          nanos[s][at] = stages[s];
        }
      }
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    int nibbles = rows.start(rows.size()) / rows.size();
    out.printf(
        Locale.ROOT,
        "%s, K = %d, B = %d, C = %d, %d of %d blocks of 4 units not empty; %s%n",
        data.spec(),
        states,
        batch,
        count,
        nibbles,
        (data.visible() + 3) / 4,
        Lanes.BEST.getClass().getSimpleName());
    double sum = 0;
    for (int s = 0; s < STAGES.length; s++) {
      double micros = Figures.median(nanos[s]) / 1e3;
      sum += micros;
      out.printf(Locale.ROOT, "%-34s %7.1f us%n", STAGES[s], micros);
    }
    out.printf(Locale.ROOT, "%-34s %7.1f us%n", "sum of the medians", sum);
  }
}
