package io.ratchet.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Map;
import java.util.TreeMap;
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

  /** Chains of their own for each model and length: an estimate is a draw, not a number. */
  private static final int REPLICATES = 10;

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
    Map<Integer, Integer> outside = new TreeMap<>();
    for (int seed = 1; seed <= SEEDS; seed++) {
      LatentCycleModel model = trained(data, seed);
      LatentKernel kernel =
          LatentKernel.sampled(model, SAMPLES, RandomSource.XO_SHI_RO_256_PP.create(seed));
      double exact = kernel.entropyProduction();
      for (int transitions : new int[] {2_000, 10_000, 20_000, 100_000}) {
        double mean = 0;
        double largest = 0;
        int covered = 0;
        int warned = 0;
        for (int replicate = 1; replicate <= REPLICATES; replicate++) {
          EntropyProduction production =
              soft(model, (transitions + CHAINS - 1) / CHAINS, 100L * seed + replicate);
          Estimate soft = production.estimate(0.95);
          double difference = soft.value().orElseThrow() / exact - 1;
          mean += difference / REPLICATES;
          largest = Math.abs(difference) > Math.abs(largest) ? difference : largest;
          covered +=
              soft.lower().orElseThrow() <= exact && exact <= soft.upper().orElseThrow() ? 1 : 0;
          warned += production.warnings().isEmpty() ? 0 : 1;
          outside.merge(transitions, Math.abs(difference) > 0.05 ? 1 : 0, Integer::sum);
        }
        rows.add(
            String.format(
                Locale.ROOT,
                "| %d | %.3f | %.3f | %d | %+.1f | %+.1f | %d | %d |%n",
                seed,
                exact,
                kernel.entropyProductionError().orElseThrow(),
                transitions,
                100 * mean,
                100 * largest,
                covered,
                warned));
        if (transitions >= 10_000) {
          assertThat(Math.abs(mean))
              .as("seed %d, %d transitions", seed, transitions)
              .isLessThan(0.05);
        }
      }
    }
    int all = SEEDS * REPLICATES;
    Path report = Path.of("target", "validation", "7-soft-mnist.md");
    Files.createDirectories(report.getParent());
    Files.writeString(
        report,
        """
        ## 7. Soft entropy production of models trained on MNIST

        The %d images of `../shared`, K = 10, the recipe of 3,000 updates; %d chains in %d groups, %d sweeps left
        out, %d replicates with chains of their own. Exact: of the kernel found from %d draws of x for each state.
        Required: within 5 %% from 10,000 transitions on. That holds for every mean; of the single estimates
        %d of %d miss it at 10,000 transitions, %d at 20,000, %d at 100,000. Warned: as in section 2.

        | seed | exact | its error | transitions | mean difference %% | largest %% | intervals that cover | warned |
        |---|---|---|---|---|---|---|---|
        %s
        """
            .formatted(
                data.size(),
                CHAINS,
                GROUPS,
                BURN_IN,
                REPLICATES,
                SAMPLES,
                outside.get(10_000),
                all,
                outside.get(20_000),
                outside.get(100_000),
                String.join("", rows)));
    // A single estimate at 10,000 transitions scatters by 2 to 3 %: one in ten may miss.
    assertThat(outside.get(10_000)).isLessThanOrEqualTo(all / 10);
    assertThat(outside.get(20_000)).isLessThanOrEqualTo(all / 20);
    assertThat(outside.get(100_000)).isZero();
  }

  private static LatentCycleModel trained(DataSet data, long seed) {
    TrainingSettings settings = TrainingSettings.builder().seed(seed).build();
    TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), () -> 0);
    loop.run(() -> false, (step, logLikelihood) -> {});
    return Checkpoints.model(loop.snapshot("soft", 1));
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
