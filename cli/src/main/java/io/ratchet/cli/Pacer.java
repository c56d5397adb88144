package io.ratchet.cli;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Holds training back to a number of updates per second, for a person to watch. */
final class Pacer implements BooleanSupplier {
  private final BooleanSupplier stop;
  private final LongSupplier nanoTime;
  private final long interval;
  private long due;

  /**
   * Paces whoever asks {@code stop} before each update.
   *
   * @param perSecond updates per second, above 0
   */
  Pacer(BooleanSupplier stop, double perSecond, LongSupplier nanoTime) {
    this.stop = stop;
    this.nanoTime = nanoTime;
    this.interval = (long) (1e9 / perSecond);
    this.due = nanoTime.getAsLong();
  }

  @Override
  public boolean getAsBoolean() {
    for (long now = nanoTime.getAsLong(); now - due < 0; now = nanoTime.getAsLong()) {
      if (stop.getAsBoolean()) {
        return true;
      }
      LockSupport.parkNanos(due - now);
    }
    // After a pause the pace goes on; it does not catch up.
    due = Math.max(due, nanoTime.getAsLong() - interval) + interval;
    return stop.getAsBoolean();
  }
}
