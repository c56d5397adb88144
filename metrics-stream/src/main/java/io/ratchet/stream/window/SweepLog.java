package io.ratchet.stream.window;

import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.Transitions;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import io.ratchet.thermodynamics.SweepCounts;

/** The accepted sweeps of a worker in an open bucket, one entry each, in sweep order. */
public final class SweepLog {
  private static final int VERSION = 1;

  private SweepLog() {}

  /**
   * Appends an entry.
   *
   * @param gaps sweeps of the worker known to be missing just before it
   */
  public static void write(Sweep sweep, long gaps, BytesWriter out) {
    out.putByte(VERSION).putVarint(sweep.chainOffset()).putVarint(gaps);
    sweep.transitions().writeTo(out);
  }

  /** Adds up all entries of a log, in their order. */
  public static Aggregate fold(byte[] log, AttemptShape shape) {
    Aggregate aggregate = Aggregate.empty(shape);
    SweepCounts sweeps = null;
    BytesReader in = new BytesReader(log);
    while (!in.isAtEnd()) {
      in.getVersion(VERSION);
      int chainOffset = in.getCount();
      long gaps = in.getVarint();
      Transitions transitions = Transitions.readFrom(in);
      aggregate.addSums(chainOffset, gaps, transitions);
      if (sweeps == null && isLong(log, shape) && transitions.isNarrow()) {
        // A worker's chains do not change within an attempt: rule 0.
        sweeps =
            SweepCounts.empty(shape.groups(), shape.states(), chainOffset, transitions.chains());
      }
      if (sweeps != null && transitions.isNarrow() && transitions.chains() == sweeps.chains()) {
        transitions.addTo(sweeps);
      } else {
        aggregate.addCounts(chainOffset, transitions);
      }
    }
    if (sweeps != null) {
      aggregate.addCounts(sweeps);
    }
    return aggregate;
  }

  /**
   * Whether a log holds more transitions, of 2 bytes and more, than there are cells to count in.
   */
  private static boolean isLong(byte[] log, AttemptShape shape) {
    int states = shape.states();
    return states <= SweepCounts.MAX_STATES && log.length / 2 > shape.groups() * states * states;
  }
}
