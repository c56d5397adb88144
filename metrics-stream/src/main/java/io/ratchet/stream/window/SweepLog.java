package io.ratchet.stream.window;

import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.Transitions;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import io.ratchet.stream.store.PagedLog;
import io.ratchet.thermodynamics.SweepCounts;
import java.util.ArrayList;
import java.util.List;

/**
 * The accepted sweeps of a worker in an open bucket, in sweep order.
 *
 * <p>They stay as the records that they came in until they are saved, one entry of the log each. In
 * a fast run most buckets close before that, and their sweeps are never copied.
 */
public final class SweepLog {
  private static final int VERSION = 1;

  private final PagedLog saved;
  private final List<Accepted> unsaved = new ArrayList<>();

  /**
   * The sweeps of a bucket.
   *
   * @param saved those that were saved; takes the others
   */
  public SweepLog(PagedLog saved) {
    this.saved = saved;
  }

  /** Adds the worker's next sweep. */
  public void add(Accepted accepted) {
    unsaved.add(accepted);
  }

  /** Puts into the store what it does not have yet. */
  public void save() {
    for (Accepted accepted : unsaved) {
      saved.append(out -> write(accepted, out));
    }
    unsaved.clear();
    saved.save();
  }

  /** Adds up all sweeps, in their order. */
  public Aggregate fold(AttemptShape shape) {
    return fold(saved.read(), unsaved, shape);
  }

  /** Forgets everything. */
  public void delete() {
    unsaved.clear();
    saved.delete();
  }

  private static void write(Accepted accepted, BytesWriter out) {
    Sweep sweep = accepted.arrival().sweep();
    out.putByte(VERSION).putVarint(sweep.chainOffset()).putVarint(accepted.gaps());
    sweep.transitions().writeTo(out);
  }

  /**
   * Adds up sweeps, in their order.
   *
   * @param saved entries of a log; they come first
   * @param unsaved sweeps without an entry
   */
  public static Aggregate fold(byte[] saved, List<Accepted> unsaved, AttemptShape shape) {
    Fold fold = new Fold(shape, saved.length / 2 + transitions(unsaved));
    BytesReader in = new BytesReader(saved);
    while (!in.isAtEnd()) {
      in.getVersion(VERSION);
      int chainOffset = in.getCount();
      long gaps = in.getVarint();
      fold.add(chainOffset, gaps, Transitions.readFrom(in));
    }
    for (Accepted accepted : unsaved) {
      Sweep sweep = accepted.arrival().sweep();
      fold.add(sweep.chainOffset(), accepted.gaps(), sweep.transitions());
    }
    return fold.end();
  }

  private static long transitions(List<Accepted> sweeps) {
    return sweeps.isEmpty()
        ? 0
        : (long) sweeps.size() * sweeps.get(0).arrival().sweep().transitions().chains();
  }

  /** An aggregate in the making. */
  private static final class Fold {
    private final Aggregate aggregate;

    /** Whether there are more transitions than cells to count them in. */
    private final boolean large;

    /** The counts of large folds; null until a sweep shows how many chains there are. */
    private SweepCounts counts;

    /**
     * Nothing yet.
     *
     * @param transitions about how many there will be
     */
    Fold(AttemptShape shape, long transitions) {
      int states = shape.states();
      aggregate = Aggregate.empty(shape);
      large =
          states <= SweepCounts.MAX_STATES && transitions > (long) shape.groups() * states * states;
    }

    void add(int chainOffset, long gaps, Transitions transitions) {
      aggregate.addSums(chainOffset, gaps, transitions);
      if (counts == null && large && transitions.isNarrow()) {
        // A worker's chains do not change within an attempt: rule 0.
        AttemptShape shape = aggregate.shape();
        counts =
            SweepCounts.empty(shape.groups(), shape.states(), chainOffset, transitions.chains());
      }
      if (counts != null && transitions.isNarrow() && transitions.chains() == counts.chains()) {
        transitions.addTo(counts);
      } else {
        aggregate.addCounts(chainOffset, transitions);
      }
    }

    Aggregate end() {
      if (counts != null) {
        aggregate.addCounts(counts);
      }
      return aggregate;
    }
  }
}
