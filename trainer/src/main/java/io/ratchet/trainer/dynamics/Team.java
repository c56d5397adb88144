package io.ratchet.trainer.dynamics;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the loops of one training. A loop is dealt out by index in contiguous ranges;
 * what an index computes must not depend on the range that it is in, so that the bits are the same
 * for any number of threads.
 *
 * <p>The calling thread is member 0 and does its share. A loop takes some microseconds to start and
 * to end, so that members wait for the next one actively, and sleep only when none has come for a
 * while.
 */
public final class Team implements AutoCloseable {

  /** A part of a loop. */
  public interface Share {
    /**
     * Does the indices from {@code from} up to {@code to - 1}.
     *
     * @param member who does it, 0 to {@link Team#size()} - 1: the owner of a workspace
     */
    void run(int member, int from, int to);
  }

  /** Turns of waiting before a member sleeps: a tenth of a millisecond or so. */
  private static final int PATIENCE = 10_000;

  /** The calling thread alone. */
  public static final Team ALONE = new Team(1);

  private final Thread[] others;
  private final AtomicInteger left = new AtomicInteger();
  private Share share;
  private int count;
  private int started;
  private volatile Throwable failure;
  private volatile int loop;
  private volatile boolean closed;

  private Team(int size) {
    this.others = new Thread[size - 1];
    for (int m = 1; m < size; m++) {
      int member = m;
      Thread thread = new Thread(() -> work(member), "ratchet-train-" + member);
      thread.setDaemon(true);
      others[m - 1] = thread;
      thread.start();
    }
  }

  /**
   * A team.
   *
   * @param size number of threads, the caller's included; 1 or more
   */
  public static Team of(int size) {
    return size == 1 ? ALONE : new Team(size);
  }

  /** Number of members. */
  public int size() {
    return others.length + 1;
  }

  /** Runs a loop over 0 to {@code indices - 1}; returns when all of it is done. */
  public void each(int indices, Share body) {
    if (others.length == 0) {
      body.run(0, 0, indices);
      return;
    }
    share = body;
    count = indices;
    left.set(others.length);
    loop = ++started; // publishes the three before
    for (Thread other : others) {
      LockSupport.unpark(other);
    }
    try {
      part(0);
    } finally {
      while (left.get() > 0) {
        Thread.onSpinWait();
      }
    }
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw new IllegalStateException("a member of the team failed", thrown);
    }
  }

  private void part(int member) {
    int size = size();
    share.run(
        member, (int) ((long) count * member / size), (int) ((long) count * (member + 1) / size));
  }

  private void work(int member) {
    int done = 0;
    while (true) {
      for (int turn = 0; loop == done && !closed; turn++) {
        if (turn < PATIENCE) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      if (closed) {
        return;
      }
      done++;
      try {
        part(member);
      } catch (RuntimeException | Error e) {
        failure = e;
      } finally {
        left.decrementAndGet();
      }
    }
  }

  /** Ends the threads; no loop may run. */
  @Override
  public void close() {
    closed = true;
    for (Thread other : others) {
      LockSupport.unpark(other);
    }
  }
}
