package io.ratchet.stream.page;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A text that takes time to make, made at most ten times a second however many ask for it. Whoever
 * asks in between gets the same bytes, so a thousand readers hold one copy.
 */
final class SharedText {
  private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Supplier<String> text;
  private final LongSupplier nanoTime;
  private byte[] made;
  private long madeAt;

  SharedText(Supplier<String> text, LongSupplier nanoTime) {
    this.text = text;
    this.nanoTime = nanoTime;
  }

  synchronized byte[] get() {
    if (made == null || nanoTime.getAsLong() - madeAt >= FRESH_NANOS) {
      made = Assets.utf8(text.get());
      madeAt = nanoTime.getAsLong();
    }
    return made;
  }
}
