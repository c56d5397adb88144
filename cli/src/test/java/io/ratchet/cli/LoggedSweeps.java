package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the log holds of a run of one worker, one sweep a step, and what the stream made of it.
 *
 * @param attempts steps of the sweeps of each attempt; one that was sent again is there once
 * @param windows all windows, in their order
 */
record LoggedSweeps(
    NavigableMap<Integer, NavigableSet<Long>> attempts, List<Thermodynamics> windows) {
  private static final Topics TOPICS = Topics.of("ratchet.");

  static LoggedSweeps read(RecordedRun run) {
    LoggedSweeps read = new LoggedSweeps(new TreeMap<>(), new ArrayList<>());
    run.readAll(
        TOPICS.chainStates(),
        ChainStates.class,
        sweep -> {
          if (!sweep.getEnd()) {
            read.attempts
                .computeIfAbsent(sweep.getAttempt(), attempt -> new TreeSet<>())
                .add(sweep.getStep());
          }
        });
    run.readAll(TOPICS.thermodynamics(), Thermodynamics.class, read.windows::add);
    return read;
  }

  /** Asserts that each window counts each sweep of its steps that is in the log, once. */
  void assertCountedOnce(int chains) {
    for (Thermodynamics window : windows) {
      int there =
          attempts
              .get(window.getAttempt())
              .subSet(window.getFromStep(), true, window.getToStep(), true)
              .size();
      assertThat(window.getTransitions())
          .as("attempt %d, window to step %d", window.getAttempt(), window.getToStep())
          .isEqualTo((long) there * chains);
    }
  }
}
