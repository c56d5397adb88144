package io.ratchet.stream.window;

import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.Transitions;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;

/** The accepted sweeps of a worker in an open bucket, one entry each, in sweep order. */
public final class SweepLog {
  private static final int VERSION = 1;

  private SweepLog() {}

  /**
   * An entry.
   *
   * @param gaps sweeps of the worker known to be missing just before it
   */
  public static byte[] entry(Sweep sweep, long gaps) {
    BytesWriter out = new BytesWriter(64 + 2 * sweep.transitions().chains());
    out.putByte(VERSION).putVarint(sweep.chainOffset()).putVarint(gaps);
    sweep.transitions().writeTo(out);
    return out.toBytes();
  }

  /** Adds up all entries of a log, in their order. */
  public static Aggregate fold(byte[] log, AttemptShape shape) {
    Aggregate aggregate = Aggregate.empty(shape);
    BytesReader in = new BytesReader(log);
    while (!in.isAtEnd()) {
      in.getVersion(VERSION);
      int chainOffset = in.getCount();
      long gaps = in.getVarint();
      aggregate.add(chainOffset, gaps, Transitions.readFrom(in));
    }
    return aggregate;
  }
}
