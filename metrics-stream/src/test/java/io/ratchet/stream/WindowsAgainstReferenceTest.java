package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.thermodynamics.Divergence;
import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.GroupedSoftCounts;
import io.ratchet.thermodynamics.SoftCounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * The whole topology against {@link NaiveStream}, bit for bit, on histories in which all goes
 * wrong.
 */
class WindowsAgainstReferenceTest {
  private static Path directory;

  @BeforeContainer
  static void makeDirectory() throws IOException {
    directory = Files.createTempDirectory("ratchet-stream-test");
  }

  @AfterContainer
  static void removeDirectory() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  @Property(tries = 150, shrinking = ShrinkingMode.OFF)
  void windows_areThoseOfTheReference_alsoAfterRestarts(@ForAll long seed) {
    RandomHistory history = RandomHistory.of("run-a", seed);
    NaiveStream reference = NaiveStream.of(history);
    Random random = new Random(seed);
    ProcessorFixture stream = new ProcessorFixture(history.settings());
    for (ChainStates record : history.records()) {
      if (random.nextInt(history.records().size()) < 3) {
        stream.restart();
      }
      stream.send(record);
    }
    assertSame(stream.windows(), reference);
    assertThat(Recomputed.of("run-a", history.settings(), history.records()).windows())
        .isEqualTo(stream.windows());
    assertThat(stream.deadLetters()).isEqualTo(rejected(reference));
    assertThat(stream.became()).isEqualTo(reference.became);
    long settled = reference.became.values().stream().mapToLong(each -> each).sum();
    assertThat(settled + reference.waiting()).isEqualTo(history.records().size());
  }

  @Property(tries = 50, shrinking = ShrinkingMode.OFF)
  void windows_areTheSame_whenRunsLeaveTheMemoryWhileTheyGoOn(@ForAll long seed) {
    RandomHistory history = RandomHistory.of("run-a", seed);
    List<ChainStates> others = RandomHistory.of("run-b", seed).records();
    ProcessorFixture stream = new ProcessorFixture(history.settings(), 0);
    for (int i = 0; i < others.size(); i++) {
      stream.send(history.records().get(i));
      stream.send(others.get(i));
    }
    List<Thermodynamics> windows = new ArrayList<>(stream.windows());
    windows.removeIf(window -> window.getRun().equals("run-b"));
    assertSame(windows, NaiveStream.of(history));
    assertThat(stream.windows()).hasSize(2 * windows.size());
  }

  @Property(tries = 2, shrinking = ShrinkingMode.OFF)
  void theWholeTopology_withRealStores_givesTheSame(@ForAll long seed) {
    RandomHistory history = RandomHistory.of("run-a", seed);
    NaiveStream reference = NaiveStream.of(history);
    Random random = new Random(seed);
    List<Thermodynamics> windows = new ArrayList<>();
    long dead = 0;
    try (TopologyFixture stream = new TopologyFixture(history.settings(), fresh())) {
      for (ChainStates record : history.records()) {
        if (random.nextInt(history.records().size()) < 2) {
          windows.addAll(stream.windows());
          dead += stream.deadLetters().size();
          stream.restart();
        }
        stream.send(record);
      }
      windows.addAll(stream.windows());
      dead += stream.deadLetters().size();
    }
    assertSame(windows, reference);
    assertThat(dead).isEqualTo(rejected(reference));
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void anyOrderWithin64_ofEachWorkersSweeps_givesTheSameBits(@ForAll long seed) {
    Random random = new Random(seed);
    // Grace that nothing exceeds, and each worker's end last.
    WindowSettings settings = new WindowSettings(random.nextInt(1, 6), 5, 1_000, 0.05);
    List<List<ChainStates>> workers =
        RandomHistory.workers("run-a", 1, 4, 3, 80, 1 + random.nextInt(3), random);
    List<Thermodynamics> inOrder = run(settings, roundRobin(workers));
    for (List<ChainStates> worker : workers) {
      ChainStates end = worker.remove(worker.size() - 1);
      for (int from = 0; from < worker.size(); from += 64) {
        Collections.shuffle(worker.subList(from, Math.min(from + 64, worker.size())), random);
      }
      worker.add(end);
    }
    List<Thermodynamics> shuffled = run(settings, roundRobin(workers));
    assertThat(inOrder).isNotEmpty();
    assertThat(shuffled).isEqualTo(inOrder);
  }

  private static List<Thermodynamics> run(WindowSettings settings, List<ChainStates> records) {
    ProcessorFixture stream = new ProcessorFixture(settings);
    records.forEach(stream::send);
    assertThat(stream.entries()).describedAs("what an ended run leaves: its book").isEqualTo(1);
    return stream.windows();
  }

  static long rejected(NaiveStream reference) {
    return reference.became.entrySet().stream()
        .filter(each -> !List.of("accepted", "late", "duplicate").contains(each.getKey()))
        .mapToLong(each -> each.getValue())
        .sum();
  }

  private static List<ChainStates> roundRobin(List<List<ChainStates>> workers) {
    List<ChainStates> records = new ArrayList<>();
    for (int i = 0; i < workers.get(0).size(); i++) {
      for (List<ChainStates> worker : workers) {
        records.add(worker.get(i));
      }
    }
    return records;
  }

  private static Path fresh() {
    try {
      return Files.createTempDirectory(directory, "state");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void assertSame(List<Thermodynamics> windows, NaiveStream reference) {
    assertThat(windows).hasSameSizeAs(reference.windows);
    for (int i = 0; i < windows.size(); i++) {
      Thermodynamics window = windows.get(i);
      NaiveStream.Window expected = reference.windows.get(i);
      assertThat(
              List.of(
                  window.getAttempt(),
                  window.getSequence(),
                  window.getFromStep(),
                  window.getToStep(),
                  window.getGaps(),
                  window.getLate(),
                  window.getMissingWorkers()))
          .isEqualTo(
              List.of(
                  expected.attempt,
                  expected.sequence,
                  expected.fromStep,
                  expected.toStep,
                  expected.gaps,
                  expected.late,
                  List.copyOf(expected.missing)));
      assertSameCounts(window, expected);
      assertSameSums(window, expected);
    }
  }

  private static void assertSameCounts(Thermodynamics window, NaiveStream.Window expected) {
    long[][] pooled = new long[expected.states][expected.states];
    GroupedCounts counts = GroupedCounts.empty(expected.groups, expected.states);
    ByteBuffer triples =
        ByteBuffer.allocate(12 * expected.states * expected.states).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < expected.states; from++) {
      for (int to = 0; to < expected.states; to++) {
        for (int group = 0; group < expected.groups; group++) {
          pooled[from][to] += expected.counts[group][from][to];
          counts.add(group, from, to, expected.counts[group][from][to]);
        }
        if (pooled[from][to] > 0) {
          triples.putShort((short) from).putShort((short) to).putLong(pooled[from][to]);
        }
      }
    }
    assertThat(window.getCounts()).isEqualTo(triples.flip());
    assertThat(window.getTransitions()).isEqualTo(counts.transitions());
    int chains = expected.groups; // at most 12 chains in these histories, a group each
    // The intervals see the counts group by group.
    assertSame(
        window.getEntropyProduction(),
        EntropyProduction.fromCounts(counts, counts.transitions() / (double) chains)
            .estimate(0.95));
  }

  private static void assertSameSums(Thermodynamics window, NaiveStream.Window expected) {
    boolean frozen = window.getStatus() == io.ratchet.schema.EstimateStatus.FROZEN;
    assertSame(
        window.getPathEntropyProduction(),
        sum(expected.pathCounts) == 0
            ? null
            : frozen(
                EntropyProduction.fromPath(expected.pathSums, expected.pathCounts).estimate(0.95),
                frozen));
    GroupedSoftCounts soft = GroupedSoftCounts.empty(expected.groups, expected.states);
    for (int group = 0; group < expected.groups; group++) {
      double[] flat =
          Stream.of(expected.softSums[group]).flatMapToDouble(java.util.Arrays::stream).toArray();
      soft.addAll(group, SoftCounts.of(expected.states, expected.softCounts[group], flat));
    }
    assertSame(
        window.getSoftEntropyProduction(),
        sum(expected.softCounts) == 0
            ? null
            : frozen(EntropyProduction.fromSoftCounts(soft).estimate(0.95), frozen));
    assertSame(
        window.getClassDivergence(),
        expected.reference == null
            ? null
            : Divergence.of(expected.classes, expected.reference, 0.95));
    if (expected.latents == 0) {
      assertThat(window.getLatentDivergence()).isNull();
    } else {
      double[] mean = new double[expected.states];
      long[][] arrivals = new long[expected.groups][expected.states];
      for (int state = 0; state < expected.states; state++) {
        mean[state] = expected.latentSums[state] / expected.latents;
        for (int group = 0; group < expected.groups; group++) {
          for (int from = 0; from < expected.states; from++) {
            arrivals[group][state] += expected.counts[group][from][state];
          }
        }
      }
      assertSame(window.getLatentDivergence(), Divergence.of(arrivals, mean, 0.95));
    }
  }

  private static io.ratchet.thermodynamics.Estimate frozen(
      io.ratchet.thermodynamics.Estimate estimate, boolean frozen) {
    return frozen ? estimate.asFrozen() : estimate;
  }

  private static long sum(long[] counts) {
    return java.util.Arrays.stream(counts).sum();
  }

  private static void assertSame(Estimate actual, io.ratchet.thermodynamics.Estimate expected) {
    if (expected == null) {
      assertThat(actual).isNull();
      return;
    }
    assertThat(actual.getValue()).isEqualTo(orNull(expected.value()));
    assertThat(actual.getLower()).isEqualTo(orNull(expected.lower()));
    assertThat(actual.getUpper()).isEqualTo(orNull(expected.upper()));
    assertThat(actual.getStatus().name()).isEqualTo(expected.status().name());
  }

  private static Double orNull(OptionalDouble number) {
    return number.isPresent() ? number.getAsDouble() : null;
  }
}
