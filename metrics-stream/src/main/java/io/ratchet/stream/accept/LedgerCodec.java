package io.ratchet.stream.accept;

import io.ratchet.schema.Expectation;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;

/** A run's book as a value of a state store; the sweeps that wait are kept elsewhere. */
public final class LedgerCodec {
  private static final int VERSION = 1;

  private LedgerCodec() {}

  /** Appends everything but the waiting sweeps. */
  public static void write(RunLedger ledger, BytesWriter out) {
    WindowSettings settings = ledger.settings;
    out.putByte(VERSION)
        .putVarint(settings.bucketSteps())
        .putVarint(settings.windowBuckets())
        .putVarint(settings.grace())
        .putDouble(settings.floor());
    out.putVarint(ledger.attempts.size());
    ledger.attempts.forEach(
        (attempt, shape) ->
            out.putVarint(attempt)
                .putVarint(shape.workers())
                .putVarint(shape.chains())
                .putVarint(shape.states())
                .putText(shape.expectation().name())
                .putVarint(shape.startStep()));
    out.putVarint(ledger.lines.size());
    for (WorkerLine line : ledger.lines.values()) {
      out.putVarint(line.worker)
          .putLong(line.incarnation)
          .putVarint(line.chainOffset)
          .putVarint(line.chains)
          .putVarint(line.line + 1)
          .putVarint(line.step + 1)
          .putByte(line.ended ? 1 : 0)
          .putVarint(line.pendingGaps);
    }
    out.putVarint(ledger.open.size());
    ledger.open.forEach((bucket, step) -> out.putVarint(bucket).putVarint(step));
    out.putVarint(ledger.nextBucket)
        .putLong(ledger.lastHeld)
        .putVarint(ledger.attemptLate)
        .putVarint(ledger.arrived)
        .putVarint(ledger.accepted)
        .putVarint(ledger.duplicate)
        .putVarint(ledger.late)
        .putVarint(ledger.rejected)
        .putVarint(ledger.gaps);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param in positioned at the book
   * @param waiting the sweeps of the current attempt that wait
   */
  public static RunLedger read(BytesReader in, Iterable<Arrival> waiting) {
    in.getVersion(VERSION);
    RunLedger ledger =
        RunLedger.open(
            new WindowSettings(in.getCount(), in.getCount(), in.getCount(), in.getDouble()));
    for (int left = in.getCount(); left > 0; left--) {
      int attempt = in.getCount();
      ledger.put(
          attempt,
          new AttemptShape(
              in.getCount(),
              in.getCount(),
              in.getCount(),
              Expectation.valueOf(in.getText()),
              in.getVarint()));
    }
    for (int left = in.getCount(); left > 0; left--) {
      WorkerLine line = new WorkerLine(in.getCount(), in.getLong(), in.getCount());
      line.chains = in.getCount();
      line.line = in.getVarint() - 1;
      line.step = in.getVarint() - 1;
      line.ended = in.getByte() != 0;
      line.pendingGaps = in.getVarint();
      ledger.lines.put(line.worker, line);
    }
    for (int left = in.getCount(); left > 0; left--) {
      long bucket = in.getVarint();
      ledger.open.put(bucket, in.getVarint());
    }
    ledger.nextBucket = in.getVarint();
    ledger.lastHeld = in.getLong();
    ledger.attemptLate = in.getVarint();
    ledger.arrived = in.getVarint();
    ledger.accepted = in.getVarint();
    ledger.duplicate = in.getVarint();
    ledger.late = in.getVarint();
    ledger.rejected = in.getVarint();
    ledger.gaps = in.getVarint();
    for (Arrival arrival : waiting) {
      ledger.startWaiting(ledger.lines.get(arrival.sweep().worker()), arrival);
    }
    return ledger;
  }
}
