package io.ratchet.stream.replay;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A stretch of a run's history as a run of its own: records as they came, duplicates, late ones and
 * refused ones too, under another id, with the sweeps of each worker numbered from 0. Of the whole
 * history the stream therefore says the same, but for the id.
 */
public final class Cut {
  private record Line(int attempt, int worker) implements Comparable<Line> {
    static Line of(ChainStates record) {
      return new Line(record.getAttempt(), record.getWorker());
    }

    @Override
    public int compareTo(Line other) {
      int byAttempt = Integer.compare(attempt, other.attempt);
      return byAttempt != 0 ? byAttempt : Integer.compare(worker, other.worker);
    }
  }

  private final String run;
  private final long fromStep;
  private final long toStep;
  private long lastStep = -1;

  /** Of each line the process that owns it: the first one seen. */
  private final Map<Line, Long> owners = new TreeMap<>();

  /** Of each line the number of its owner's first sweep in the stretch. */
  private final Map<Line, Long> bases = new TreeMap<>();

  /** Of each line that goes on beyond the stretch the last record of its owner that was sent. */
  private final TreeMap<Line, ChainStates> unended = new TreeMap<>();

  /**
   * A stretch of steps.
   *
   * @param run the new id
   * @param fromStep first step
   * @param toStep last step, inclusive; the run's last one or more for all that follows
   */
  public Cut(String run, long fromStep, long toStep) {
    this.run = run;
    this.fromStep = fromStep;
    this.toStep = toStep;
  }

  /** An end comes after the last sweep, at a step of its own. */
  private boolean isBeyond(long step) {
    return step > toStep && toStep < lastStep;
  }

  /** The first step. */
  public long fromStep() {
    return fromStep;
  }

  /** The last step with a sweep, once all are surveyed. */
  public long lastStep() {
    return Math.min(toStep, lastStep);
  }

  /** Takes note of a record; all must be surveyed before the first is sent. */
  public void survey(ChainStates record) {
    if (record.getFrom().hasRemaining()) {
      lastStep = Math.max(lastStep, record.getStep());
    }
    owners.putIfAbsent(Line.of(record), record.getIncarnation());
    if (record.getStep() >= fromStep && isOwners(record)) {
      boolean begins = record.getStartStep() >= fromStep;
      bases.merge(Line.of(record), begins ? 0 : record.getSweep(), Math::min);
    }
  }

  /** The record as it is sent again; empty if it is not of the stretch. */
  public Optional<ChainStates> of(ChainStates record) {
    Line line = Line.of(record);
    Long base = bases.get(line);
    if (base == null || record.getStep() < fromStep || isBeyond(record.getStep())) {
      return Optional.empty();
    }
    if (!isOwners(record) && !unended.containsKey(line)) {
      return Optional.empty(); // sent before its owner's first, it would own the line here
    }
    ChainStates sent =
        ChainStates.newBuilder(record)
            .setRun(run)
            .setStartStep(Math.max(fromStep, record.getStartStep()))
            .setSweep(Math.max(0, record.getSweep() - base))
            .build();
    if (!isOwners(record)) {
      return Optional.of(sent);
    }
    ChainStates last = unended.get(line);
    if (last == null || (!last.getEnd() && (sent.getEnd() || sent.getSweep() > last.getSweep()))) {
      unended.put(line, sent);
    }
    return Optional.of(sent);
  }

  private boolean isOwners(ChainStates record) {
    return owners.get(Line.of(record)) == record.getIncarnation();
  }

  /** The update as it is sent again; empty if it is not of the stretch. */
  public Optional<GradientUpdate> of(GradientUpdate update) {
    if (update.getStep() < fromStep || isBeyond(update.getStep())) {
      return Optional.empty();
    }
    return Optional.of(GradientUpdate.newBuilder(update).setRun(run).build());
  }

  /**
   * Ends for the workers of the last attempt whose own lies beyond the stretch; without them the
   * last bucket would stay open. None if the stretch goes on to the end, such as it was.
   */
  public List<ChainStates> ends() {
    List<ChainStates> ends = new ArrayList<>();
    if (unended.isEmpty() || toStep >= lastStep) {
      return ends;
    }
    int attempt = unended.lastKey().attempt();
    unended.forEach(
        (line, last) -> {
          if (line.attempt() == attempt && !last.getEnd()) {
            ends.add(
                ChainStates.newBuilder(last)
                    .setSweep(last.getSweep() + 1)
                    .setStep(toStep + 1)
                    .setEnd(true)
                    .setFrom(ByteBuffer.allocate(0))
                    .setTo(ByteBuffer.allocate(0))
                    .setPathEntropy(null)
                    .setSoftTo(null)
                    .setClasses(null)
                    .setDataLatent(null)
                    .setSamples(null)
                    .build());
          }
        });
    return ends;
  }
}
