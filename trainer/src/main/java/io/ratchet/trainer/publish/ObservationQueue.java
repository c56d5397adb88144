package io.ratchet.trainer.publish;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A bounded queue from one training thread to one publishing thread, without locks and, on the
 * training thread, without allocation.
 *
 * <p>A slot is handed over by a release write of its reference and taken by an acquire read, so the
 * number and time beside it need no ordering of their own. Neither side ever waits, and none is
 * woken: the publishing thread looks often enough, and a wake-up would cost the training thread a
 * system call each time.
 */
final class ObservationQueue {

  /** An observation with the number that it used up and the time at which it was offered. */
  record Numbered(Object observation, long number, long millis) {}

  private final AtomicReferenceArray<Object> slots;
  private final long[] numbers;
  private final long[] millis;
  private final int[] weights;
  private final int mask;
  private final long maxBytes;

  private long head; // publishing thread
  private long tail; // training thread
  private final AtomicLong bytesIn = new AtomicLong(); // written by the training thread
  private final AtomicLong bytesOut = new AtomicLong(); // written by the publishing thread

  ObservationQueue(int records, long maxBytes) {
    slots = new AtomicReferenceArray<>(records);
    numbers = new long[records];
    millis = new long[records];
    weights = new int[records];
    mask = records - 1;
    this.maxBytes = maxBytes;
  }

  /** Training thread: offers an observation of about {@code weight} bytes; false if full. */
  boolean offer(Object observation, int weight, long number, long now) {
    int slot = (int) tail & mask;
    long waiting = bytesIn.getPlain() - bytesOut.getAcquire();
    if (slots.getAcquire(slot) != null || (waiting > 0 && waiting + weight > maxBytes)) {
      return false;
    }
    numbers[slot] = number;
    millis[slot] = now;
    weights[slot] = weight;
    bytesIn.setRelease(bytesIn.getPlain() + weight);
    tail++;
    slots.setRelease(slot, observation);
    return true;
  }

  /** Publishing thread: the oldest observation, or null. */
  Numbered poll() {
    int slot = (int) head & mask;
    Object observation = slots.getAcquire(slot);
    if (observation == null) {
      return null;
    }
    Numbered numbered = new Numbered(observation, numbers[slot], millis[slot]);
    bytesOut.setRelease(bytesOut.getPlain() + weights[slot]);
    head++;
    slots.setRelease(slot, null);
    return numbered;
  }

  boolean isEmpty() {
    return slots.getAcquire((int) head & mask) == null;
  }

  /**
   * Publishing thread: whether at least a quarter of the queue is taken, by number or by weight.
   * Slots are filled in order, so one look at the slot a quarter ahead tells.
   */
  boolean isFilling() {
    if (slots.getAcquire((int) (head + slots.length() / 4) & mask) != null) {
      return true;
    }
    return bytesIn.getAcquire() - bytesOut.getPlain() > maxBytes / 4;
  }
}
