package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.publish.RunPublisher;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Draws of a trained model, as a user asks for them. */
final class SampleCommandTest {
  private static final int SIDE = 8;

  @TempDir static Path directory;
  private static String cycle;
  private static String rbm;

  @BeforeAll
  static void train() throws IOException {
    cycle = checkpoint(LatentCycleModel.Kind.LATENT_CYCLE, 300);
    rbm = checkpoint(LatentCycleModel.Kind.RBM, 1_500);
  }

  private static String checkpoint(LatentCycleModel.Kind kind, int updates) throws IOException {
    TrainingSettings settings =
        TrainingSettings.builder()
            .model(kind)
            .states(4)
            .hidden(24)
            .batch(100)
            .sweeps(2)
            .learningRate(0.03)
            .updates(updates)
            .build();
    TrainingLoop loop =
        TrainingLoop.start(
            DataSets.load("glyphs:" + SIDE, new int[] {0, 1}, 400, 1),
            settings,
            RunPublisher.none(),
            System::nanoTime);
    loop.run(() -> false, (step, logLikelihood) -> {});
    Path file = directory.resolve(kind + ".avro");
    Checkpoints.stage(file, loop.snapshot("sampled", 1)).commit();
    return file.toString();
  }

  private static CommandLineRun sample(String checkpoint, String... more) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("sample", "--checkpoint", checkpoint), Stream.of(more))
            .toArray(String[]::new));
  }

  private static List<String> table(String checkpoint, String... more) {
    CommandLineRun run =
        sample(
            checkpoint,
            Stream.concat(Stream.of("--out", "-"), Stream.of(more)).toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out().lines().toList();
  }

  private static BufferedImage image(String checkpoint, String name, String... more)
      throws IOException {
    Path file = directory.resolve(name);
    CommandLineRun run =
        sample(
            checkpoint,
            Stream.concat(Stream.of("--out", file.toString()), Stream.of(more))
                .toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return ImageIO.read(file.toFile());
  }

  /** Units of a row that are on. */
  private static long ones(String row) {
    return row.chars().filter(c -> c == '1').count();
  }

  @Test
  void trajectory_isOneChain_fromTheStateGiven_asAStrip() throws IOException {
    List<String> rows = table(cycle, "--trajectory", "--latent", "2", "--n", "40");
    assertThat(rows).hasSize(41);
    assertThat(rows.get(0)).startsWith("state,x0,x1,").endsWith(",x63");
    assertThat(rows.get(1)).startsWith("2,");
    assertThat(rows.subList(1, 41)).allMatch(row -> row.matches("[0-3](,[01]){64}"));
    assertThat(table(cycle, "--trajectory", "--latent", "2", "--n", "40")).isEqualTo(rows);
    assertThat(table(cycle, "--trajectory", "--latent", "2", "--n", "40", "--seed", "2"))
        .isNotEqualTo(rows);

    BufferedImage strip = image(cycle, "strip.png", "--trajectory", "--n", "12");
    assertThat(strip.getHeight()).isEqualTo(2 * SIDE + 4); // one row between two margins
    assertThat(strip.getWidth()).isEqualTo(12 * (2 * SIDE + 2) + 2);
  }

  @Test
  void ofAnRbm_drawsAreThoseOfTheData_andTheStripIsOneChain() throws IOException {
    List<String> rows = table(rbm, "--n", "200", "--sweeps", "200");
    assertThat(rows).hasSize(201);
    assertThat(rows.get(0)).startsWith("x0,x1,").endsWith(",x63");
    assertThat(rows.subList(1, 201)).allMatch(row -> row.matches("[01](,[01]){63}"));
    var data = DataSets.load("glyphs:" + SIDE, new int[] {0, 1}, 400, 1);
    double expected = java.util.Arrays.stream(data.means()).sum();
    double mean = rows.stream().skip(1).mapToLong(SampleCommandTest::ones).average().orElseThrow();
    assertThat(mean).isBetween(0.8 * expected, 1.2 * expected);

    List<String> chain = table(rbm, "--trajectory", "--n", "50", "--sweeps", "100");
    // One step changes fewer units than another chain would have otherwise.
    assertThat(apart(chain, 1)).isLessThan(0.8 * apart(rows, 1));
    BufferedImage strip = image(rbm, "rbm.png", "--trajectory", "--n", "5");
    assertThat(strip.getHeight()).isEqualTo(2 * SIDE + 4);
    assertThat(image(rbm, "grid.png", "--n", "9").getHeight()).isEqualTo(3 * (2 * SIDE + 2) + 2);
  }

  /** Mean number of units in which rows differ from those so many lines on. */
  private static double apart(List<String> rows, int distance) {
    long differ = 0;
    for (int n = 1; n + distance < rows.size(); n++) {
      for (int c = 0; c < rows.get(n).length(); c++) {
        differ += rows.get(n).charAt(c) == rows.get(n + distance).charAt(c) ? 0 : 1;
      }
    }
    return (double) differ / (rows.size() - 1 - distance);
  }

  @Test
  void whatAModelHasNot_isRefused() {
    CommandLineRun latent = sample(rbm, "--latent", "1", "--out", "-");
    assertThat(latent.exitCode()).isEqualTo(2);
    assertThat(latent.err())
        .contains("--latent: [1], allowed: with a model that has latent states");
    CommandLineRun sweeps = sample(cycle, "--sweeps", "10", "--out", "-");
    assertThat(sweeps.exitCode()).isEqualTo(2);
    assertThat(sweeps.err()).contains("--sweeps: 10, allowed: with an rbm");
  }
}
