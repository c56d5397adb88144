package io.ratchet.stream.runs;

import io.ratchet.schema.Run;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The true state of a run: what its workers last said of themselves, unless they promised to speak
 * again and did not.
 *
 * <p>A killed process says nothing, so its last words stay "running" in the topic for ever; only
 * the reader's clock can tell. A worker is taken for stalled once it has been silent for twice the
 * interval it promised: the second interval covers delivery, a pause of the collector and clocks of
 * two hosts that differ a little. A heartbeat from the future counts as one from now.
 *
 * <p>Who promised nothing breaks no promise: a run of a trainer that sends no heartbeats runs while
 * it is heard of, and then nothing is known of it.
 */
public enum RunState {
  /** Every worker heard from is at work. */
  RUNNING,
  /** A worker broke its promise to speak, or says itself that it does not get on. */
  STALLED,
  /** Every worker heard from reached its end. */
  FINISHED,
  /** A worker ended with an error. */
  FAILED,
  /** A worker was told to stop before its end. */
  INTERRUPTED,
  /** A higher attempt has taken over (of one attempt's workers, never of a run). */
  SUPERSEDED,
  /** No worker ever promised to speak, and the run was not heard of for a while. */
  UNKNOWN;

  /** For how long a run that promised nothing runs without being heard of. */
  public static final Duration HEARD = Duration.ofSeconds(30);

  private static final int BROKEN_PROMISE = 2;

  /**
   * State of a run.
   *
   * @param run what worker 0 registered
   * @param workers the last record of each worker, of any attempt; those below the run's highest
   *     attempt are left out
   * @param now time of the judgement
   */
  public static RunState of(Run run, Collection<Worker> workers, Instant now) {
    return of(run.getAttempt(), run.getCreatedMillis(), workers, now);
  }

  /**
   * State of a run whose registration may not have been read.
   *
   * @param registered its registered attempt, or 0
   * @param heardMillis when anything was last heard of it, milliseconds since 1970, or 0
   * @param workers the last record of each worker, of any attempt
   * @param now time of the judgement
   */
  public static RunState of(
      int registered, long heardMillis, Collection<Worker> workers, Instant now) {
    int attempt = registered;
    for (Worker worker : workers) {
      attempt = Math.max(attempt, worker.getAttempt());
    }
    Set<RunState> seen = EnumSet.noneOf(RunState.class);
    for (Worker worker : workers) {
      seen.add(of(worker, attempt, now));
    }
    // The worst word counts; a run is finished only when no worker says anything else.
    for (RunState state : new RunState[] {FAILED, STALLED, RUNNING, INTERRUPTED, FINISHED}) {
      if (seen.contains(state)) {
        return state;
      }
    }
    return now.isAfter(Instant.ofEpochMilli(heardMillis).plus(HEARD)) ? UNKNOWN : RUNNING;
  }

  /**
   * State of one worker.
   *
   * @param worker its last record
   * @param attempt the run's highest attempt
   * @param now time of the judgement
   */
  public static RunState of(Worker worker, int attempt, Instant now) {
    if (worker.getAttempt() < attempt) {
      return SUPERSEDED;
    }
    WorkerState said = worker.getState();
    return switch (said) {
      case FINISHED -> FINISHED;
      case FAILED -> FAILED;
      case INTERRUPTED -> INTERRUPTED;
      case STALLED -> STALLED;
      case RUNNING, UNKNOWN -> {
        long silent = now.toEpochMilli() - worker.getHeartbeatMillis();
        yield silent / BROKEN_PROMISE > worker.getPromisedIntervalMillis() ? STALLED : RUNNING;
      }
    };
  }

  /** The word used in metrics, on the page and by the command line: the name in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
