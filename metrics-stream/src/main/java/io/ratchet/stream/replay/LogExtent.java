package io.ratchet.stream.replay;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Thermodynamics;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which steps of a run the kept records cover. Retention takes records from the beginning of a
 * partition, so what is kept is complete from some step on.
 */
public final class LogExtent {
  /** Step and number of the lowest sweep or update of a worker. */
  private record First(long step, long number) {}

  private final TreeMap<Integer, TreeMap<Integer, First>> firsts = new TreeMap<>();
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
    if (firsts.isEmpty() || record.getAttempt() < firsts.firstKey()) {
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
    firsts
        .computeIfAbsent(attempt, each -> new TreeMap<>())
        .merge(worker, new First(step, number), (a, b) -> a.number <= b.number ? a : b);
  }

  /** Records of the run that are kept. */
  public long records() {
    return records;
  }

  /** The step from which the records are complete; empty without records. */
  public OptionalLong completeFrom() {
    if (firsts.isEmpty()) {
      return OptionalLong.empty();
    }
    long from = firstStart;
    if (truncated) {
      for (First first : firsts.firstEntry().getValue().values()) {
        if (first.number > 0) {
          from = Math.max(from, first.step + 1); // other sweeps of its step may be gone
        }
      }
    }
    return OptionalLong.of(from);
  }

  /** Whether nothing was taken: only then can windows be computed again with the same bits. */
  public boolean isWhole() {
    return !truncated
        || (!firsts.isEmpty()
            && firsts.firstKey() == 1
            && firsts.firstEntry().getValue().values().stream()
                .allMatch(first -> first.number == 0));
  }

  /** The last step with a sweep; -1 without. */
  public long lastStep() {
    return lastStep;
  }
}
