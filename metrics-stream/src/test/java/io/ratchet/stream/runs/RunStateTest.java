package io.ratchet.stream.runs;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.Run;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunStateTest {
  private static final Instant NOW = Instant.ofEpochMilli(1_000_000);

  @Test
  void aRunningWorker_isStalled_onceSilentForLongerThanTwiceItsPromise() {
    assertThat(state(worker(0, 1, WorkerState.RUNNING, 4_000))).isEqualTo(RunState.RUNNING);
    assertThat(state(worker(0, 1, WorkerState.RUNNING, 4_002))).isEqualTo(RunState.STALLED);
    assertThat(state(worker(0, 1, WorkerState.RUNNING, -60_000))).isEqualTo(RunState.RUNNING);
  }

  @Test
  void aFinalWord_standsForEver() {
    assertThat(state(worker(0, 1, WorkerState.FINISHED, 900_000))).isEqualTo(RunState.FINISHED);
    assertThat(state(worker(0, 1, WorkerState.INTERRUPTED, 900_000)))
        .isEqualTo(RunState.INTERRUPTED);
    assertThat(state(worker(0, 1, WorkerState.FAILED, 900_000))).isEqualTo(RunState.FAILED);
  }

  @Test
  void theWorstWorker_decides() {
    Worker running = worker(0, 1, WorkerState.RUNNING, 0);
    Worker finished = worker(1, 1, WorkerState.FINISHED, 0);
    Worker silent = worker(2, 1, WorkerState.RUNNING, 100_000);
    Worker failed = worker(3, 1, WorkerState.FAILED, 0);
    assertThat(state(finished, running)).isEqualTo(RunState.RUNNING);
    assertThat(state(finished, running, silent)).isEqualTo(RunState.STALLED);
    assertThat(state(finished, running, silent, failed)).isEqualTo(RunState.FAILED);
  }

  @Test
  void workersOfALowerAttempt_areSuperseded_andDoNotCount() {
    Worker dead = worker(1, 1, WorkerState.FAILED, 0);
    assertThat(RunState.of(dead, 2, NOW)).isEqualTo(RunState.SUPERSEDED);
    assertThat(state(worker(0, 2, WorkerState.RUNNING, 0), dead)).isEqualTo(RunState.RUNNING);
  }

  @Test
  void aRunThatPromisedNothing_runsWhileItIsHeardOf_thenNothingIsKnown() {
    assertThat(RunState.of(run(999_000), List.of(), NOW)).isEqualTo(RunState.RUNNING);
    assertThat(RunState.of(run(0), List.of(), NOW)).isEqualTo(RunState.UNKNOWN);
  }

  private static RunState state(Worker... workers) {
    return RunState.of(run(0), List.of(workers), NOW);
  }

  private static Run run(long createdMillis) {
    return Run.newBuilder().setRun("r").setAttempt(1).setCreatedMillis(createdMillis).build();
  }

  private static Worker worker(int number, int attempt, WorkerState state, long silentMillis) {
    return Worker.newBuilder()
        .setRun("r")
        .setAttempt(attempt)
        .setWorker(number)
        .setIncarnation(7)
        .setStep(10)
        .setState(state)
        .setHeartbeatMillis(NOW.toEpochMilli() - silentMillis)
        .setPromisedIntervalMillis(2_000)
        .build();
  }
}
