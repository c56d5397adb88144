package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The windows of a run that a reader of committed records sees, each of five buckets of 25 steps.
 */
record RunWindows(List<JsonNode> windows) {
  private static final int BUCKETS = 5;
  private static final int BUCKET_STEPS = 25;

  static RunWindows read(String bootstrap, String run) throws IOException {
    CommandLineRun tail =
        CommandLineRun.of(
            "topics", "tail", "thermodynamics", "--run", run, "--bootstrap", bootstrap);
    List<JsonNode> windows = new ArrayList<>();
    for (String line : tail.out().lines().toList()) {
      windows.add(RecordJson.MAPPER.readTree(line));
    }
    return new RunWindows(windows);
  }

  /** The last step of the last window; -1 while there is none. */
  long lastStep() {
    return windows.isEmpty() ? -1 : windows.get(windows.size() - 1).get("toStep").asLong();
  }

  /**
   * Asserts that each window follows the one before, that all steps are in them, and that each
   * sweep was counted once or is counted as a gap.
   *
   * @param steps a multiple of the steps of a window, one sweep each
   * @return the gaps
   */
  long assertWhole(long steps, int chains) {
    long transitions = 0;
    long gaps = 0;
    for (int n = 0; n < windows.size(); n++) {
      JsonNode window = windows.get(n);
      assertThat(window.get("sequence").asLong()).isEqualTo(n);
      assertThat(window.get("late").asLong()).isZero();
      if (n % BUCKETS == BUCKETS - 1) { // it shares no step with the one that was taken before
        assertThat(window.get("fromStep").asLong())
            .isEqualTo((n - (BUCKETS - 1)) * (long) BUCKET_STEPS);
        transitions += window.get("transitions").asLong();
        gaps += window.get("gaps").asLong();
      }
    }
    assertThat(windows).hasSize(Math.toIntExact(steps / BUCKET_STEPS));
    assertThat(transitions).isEqualTo((steps - gaps) * chains);
    return gaps;
  }
}
