package io.ratchet.cli;

import io.ratchet.stream.replay.LogExtent;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** A stretch of a run's steps, as a user asks for it. */
final class StepRange {
  @Option(
      names = "--from-step",
      paramLabel = "A",
      description = "First step. Default: the run's first.")
  private Long fromStep;

  @Option(
      names = "--to-step",
      paramLabel = "B",
      description = "Last step, inclusive. Default: the run's last.")
  private Long toStep;

  boolean isGiven() {
    return fromStep != null || toStep != null;
  }

  void check() {
    if (fromStep != null && fromStep < 0) {
      throw Check.refused("--from-step", fromStep, "allowed: 0 or more");
    }
    if (toStep != null && toStep < from()) {
      throw Check.refused("--to-step", toStep, "allowed: " + from() + " or more");
    }
  }

  long from() {
    return fromStep == null ? 0 : fromStep;
  }

  /** The last step, or {@link Long#MAX_VALUE} for all that follows. */
  long to() {
    return toStep == null ? Long.MAX_VALUE : toStep;
  }

  boolean contains(long step) {
    return step >= from() && step <= to();
  }

  /**
   * Makes sure that the kept records are as many as are asked for.
   *
   * @throws IllegalStateException saying from which step, or to which, they go
   */
  void requireWithin(String run, LogExtent extent) {
    OptionalLong complete = extent.completeFrom();
    boolean taken = complete.isPresent() && !extent.isWhole();
    if (taken && from() < complete.getAsLong()) {
      throw new IllegalStateException(
          "the log of run %s is complete from step %d on; --from-step %d asks for more"
              .formatted(run, complete.getAsLong(), from()));
    }
    if (complete.isPresent() && fromStep != null && fromStep > extent.lastStep()) {
      throw new IllegalStateException(
          "the log of run %s goes to step %d; --from-step %d asks for more"
              .formatted(run, extent.lastStep(), fromStep));
    }
    if (complete.isPresent() && toStep != null && toStep > extent.lastStep()) {
      throw new IllegalStateException(
          "the log of run %s goes to step %d; --to-step %d asks for more"
              .formatted(run, extent.lastStep(), toStep));
    }
  }
}
