package io.ratchet.cli;

import io.ratchet.trainer.evaluate.Samples;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Samples of a trained model, as an image or a table. */
@Command(
    name = "sample",
    description = "Draws samples of a trained model: a PNG of images in a grid, or a CSV table.")
final class SampleCommand extends RatchetCommand {
  private static final int MAX_SAMPLES = 1_000_000;

  /** Most images in a PNG: a square of some thousand pixels. */
  private static final int MAX_IMAGES = 10_000;

  /** Of an rbm, before a draw; docs/evaluate.md says what is known of it. */
  private static final int USUAL_SWEEPS = 1_000;

  private static final int MAX_SWEEPS = 1_000_000;

  /** Pixels of the PNG for each of an image, and between two images. */
  private static final int ZOOM = 2;

  private static final int GAP = 2;
  private static final int PAPER = 0x80;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--n",
      paramLabel = "N",
      defaultValue = "100",
      description = "Samples; of each state, with --latent. Default: ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--latent",
      paramLabel = "Z,...",
      split = ",",
      hideParamSyntax = true,
      description =
          "Draw from p(x|z) of these latent states, a row of the grid for each; not from the"
              + " stationary law.")
  private List<Integer> latent;

  @Option(
      names = "--trajectory",
      description =
          "Consecutive states of one chain, a strip; it starts at the one state of --latent, or by"
              + " the stationary law; of an rbm, after --sweeps.")
  private boolean trajectory;

  @Option(
      names = "--sweeps",
      paramLabel = "S",
      description =
          "Of an rbm: sweeps of Gibbs sampling that each chain makes first, from independent units on."
              + " Default: "
              + USUAL_SWEEPS
              + ".")
  private Integer sweeps;

  @Option(
      names = "--out",
      paramLabel = "FILE.png|FILE.csv|-",
      required = true,
      description = "Where to; - is CSV on standard output.")
  private String file;

  @Option(names = "--force", description = "Let --out overwrite a file.")
  private boolean force;

  @Override
  public Integer call() throws Exception {
    Check.range("--n", count, 1, MAX_SAMPLES);
    boolean image = file.endsWith(".png");
    if (!image && !file.endsWith(".csv") && !file.equals("-")) {
      throw Check.refused("--out", file, "allowed: a name that ends in .png or .csv, or -");
    }
    if (!file.equals("-")) {
      OutputFile.requireReplaceable("--out", Path.of(file), force);
    }
    ModelOptions.Trained trained = modelOptions.load(this::say);
    Samples samples = trained.rbm() == null ? latentSamples(trained, image) : gibbs(trained, image);
    write(samples, trained, image);
    return Ratchet.DONE;
  }

  /** Of a machine that has no latent states. */
  private Samples gibbs(ModelOptions.Trained trained, boolean image) {
    if (latent != null) {
      throw Check.refused(
          "--latent", latent, "allowed: with a model that has latent states, no rbm");
    }
    Check.range("--n", count, 1, image ? MAX_IMAGES : MAX_SAMPLES);
    int before = sweeps == null ? USUAL_SWEEPS : sweeps;
    Check.range("--sweeps", before, 0, MAX_SWEEPS);
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    return trajectory
        ? Samples.trajectory(trained.rbm(), count, before, random)
        : Samples.gibbs(trained.rbm(), count, before, random);
  }

  private Samples latentSamples(ModelOptions.Trained trained, boolean image) {
    if (sweeps != null) {
      throw Check.refused("--sweeps", sweeps, "allowed: with an rbm");
    }
    int states = trained.model().states();
    int[] given = latent == null ? new int[0] : latent.stream().mapToInt(z -> z).toArray();
    for (int z : given) {
      Check.range("--latent", z, 0, states - 1);
    }
    if (trajectory && given.length > 1) {
      throw Check.refused("--latent", given.length + " states", "allowed: one, with --trajectory");
    }
    int total = trajectory || given.length == 0 ? count : Math.multiplyExact(count, given.length);
    Check.range("--n", total, 1, image ? MAX_IMAGES : MAX_SAMPLES);
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    if (trajectory) {
      int start =
          given.length == 1 ? given[0] : Samples.stationary(trained.model(), 1, random).states()[0];
      return Samples.trajectory(trained.model(), start, count, random);
    }
    if (given.length == 0) {
      return Samples.stationary(trained.model(), count, random);
    }
    int[] each = new int[total];
    for (int n = 0; n < total; n++) {
      each[n] = given[n / count];
    }
    return Samples.from(trained.model(), each, random);
  }

  private void write(Samples samples, ModelOptions.Trained trained, boolean image)
      throws IOException {
    if (file.equals("-")) {
      writeTable(samples, out());
      return;
    }
    BufferedImage grid = image ? grid(samples, trained.settings()) : null;
    try (OutputFile out = OutputFile.create("--out", Path.of(file))) {
      try {
        if (!image) {
          PrintWriter table = new PrintWriter(out, false, StandardCharsets.UTF_8);
          writeTable(samples, table);
          if (table.checkError()) {
            throw new IOException("the disk took no more");
          }
        } else if (!ImageIO.write(grid, "png", out)) {
          throw new IllegalStateException("this Java platform cannot write PNG");
        }
        out.complete();
      } catch (IOException e) {
        throw out.failed(e);
      }
    }
  }

  /** Readable again as {@code csv:FILE,label=state}, of an rbm as {@code csv:FILE}. */
  private static void writeTable(Samples samples, PrintWriter table) {
    int units = samples.rows().visible();
    int[] states = samples.states();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < units; i++) {
      line.append(",x").append(i);
    }
    table.println(states.length == 0 ? line.substring(1) : "state" + line);
    byte[] packed = new byte[(units + 7) / 8];
    for (int n = 0; n < samples.rows().size(); n++) {
      samples.rows().pack(n, packed, 0);
      line.setLength(0);
      for (int i = 0; i < units; i++) {
        line.append(',').append(packed[i / 8] >> i % 8 & 1);
      }
      table.println(states.length == 0 ? line.substring(1) : states[n] + line.toString());
    }
  }

  private BufferedImage grid(Samples samples, Map<String, String> settings) {
    int units = samples.rows().visible();
    int side = (int) Math.round(Math.sqrt(units));
    int width = Integer.parseInt(settings.getOrDefault("image-width", String.valueOf(side)));
    if (units % width != 0 || (width == side && side * side != units)) {
      throw Check.refused("--out", file, "allowed: .csv for a model whose units are no image");
    }
    int height = units / width;
    int images = samples.rows().size();
    int columns = trajectory ? images : latent != null ? count : (int) Math.ceil(Math.sqrt(images));
    int rows = (images + columns - 1) / columns;
    BufferedImage grid =
        new BufferedImage(
            columns * (ZOOM * width + GAP) + GAP,
            rows * (ZOOM * height + GAP) + GAP,
            BufferedImage.TYPE_BYTE_GRAY);
    fill(grid, 0, 0, grid.getWidth(), grid.getHeight(), PAPER);
    byte[] packed = new byte[(units + 7) / 8];
    for (int n = 0; n < images; n++) {
      samples.rows().pack(n, packed, 0);
      int left = GAP + n % columns * (ZOOM * width + GAP);
      int top = GAP + n / columns * (ZOOM * height + GAP);
      for (int i = 0; i < units; i++) {
        int value = (packed[i / 8] >> i % 8 & 1) * 0xff;
        fill(grid, left + ZOOM * (i % width), top + ZOOM * (i / width), ZOOM, ZOOM, value);
      }
    }
    return grid;
  }

  private static void fill(BufferedImage image, int x, int y, int width, int height, int value) {
    for (int row = y; row < y + height; row++) {
      for (int column = x; column < x + width; column++) {
        image.getRaster().setSample(column, row, 0, value);
      }
    }
  }
}
