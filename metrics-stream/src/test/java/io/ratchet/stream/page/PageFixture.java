package io.ratchet.stream.page;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.ReversibilityTest;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A made-up run of ten states that looks like a real one: it learns, turns, is starved of data for
 * a while and frozen at its start. Serves the page by itself: {@code PageFixture PORT [STEPS]}.
 */
final class PageFixture {
  private static final int STATES = 10;
  private static final int SIDE = 16;

  private final RunArchive archive;
  private final RecordedWindows log;
  private final String run;
  private final Clock clock;
  private final SplittableRandom random = new SplittableRandom(1);
  private long step;

  PageFixture(RunArchive archive, RecordedWindows log, String run, Clock clock) {
    this.archive = archive;
    this.log = log;
    this.run = run;
    this.clock = clock;
    archive.accept(Records.run(run).setCreatedMillis(clock.millis()).build());
    beat(WorkerState.RUNNING);
  }

  void beat(WorkerState state) {
    Worker.Builder worker = Records.worker(run).setStep(step).setState(state);
    archive.accept(worker.setHeartbeatMillis(clock.millis()).build());
  }

  /** Goes on by some steps, 2 ms each. */
  void advance(int steps) {
    for (int i = 0; i < steps; i++, step++) {
      double learned = 1 - Math.exp(-step / 500.0);
      archive.accept(
          Records.update(run, step)
              .setTimestampMillis(clock.millis() + 2 * step)
              .setLogLikelihood(-96 + 34 * learned + noise(0.9))
              .setBlocks(
                  List.of(
                      block("W", 0.3 * Math.exp(-learned * 2)),
                      block("b", 0.04 * Math.exp(-learned)),
                      block("U", 2.4 * Math.exp(-learned * 3)),
                      block("a", 0.9 * Math.exp(-learned * 3.4))))
              .build());
      if (step % 10 == 0) {
        archive.accept(sweep());
      }
      if (step % 25 == 24) {
        closeWindow(learned);
      }
    }
  }

  private GradientBlock block(String name, double norm) {
    return GradientBlock.newBuilder().setName(name).setNorm(norm * Math.exp(noise(0.2))).build();
  }

  private double noise(double scale) {
    return scale * (random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5);
  }

  private void closeWindow(double learned) {
    boolean frozen = step < 200;
    boolean starved = step > 1_100 && step < 1_350;
    double turn = Math.max(0, learned - 0.3);
    double[] stationary = new double[STATES];
    ByteBuffer shares = ByteBuffer.allocate(8 * STATES).order(ByteOrder.LITTLE_ENDIAN);
    List<Current> currents = new ArrayList<>();
    int[] ring = {0, 3, 8, 1, 6, 9, 4, 7, 2, 5};
    for (int i = 0; i < STATES; i++) {
      stationary[i] = (1 + 0.7 * Math.sin(2.3 * i)) / 10.4;
      shares.putDouble(stationary[i]);
    }
    for (int i = 0; i < STATES; i++) {
      for (int hop = 1; hop <= 4; hop++) {
        double value = turn * 0.05 * Math.pow(0.33, hop - 1) * (1 + 0.6 * Math.sin(5 * i + hop));
        double measured = value + noise(0.0012);
        int from = ring[measured > 0 ? i : (i + hop) % STATES];
        int to = ring[measured > 0 ? (i + hop) % STATES : i];
        currents.add(new Current(from, to, Math.abs(measured), 0.0012));
      }
    }
    currents.sort(Comparator.comparingDouble(Current::getValue).reversed());
    EstimateStatus status =
        frozen
            ? EstimateStatus.FROZEN
            : starved ? EstimateStatus.INSUFFICIENT : EstimateStatus.ESTIMATED;
    Thermodynamics window =
        Records.window(run, step)
            .setStatus(status)
            .setEntropyProduction(estimate("counts", 4.6 * turn, 0.35, status))
            .setSoftEntropyProduction(estimate("soft", 6.1 * turn, 0.2, status))
            .setPathEntropyProduction(estimate("path", 46 * turn, 1.5, EstimateStatus.ESTIMATED))
            .setSelfTransitionProbability(
                estimate(
                    "plug-in",
                    0.04 + 0.9 * Math.exp(-step / 150.0),
                    0.008,
                    EstimateStatus.ESTIMATED))
            .setClassDivergence(
                step < 120
                    ? Records.without(EstimateStatus.INSUFFICIENT)
                    : estimate(
                        "plug-in", 0.02 + 0.5 * (1 - learned), 0.02, EstimateStatus.ESTIMATED))
            .setLatentDivergence(
                estimate("plug-in", 0.005 + 0.3 * (1 - learned), 0.01, EstimateStatus.ESTIMATED))
            .setReversibilityTest(
                new ReversibilityTest("sign-flip", 812.0, 36L, frozen ? null : 0.005))
            .setStationaryDistribution(shares.flip())
            .setCounts(counts(frozen ? List.of() : currents))
            .setCurrentsTotal(currents.size())
            .setCurrents(frozen ? List.of() : currents)
            .setCyclesTotal(2)
            .setCyclesEntropyShare(0.8)
            .setCycles(
                List.of(
                    new Cycle(List.of(0, 3, 8, 1, 6, 9, 4, 7, 2, 5), STATES, 0.03, 10.0),
                    new Cycle(List.of(0, 3, 8), 3, 0.02, 5.0)))
            .build();
    archive.accept(window, log.append(window), clock.millis() + 2 * step);
  }

  /** Counts of 50,000 transitions that have these net currents. */
  private static ByteBuffer counts(List<Current> currents) {
    long[][] counts = new long[STATES][STATES];
    for (long[] row : counts) {
      Arrays.fill(row, 400);
    }
    currents.forEach(c -> counts[c.getFrom()][c.getTo()] += Math.round(50_000 * c.getValue()));
    ByteBuffer triples = ByteBuffer.allocate(STATES * STATES * 12).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < STATES; i++) {
      for (int j = 0; j < STATES; j++) {
        triples.putShort((short) i).putShort((short) j).putLong(counts[i][j]);
      }
    }
    return triples.flip();
  }

  private Estimate estimate(String name, double value, double half, EstimateStatus status) {
    if (status != EstimateStatus.ESTIMATED) {
      return Records.without(status);
    }
    double measured = Math.max(0, value + noise(half * 0.4));
    return Estimate.newBuilder()
        .setValue(measured)
        .setLower(Math.max(0, measured - half))
        .setUpper(measured + half)
        .setEstimator(name)
        .setStatus(status)
        .build();
  }

  private ChainStates sweep() {
    byte[][] images = new byte[16][];
    byte[] classes = new byte[16];
    for (int i = 0; i < images.length; i++) {
      classes[i] = (byte) ((i * 7L + step / 100) % 10);
      images[i] = image(Integer.toString(classes[i]));
    }
    return Records.sweep(run, step, SIDE * SIDE, images)
        .setFrom(ByteBuffer.wrap(classes))
        .setClasses(ByteBuffer.wrap(classes))
        .build();
  }

  private byte[] image(String text) {
    BufferedImage drawn = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
    Graphics2D graphics = drawn.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 17));
    graphics.drawString(text, 3, 14);
    graphics.dispose();
    byte[] bits = new byte[SIDE * SIDE / 8];
    for (int unit = 0; unit < SIDE * SIDE; unit++) {
      int level = drawn.getRaster().getSample(unit % SIDE, unit / SIDE, 0);
      if (level + 60 * random.nextDouble() > 128) {
        bits[unit / 8] |= (byte) (1 << (unit % 8));
      }
    }
    return bits;
  }

  public static void main(String[] arguments) throws Exception {
    Clock clock = Clock.systemUTC();
    RunArchive archive = new RunArchive(clock);
    RecordedWindows log = new RecordedWindows();
    for (String older : List.of("glyphs-0", "tied-1", "a-run-with-a-rather-long-name")) {
      PageFixture finished = new PageFixture(archive, log, older, clock);
      archive.accept(
          Records.run(older)
              .setModel(older.startsWith("tied") ? "tied" : "latent-cycle")
              .setSeed(older.length())
              .setSettings(
                  Map.of("batch", "500", "k", "10", "learning-rate", "0.0" + older.length()))
              .setTags(List.of("baseline"))
              .setNotes("first try")
              .build());
      finished.advance(older.length() * 90);
      finished.beat(WorkerState.FINISHED);
    }
    PageFixture fixture = new PageFixture(archive, log, "glyphs-1", clock);
    fixture.advance(arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2_000);
    archive.accept(
        Alert.newBuilder()
            .setRun("glyphs-1")
            .setAttempt(1)
            .setKind(AlertKind.FROZEN)
            .setAction(AlertAction.RAISED)
            .setSequence(4)
            .setFromStep(0)
            .setToStep(124)
            .build());
    archive.accept(
        Alert.newBuilder()
            .setRun("glyphs-1")
            .setAttempt(1)
            .setKind(AlertKind.FROZEN)
            .setAction(AlertAction.RESOLVED)
            .setSequence(12)
            .setFromStep(0)
            .setToStep(324)
            .build());
    try (HttpServer server =
        HttpServer.start(
            HttpSettings.loopback(Integer.parseInt(arguments[0])),
            () -> "",
            () -> true,
            archive,
            log)) {
      while (server.port() > 0) {
        TimeUnit.MILLISECONDS.sleep(100);
        fixture.advance(5);
        fixture.beat(WorkerState.RUNNING);
      }
    }
  }
}
