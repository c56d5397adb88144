package io.ratchet.stream.runs;

import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.stream.accept.Reason;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.SweepReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a record of the runs topic may be: anyone may have written it, and all of it is shown. */
public final class Registrations {
  /** Longest record, bytes: settings, tags, notes and names of classes take some thousand. */
  public static final int MAX_BYTES = 64 << 10;

  /** Longest name of a model or an algorithm, which are labels of a metric, characters. */
  public static final int MAX_NAME = 64;

  private Registrations() {}

  /**
   * Checks what a run says of itself. Whatever it said, it may be hidden: of a record that does
   * that only run and key are looked at.
   *
   * @param bytes length of its record
   */
  public static void check(Run run, byte[] key, int bytes) throws RejectedException {
    check(run.getRun(), run.getRun(), key, run.getDeleted() ? 0 : bytes);
    if (run.getDeleted()) {
      return;
    }
    require(run.getAttempt() >= 1, "attempt", run.getAttempt(), "1 or more");
    require(
        run.getStates() >= 0 && run.getStates() <= SweepReader.MAX_STATES,
        "states",
        run.getStates(),
        "0 to " + SweepReader.MAX_STATES);
    require(run.getStartStep() >= 0, "startStep", run.getStartStep(), "0 or more");
    checkName("model", run.getModel());
    checkName("algorithm", run.getAlgorithm());
  }

  /** Checks what a worker says of itself. */
  public static void check(Worker worker, byte[] key, int bytes) throws RejectedException {
    check(worker.getRun(), Topics.workerKey(worker.getRun(), worker.getWorker()), key, bytes);
    require(worker.getAttempt() >= 1, "attempt", worker.getAttempt(), "1 or more");
    require(
        worker.getWorker() >= 0 && worker.getWorker() < SweepReader.MAX_WORKERS,
        "worker",
        worker.getWorker(),
        "0 to " + (SweepReader.MAX_WORKERS - 1));
    require(worker.getStep() >= 0, "step", worker.getStep(), "0 or more");
    require(worker.getDropped() >= 0, "dropped", worker.getDropped(), "0 or more");
  }

  private static void check(String run, String home, byte[] key, int bytes)
      throws RejectedException {
    require(bytes <= MAX_BYTES, "length", bytes, "at most " + MAX_BYTES + " bytes");
    if (!Topics.isRunId(run)) {
      throw new RejectedException(Reason.INVALID, "run is not " + Topics.RUN_ID);
    }
    if (!Arrays.equals(key, home.getBytes(StandardCharsets.UTF_8))) {
      throw new RejectedException(Reason.WRONG_PARTITION, "the key is not " + home);
    }
  }

  private static void checkName(String field, String name) throws RejectedException {
    if (name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
      throw new RejectedException(
          Reason.INVALID,
          "%s has %d characters; must be at most %d, none of them a control character"
              .formatted(field, name.length(), MAX_NAME));
    }
  }

  private static void require(boolean allowed, String name, long value, String range)
      throws RejectedException {
    if (!allowed) {
      throw new RejectedException(Reason.INVALID, name + " is " + value + "; must be " + range);
    }
  }
}
