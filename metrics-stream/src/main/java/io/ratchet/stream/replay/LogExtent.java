package io.ratchet.stream.replay;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.RunLedger;
import java.util.BitSet;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which steps of a run the kept records cover. Retention takes records from the beginning of a
 * partition, so what is kept is complete from some step on.
 */
public final class LogExtent {
  /** What is kept of the first sweeps or updates of a worker. */
  private static final class Beginning {
    /** The one that lies first in the log. */
    private final long firstStep;

    private final long firstNumber;

    /** The one with the lowest number. */
    private long lowestStep;

    private long lowestNumber = Long.MAX_VALUE;

    /** Those that overtook, or were overtaken by, the first. */
    private final BitSet belowFirst = new BitSet();

    Beginning(long firstStep, long firstNumber) {
      this.firstStep = firstStep;
      this.firstNumber = firstNumber;
    }

    void take(long step, long number) {
      if (number < lowestNumber) {
        lowestStep = step;
        lowestNumber = number;
      }
      if (number >= 0 && number < Math.min(firstNumber, RunLedger.MAX_AHEAD)) {
        belowFirst.set((int) number);
      }
    }

    /**
     * Whether the worker's first records are here. That number 0 is does not show it: it may be
     * another copy, which came when the first and all between had been written long ago.
     */
    boolean isWhole() {
      return belowFirst.cardinality() == firstNumber;
    }

    /** A step of which some may be gone, and after which nothing is. */
    long cutStep() {
      return lowestNumber == 0 ? firstStep : lowestStep;
    }
  }

  private final TreeMap<Integer, TreeMap<Integer, Beginning>> beginnings = new TreeMap<>();
  private final boolean truncated;
  private long firstStart;
  private long lastStep = -1;
  private long records;

  /**
   * The extent of no record.
   *
   * @param truncated whether retention has taken records from the partition, of whatever run
   */
  public LogExtent(boolean truncated) {
    this.truncated = truncated;
  }

  /** Takes the next sweep of the run. */
  public void take(ChainStates record) {
    if (beginnings.isEmpty() || record.getAttempt() < beginnings.firstKey()) {
      firstStart = record.getStartStep();
    }
    take(record.getAttempt(), record.getWorker(), record.getStep(), record.getSweep());
    if (record.getFrom().hasRemaining()) {
      lastStep = Math.max(lastStep, record.getStep());
    }
  }

  /** Takes the next update of the run. */
  public void take(GradientUpdate record) {
    take(record.getAttempt(), record.getWorker(), record.getStep(), record.getSequence());
    lastStep = Math.max(lastStep, record.getStep());
  }

  /** Takes the next window of the run. */
  public void take(Thermodynamics record) {
    take(record.getAttempt(), 0, record.getFromStep(), record.getSequence());
    lastStep = Math.max(lastStep, record.getToStep());
  }

  private void take(int attempt, int worker, long step, long number) {
    records++;
    beginnings
        .computeIfAbsent(attempt, each -> new TreeMap<>())
        .computeIfAbsent(worker, each -> new Beginning(step, number))
        .take(step, number);
  }

  /** Records of the run that are kept. */
  public long records() {
    return records;
  }

  /** The step from which the records are complete; empty without records. */
  public OptionalLong completeFrom() {
    if (beginnings.isEmpty()) {
      return OptionalLong.empty();
    }
    long from = firstStart;
    if (truncated) {
      for (Beginning beginning : beginnings.firstEntry().getValue().values()) {
        if (!beginning.isWhole()) {
          from = Math.max(from, beginning.cutStep() + 1);
        }
      }
    }
    return OptionalLong.of(from);
  }

  /** Whether nothing was taken: only then can windows be computed again with the same bits. */
  public boolean isWhole() {
    return !truncated
        || (!beginnings.isEmpty()
            && beginnings.firstKey() == 1
            && beginnings.firstEntry().getValue().values().stream().allMatch(Beginning::isWhole));
  }

  /** The last step with a sweep; -1 without. */
  public long lastStep() {
    return lastStep;
  }
}
