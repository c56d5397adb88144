package io.ratchet.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.thermodynamics.GroupedSoftCounts;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.LatentCycleSampler;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Posterior;
import io.ratchet.trainer.publish.RunPublisher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The soft estimate of a model trained on MNIST, beside the entropy production of its kernel. */
@Tag("statistics")
final class SoftEntropyProductionTest {
  private static final int CHAINS = 320;
  private static final int GROUPS = 32;
  private static final int BURN_IN = 200;
  private static final int SEEDS = 4;

  /** Draws of x for each state by which the kernel is found. */
  private static final int SAMPLES = 100_000;

  @Test
  void softEstimate_isWithinFivePercent_fromTenThousandTransitionsOn() throws IOException {
    Path mnist = Path.of(System.getProperty("ratchet.shared"), "data", "mnist");
    assumeThat(mnist).as("MNIST of the shared folder").exists();
    DataSet data =
        DataSets.load(
            "idx:%s,%s"
                .formatted(
                    mnist.resolve("train-images-idx3-ubyte.gz"),
                    mnist.resolve("train-labels-idx1-ubyte.gz")),
            null,
            10_000,
            1);
    List<String> rows = new ArrayList<>();
    for (int seed = 1; seed <= SEEDS; seed++) {
      LatentCycleModel model = trained(data, seed);
      LatentKernel kernel =
          LatentKernel.sampled(model, SAMPLES, RandomSource.XO_SHI_RO_256_PP.create(seed));
      double exact = kernel.entropyProduction();
      for (int transitions : new int[] {2_000, 10_000, 20_000, 100_000}) {
        EntropyProduction production = soft(model, (transitions + CHAINS - 1) / CHAINS, seed);
        Estimate soft = production.estimate(0.95);
        double value = soft.value().orElseThrow();
        rows.add(
            String.format(
                Locale.ROOT,
                "| %d | %.3f | %.3f | %d | %.3f | %.3f to %.3f | %+.1f | %s |%n",
                seed,
                exact,
                kernel.entropyProductionError().orElseThrow(),
                transitions,
                value,
                soft.lower().orElseThrow(),
                soft.upper().orElseThrow(),
                100 * (value / exact - 1),
                production.warnings().isEmpty() ? "" : "warned"));
        if (transitions >= 10_000) {
          assertThat(value)
              .as("seed %d, %d transitions", seed, transitions)
              .isCloseTo(exact, within(0.05 * exact));
        }
      }
    }
    Path report = Path.of("target", "validation", "7-soft-mnist.md");
    Files.createDirectories(report.getParent());
    Files.writeString(
        report,
        """
        ## 7. Soft entropy production of models trained on MNIST

        The %d images of `../shared`, K = 10, the recipe of 3,000 updates; %d chains in %d groups, %d sweeps left
        out. Exact: of the kernel found from %d draws of x for each state. Required: within 5 %% from
        10,000 transitions on. Warned: as in section 2.

        | seed | exact | its error | transitions | soft | 95 %% interval | difference %% | |
        |---|---|---|---|---|---|---|---|
        %s
        """
            .formatted(data.size(), CHAINS, GROUPS, BURN_IN, SAMPLES, String.join("", rows)));
  }

  private static LatentCycleModel trained(DataSet data, long seed) {
    TrainingSettings settings = TrainingSettings.builder().seed(seed).build();
    TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), () -> 0);
    loop.run(() -> false, (step, logLikelihood) -> {});
    return Checkpoints.model(loop.snapshot("soft", 1, 0, 1));
  }

  private static EntropyProduction soft(LatentCycleModel model, int sweeps, long seed) {
    Encoder encoder = new Encoder(model.visible(), model.states());
    Decoder decoder = new Decoder(model.visible(), model.states());
    encoder.load(model);
    decoder.load(model);
    LatentCycleSampler sampler = new LatentCycleSampler(encoder, decoder);
    sampler.load();
    Chains chains = Chains.start(CHAINS, model.visible(), seed);
    Sweep sweep = new Sweep(CHAINS, model.states(), encoder.stride());
    sampler.begin(chains, sweep);
    GroupedSoftCounts counts = GroupedSoftCounts.empty(GROUPS, model.states());
    double[] row = new double[model.states()];
    float[] published = new float[model.states()];
    for (int step = 0; step < BURN_IN + sweeps; step++) {
      sampler.step(chains, sweep);
      for (int chain = 0; step >= BURN_IN && chain < CHAINS; chain++) {
        // As published: the sampler's own posteriors leave out what is negligible for a draw.
        Posterior.scaled(
            sweep.logits(), chain * sweep.stride(), row.length, Posterior.EXACT, row, 0);
        for (int to = 0; to < row.length; to++) {
          published[to] = (float) row[to];
        }
        counts.add(chain % GROUPS, sweep.from()[chain], published, 0);
      }
    }
    return EntropyProduction.fromSoftCounts(counts);
  }
}
