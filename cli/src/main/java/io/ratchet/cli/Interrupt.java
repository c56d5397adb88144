package io.ratchet.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGINT and SIGTERM as a flag that a command polls or waits for.
 *
 * <p>The JVM's own handling stays in charge of the exit code (130, 143): the hook here only holds
 * the end back until the command has flushed and closed this, or {@link #PATIENCE} is over.
 */
final class Interrupt implements AutoCloseable {
  /** Long enough for the final flush to a slow broker; after it the spill file has the rest. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final CountDownLatch requested = new CountDownLatch(1);
  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::hold, "interrupt");

  private Interrupt() {}

  static Interrupt install() {
    Interrupt interrupt = new Interrupt();
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  /** Whether a signal came. */
  boolean requested() {
    return requested.getCount() == 0;
  }

  /** Waits for a signal. */
  void await() throws InterruptedException {
    requested.await();
  }

  /** Waits for a signal; false if none came in that time. */
  boolean await(long time, TimeUnit unit) throws InterruptedException {
    return requested.await(time, unit);
  }

  /** Lets the process end. */
  @Override
  public void close() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is shutting down already: this is what the hook waits for.
    }
  }

  private void hold() {
    requested.countDown();
    try {
      if (!finished.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println("ratchet: ended before all was flushed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
