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
  /** Where the kept sweeps or updates of a worker begin. */
  private static final class Beginning {
    private final long step;
    private final long number;

    /** Those with a lower number than the one that lies first. */
    private final BitSet below = new BitSet();

    Beginning(long step, long number) {
      this.step = step;
      this.number = number;
    }

    void take(long other) {
      if (other >= 0 && other < Math.min(number, RunLedger.MAX_AHEAD)) {
        below.set((int) other);
      }
    }

    /**
     * Whether the worker's first records are here: the one that lies first is number 0, or it has
     * overtaken all before it. That a number 0 is there does not show it, it may be a copy that
     * came late. Where one of those few was lost on its way, a whole log passes for one that was
     * cut.
     */
    boolean isWhole() {
      return below.cardinality() == number;
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
        .take(number);
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
          from = Math.max(from, beginning.step + 1); // other sweeps of its step may be gone
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
