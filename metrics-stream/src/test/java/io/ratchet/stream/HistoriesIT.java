package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.WindowSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Histories in which all goes wrong, through the whole topology with real stores, against the
 * reference: as many as {@code -Dratchet.histories=10000} says, fifty at a time as runs of one
 * partition, their records mixed, with two restarts between. It runs beside the other tests of its
 * module.
 */
@Tag("faults")
@Execution(ExecutionMode.CONCURRENT)
class HistoriesIT {
  private static final int HISTORIES = Integer.getInteger("ratchet.histories", 1_000);
  private static final int AT_A_TIME = 50;

  @TempDir private Path directory;
  private final Random random = new Random(Faults.SEED);

  @Test
  void everyHistory_givesTheWindowsOfTheReference() {
    long records = 0;
    long windows = 0;
    for (int done = 0; done < HISTORIES; done += AT_A_TIME) {
      WindowSettings settings = RandomHistory.settings(random);
      List<RandomHistory> histories = new ArrayList<>();
      for (int run = 0; run < AT_A_TIME; run++) {
        histories.add(RandomHistory.of("run-" + run, settings, random));
      }
      List<ChainStates> mixed = mix(histories);
      windows += assertSame(histories, mixed, settings, directory.resolve("from-" + done));
      records += mixed.size();
    }
    assertThat(windows).isGreaterThan(HISTORIES);
    Faults.say("%d histories of %d records: %d windows equal", HISTORIES, records, windows);
  }

  /** A stream that misses one sweep that counts must be caught. */
  @Test
  void historyWithoutOneSweep_isNotThatOfTheReference() {
    RandomHistory history = RandomHistory.of("run-0", 1);
    List<ChainStates> lacking = new ArrayList<>(history.records());
    lacking.removeIf(history.records().get(0)::equals); // with its duplicates
    assertThatThrownBy(
            () ->
                assertSame(
                    List.of(history), lacking, history.settings(), directory.resolve("lacking")))
        .isInstanceOf(AssertionError.class);
  }

  /** Sends the records and compares; says how many windows there were. */
  private long assertSame(
      List<RandomHistory> histories, List<ChainStates> sent, WindowSettings settings, Path state) {
    List<Thermodynamics> windows = new ArrayList<>();
    long dead = 0;
    try (TopologyFixture stream = new TopologyFixture(settings, state)) {
      for (ChainStates record : sent) {
        if (random.nextInt(sent.size()) < 2) {
          windows.addAll(stream.windows());
          dead += stream.deadLetters().size();
          stream.restart();
        }
        stream.send(record);
      }
      windows.addAll(stream.windows());
      dead += stream.deadLetters().size();
    }
    Map<String, List<Thermodynamics>> byRun = new HashMap<>();
    windows.forEach(
        window -> byRun.computeIfAbsent(window.getRun(), run -> new ArrayList<>()).add(window));
    long rejected = 0;
    for (RandomHistory history : histories) {
      NaiveStream reference = NaiveStream.of(history);
      String run = history.records().get(0).getRun();
      WindowsAgainstReferenceTest.assertSame(byRun.getOrDefault(run, List.of()), reference);
      rejected += WindowsAgainstReferenceTest.rejected(reference);
    }
    assertThat(dead).isEqualTo(rejected);
    return windows.size();
  }

  /** One line of all of them, each in its order. */
  private List<ChainStates> mix(List<RandomHistory> histories) {
    List<List<ChainStates>> left = new ArrayList<>();
    histories.forEach(history -> left.add(history.records()));
    List<ChainStates> mixed = new ArrayList<>();
    int[] next = new int[left.size()];
    List<Integer> open = new ArrayList<>();
    for (int run = 0; run < next.length; run++) {
      open.add(run);
    }
    while (!open.isEmpty()) {
      int chosen = random.nextInt(open.size());
      int run = open.get(chosen);
      if (next[run] == left.get(run).size()) {
        open.remove(chosen);
      } else {
        mixed.add(left.get(run).get(next[run]++));
      }
    }
    return mixed;
  }
}
