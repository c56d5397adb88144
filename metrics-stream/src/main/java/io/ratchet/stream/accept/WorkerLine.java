package io.ratchet.stream.accept;

import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How far one worker of an attempt has come.
 *
 * <p>The line is the highest sweep number dealt with: everything at or below it was accepted, was
 * late or is a gap. What waits lies above it, and steps never fall along the line and what waits.
 */
final class WorkerLine {
  final int worker;

  /** The process that owns the worker in this attempt. */
  final long incarnation;

  final int chainOffset;

  /** Number of the worker's chains; 0 until a record with a sweep has shown it. */
  int chains;

  /** Highest sweep number dealt with, -1 before the first. */
  long line = -1;

  /** Step of the last sweep on the line, -1 before the first. */
  long step = -1;

  boolean ended;

  /** Missing sweeps just below the line that no later sweep has reported yet. */
  long pendingGaps;

  final NavigableMap<Long, Arrival> waiting = new TreeMap<>();

  /** Bytes of the records that wait. */
  long waitingBytes;

  WorkerLine(int worker, long incarnation, int chainOffset) {
    this.worker = worker;
    this.incarnation = incarnation;
    this.chainOffset = chainOffset;
  }

  void startWaiting(Arrival arrival) {
    waiting.put(arrival.sweep().number(), arrival);
    waitingBytes += arrival.value().length;
  }

  Arrival stopWaiting() {
    Arrival first = waiting.pollFirstEntry().getValue();
    waitingBytes -= first.value().length;
    return first;
  }
}
