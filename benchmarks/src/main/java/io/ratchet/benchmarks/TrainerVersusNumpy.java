package io.ratchet.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.trainer.TrainingLoop;
import io.ratchet.trainer.TrainingSettings;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.publish.RunPublisher;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Updates per second of the trainer beside the NumPy program of {@code ../shared/peer}, on the same
 * data with the same settings, in alternation on the same core.
 *
 * <pre>
 * taskset -c 1 java -XX:+UseSerialGC -cp ... io.ratchet.benchmarks.TrainerVersusNumpy
 *     [PEER_DIRECTORY [PAIRS [K BATCH CHAINS [UPDATES]]]]
 * </pre>
 *
 * <p>Started under {@code taskset}, the peer inherits the one core. The trainer is warmed up by
 * runs of its own first. Wall time on both sides; what is printed is each pair's ratio, and the
 * median and range. Below, the same by CPU time, for machines that have other things to do: of the
 * trainer's thread, and of the peer's process for updates beyond the first fifth. Last, the trainer
 * alone: without handing anything over, handing over every sweep, and with observables every 10
 * steps.
 */
public final class TrainerVersusNumpy {

  private static final String PYTHON = "/usr/bin/python3"; // Debian's: it has NumPy and SciPy
  private static final int NEVER = Integer.MAX_VALUE;

  /** Runs until the compiler, which shares the core, has done with the trainer. */
  private static final int WARM_UPS = 4;

  private TrainerVersusNumpy() {}

  /** Runs the comparison. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path peer = Path.of(args.length > 0 ? args[0] : "../shared/peer");
    int pairs = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    TrainingSettings settings =
        TrainingSettings.builder()
            .states(args.length > 2 ? Integer.parseInt(args[2]) : 10)
            .batch(args.length > 3 ? Integer.parseInt(args[3]) : 500)
            .chains(args.length > 4 ? Integer.parseInt(args[4]) : 100)
            .updates(args.length > 5 ? Integer.parseInt(args[5]) : 3_000)
            .publishEvery(NEVER)
            .build();
    Path images = peer.resolve("../data/mnist");
    String spec =
        "idx:"
            + images.resolve("train-images-idx3-ubyte.gz")
            + ","
            + images.resolve("train-labels-idx1-ubyte.gz");
    DataSet data = DataSets.load(spec, null, Integer.MAX_VALUE, 1);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.printf(Locale.ROOT, "cores allowed: %s%n", allowedCores());
    out.printf(Locale.ROOT, "settings: %s%n", settings.toMap());

    for (int run = 0; run < WARM_UPS; run++) {
      wallRate(data, settings);
    }
    double[] ratios = new double[pairs];
    double[] ours = new double[pairs];
    double[] theirs = new double[pairs];
    for (int pair = 0; pair < pairs; pair++) {
      theirs[pair] = peerRate(peer, settings);
      ours[pair] = wallRate(data, settings);
      ratios[pair] = ours[pair] / theirs[pair];
      out.printf(
          Locale.ROOT,
          "pair %d: NumPy %.0f, trainer %.0f updates/s, ratio %.2f%n",
          pair + 1,
          theirs[pair],
          ours[pair],
          ratios[pair]);
    }
    out.printf(
        Locale.ROOT,
        "median: NumPy %.0f, trainer %.0f updates/s, ratio %.2f (%.2f to %.2f)%n",
        Figures.median(theirs),
        Figures.median(ours),
        Figures.median(ratios),
        Figures.quantile(ratios, 0),
        Figures.quantile(ratios, 1));

    double[][] micros = new double[3][pairs];
    for (int pair = 0; pair < pairs; pair++) {
      theirs[pair] = peerCpuMicros(peer, settings);
      micros[0][pair] = cpuMicros(data, observing(settings, NEVER, NEVER));
      micros[1][pair] = cpuMicros(data, observing(settings, 1, NEVER));
      micros[2][pair] = cpuMicros(data, observing(settings, 1, 10));
      ratios[pair] = theirs[pair] / micros[0][pair];
    }
    out.printf(
        Locale.ROOT,
        "by CPU time: NumPy %.0f us, trainer %.0f us an update, ratio %.2f (%.2f to %.2f)%n",
        Figures.median(theirs),
        Figures.median(micros[0]),
        Figures.median(ratios),
        Figures.quantile(ratios, 0),
        Figures.quantile(ratios, 1));
    out.printf(
        Locale.ROOT,
        "CPU per update, median: %.0f us; every sweep handed over %.0f us; observed every 10 %.0f us%n",
        Figures.median(micros[0]),
        Figures.median(micros[1]),
        Figures.median(micros[2]));
  }

  private static TrainingSettings observing(TrainingSettings base, int publish, int observe) {
    return TrainingSettings.builder()
        .states(base.states())
        .batch(base.batch())
        .chains(base.chains())
        .updates(base.updates())
        .publishEvery(publish)
        .observeEvery(observe)
        .build();
  }

  private static double wallRate(DataSet data, TrainingSettings settings) {
    TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), System::nanoTime);
    long start = System.nanoTime();
    loop.run(() -> false, (step, logLikelihood) -> {});
    return settings.updates() * 1e9 / (System.nanoTime() - start);
  }

  private static double cpuMicros(DataSet data, TrainingSettings settings) {
    TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), System::nanoTime);
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    loop.run(() -> false, (step, logLikelihood) -> {});
    long used = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
    return used * 1e-3 / settings.updates();
  }

  private static double peerRate(Path peer, TrainingSettings settings)
      throws IOException, InterruptedException {
    byte[] answer = output(command(peer, settings, settings.updates()));
    return new ObjectMapper().readTree(answer).get("updates_per_s").asDouble();
  }

  /** CPU time of an update: what the start takes is in a fifth of the updates, too. */
  private static double peerCpuMicros(Path peer, TrainingSettings settings)
      throws IOException, InterruptedException {
    long few = settings.updates() / 5;
    double start = cpuSeconds(command(peer, settings, few));
    double all = cpuSeconds(command(peer, settings, settings.updates()));
    return (all - start) * 1e6 / (settings.updates() - few);
  }

  /** User and system time of a process, as the shell's {@code times} has it. */
  private static double cpuSeconds(List<String> command) throws IOException, InterruptedException {
    List<String> timed =
        new ArrayList<>(List.of("bash", "-c", "\"$@\" > /dev/null; times", "bash"));
    timed.addAll(command);
    String[] words = new String(output(timed), StandardCharsets.UTF_8).strip().split("\\s+", -1);
    double seconds = 0;
    for (String word : List.of(words[2], words[3])) { // of the children: 0m1.234s 0m0.050s
      int minutes = word.indexOf('m');
      seconds += 60 * Double.parseDouble(word.substring(0, minutes));
      seconds += Double.parseDouble(word.substring(minutes + 1, word.length() - 1));
    }
    return seconds;
  }

  private static List<String> command(Path peer, TrainingSettings settings, long updates) {
    return List.of(
        PYTHON,
        peer.resolve("train_numpy.py").toString(),
        "--k",
        Integer.toString(settings.states()),
        "--batch",
        Integer.toString(settings.batch()),
        "--chains",
        Integer.toString(settings.chains()),
        "--updates",
        Long.toString(updates),
        "--eval",
        "0");
  }

  private static byte[] output(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    byte[] answer = process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) {
      throw new IOException("the peer failed with exit code " + process.exitValue());
    }
    return answer;
  }

  private static String allowedCores() throws IOException {
    Path status = Path.of("/proc/self/status");
    List<String> lines = Files.exists(status) ? Files.readAllLines(status) : List.of();
    return lines.stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .map(line -> line.substring(18).strip())
        .findFirst()
        .orElse("unknown");
  }
}
