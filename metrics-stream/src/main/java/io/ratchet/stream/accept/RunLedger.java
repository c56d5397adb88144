package io.ratchet.stream.accept;

import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Event.AttemptBegan;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.Event.BucketDropped;
import io.ratchet.stream.accept.Event.Duplicate;
import io.ratchet.stream.accept.Event.Late;
import io.ratchet.stream.accept.Event.Rejected;
import io.ratchet.stream.accept.Event.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The book of one run: which of its sweeps count, and when its buckets close.
 *
 * <p>A state machine. Its answers are a function of the arrivals so far, in the order of their
 * offsets, and of the run's frozen settings; of nothing else. The comments number the rules as
 * interface.md does.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class RunLedger {
  /** Rule 3: a sweep waits at most this far ahead of its worker's line. */
  public static final int MAX_AHEAD = 64;

  /** Rule 3: the records of a worker that wait have at most this many bytes. */
  public static final long MAX_WAITING_BYTES = 16L << 20;

  /** The records of all workers that wait have at most this many bytes: a run has many workers. */
  public static final long MAX_WAITING_BYTES_OF_RUN = 64L << 20;

  /** Attempts whose shape is remembered; a straggler of an older one is superseded anyway. */
  static final int MAX_ATTEMPTS = 1_000;

  final WindowSettings settings;
  final NavigableMap<Integer, AttemptShape> attempts = new TreeMap<>();

  /** The last of the attempts, which each record asks for; 0 and null for none. */
  private int attempt;

  private AttemptShape shape;
  final NavigableMap<Integer, WorkerLine> lines = new TreeMap<>();

  /** Buckets of the current attempt that hold a sweep and take more: number -> highest step. */
  final NavigableMap<Long, Long> open = new TreeMap<>();

  /** The first bucket that has not closed; all below it have. */
  long nextBucket;

  /** The last bucket that closed with a sweep in it; at first the one before the attempt. */
  long lastHeld;

  /** Late sweeps of the current attempt. */
  long attemptLate;

  /** Bytes of the records that wait, of all workers. */
  private long waitingBytes;

  long arrived;
  long accepted;
  long duplicate;
  long late;
  long rejected;
  long gaps;

  private RunLedger(WindowSettings settings) {
    this.settings = settings;
  }

  /**
   * The book of a run of which nothing is known.
   *
   * @param settings how its steps are cut into windows, from now on
   */
  public static RunLedger open(WindowSettings settings) {
    return new RunLedger(settings);
  }

  /** How the run's steps are cut into windows. */
  public WindowSettings settings() {
    return settings;
  }

  /** The current attempt: the highest of which a record was accepted or waits; 0 for none. */
  public int attempt() {
    return attempt;
  }

  /** Shape of the current attempt. */
  public AttemptShape shape() {
    return shape;
  }

  /** Notes an attempt, later than those before it. */
  void put(int attempt, AttemptShape shape) {
    attempts.put(attempt, shape);
    this.attempt = attempt;
    this.shape = shape;
  }

  /** Whether every worker of the current attempt has said that it is over. */
  public boolean hasEnded() {
    if (lines.isEmpty() || lines.size() < shape().workers()) {
      return false;
    }
    for (WorkerLine line : lines.values()) { // asked at each record: no stream
      if (!line.ended) {
        return false;
      }
    }
    return true;
  }

  /** Bytes of the records that wait. */
  public long waitingBytes() {
    return waitingBytes;
  }

  /** Sweep numbers that were passed over, as in the tally. */
  public long gaps() {
    return gaps;
  }

  /** What became of the arrivals so far. */
  public Tally tally() {
    long waiting = lines.values().stream().mapToLong(line -> line.waiting.size()).sum();
    return new Tally(arrived, accepted, duplicate, late, rejected, waiting, gaps);
  }

  /**
   * Takes the next record of the run.
   *
   * @param arrival a well-formed sweep of this run
   * @return what follows from it, in order
   */
  public List<Event> offer(Arrival arrival) {
    List<Event> events = new ArrayList<>(2);
    arrived++;
    Sweep sweep = arrival.sweep();
    String mismatch = mismatch(sweep);
    if (mismatch != null) {
      reject(arrival, Reason.MISMATCH, mismatch, events); // rule 0
    } else if (sweep.attempt() < attempt()) { // rule 1
      reject(arrival, Reason.SUPERSEDED, "attempt " + attempt() + " has begun", events);
    } else {
      if (sweep.attempt() > attempt()) {
        begin(sweep, events);
      }
      WorkerLine line =
          lines.computeIfAbsent(
              sweep.worker(),
              worker -> new WorkerLine(worker, sweep.incarnation(), sweep.chainOffset()));
      if (line.incarnation != sweep.incarnation()) { // rule 2
        reject(
            arrival,
            Reason.SECOND_PRODUCER,
            "worker %d belongs to incarnation %d".formatted(line.worker, line.incarnation),
            events);
      } else {
        advance(line, arrival, events); // rule 3
      }
    }
    return events;
  }

  /** Rule 0, and the same for what an attempt's worker says of itself; null if all is well. */
  private String mismatch(Sweep sweep) {
    AttemptShape said = sweep.shape();
    AttemptShape known = sweep.attempt() == attempt ? shape : attempts.get(sweep.attempt());
    if (known != null && !Objects.equals(known, said)) { // most often the same object
      return said + " in an attempt of " + known;
    }
    if (sweep.worker() >= said.workers()) {
      return "worker " + sweep.worker() + " of " + said.workers();
    }
    WorkerLine line = sweep.attempt() == attempt ? lines.get(sweep.worker()) : null;
    if (line != null && line.incarnation == sweep.incarnation()) {
      int chains = sweep.transitions().chains();
      if (line.chainOffset != sweep.chainOffset()
          || (line.chains > 0 && chains > 0 && line.chains != chains)) {
        return "%d chains from %d on of a worker with %d from %d on"
            .formatted(chains, sweep.chainOffset(), line.chains, line.chainOffset);
      }
    }
    return null;
  }

  /** A higher attempt supersedes the steps from its first one on. */
  private void begin(Sweep sweep, List<Event> events) {
    int previous = attempt();
    long startStep = sweep.shape().startStep();
    for (WorkerLine line : lines.values()) {
      while (!line.waiting.isEmpty()) {
        reject(
            stopWaiting(line),
            Reason.SUPERSEDED,
            "attempt " + sweep.attempt() + " began while it waited",
            events);
      }
    }
    // Steps do not fall from bucket to bucket, so what is kept comes before what is dropped.
    long kept = nextBucket - 1;
    for (Map.Entry<Long, Long> bucket : open.entrySet()) {
      if (bucket.getValue() < startStep) {
        kept = bucket.getKey();
      }
    }
    closeThrough(kept, events);
    for (long bucket : open.keySet()) {
      events.add(new BucketDropped(previous, bucket));
    }
    open.clear();
    lines.clear();
    put(sweep.attempt(), sweep.shape());
    if (attempts.size() > MAX_ATTEMPTS) {
      attempts.pollFirstEntry();
    }
    attemptLate = 0;
    nextBucket = settings.bucketOf(startStep);
    lastHeld = nextBucket - 1;
    if (previous > 0) {
      events.add(new AttemptBegan(sweep.attempt(), previous));
    }
  }

  private void advance(WorkerLine line, Arrival arrival, List<Event> events) {
    Sweep sweep = arrival.sweep();
    long number = sweep.number();
    if (number <= line.line || line.waiting.containsKey(number)) {
      duplicate++;
      events.add(new Duplicate(arrival));
      return;
    }
    if (line.ended) {
      reject(arrival, Reason.AFTER_END, "the worker ended with sweep " + line.line, events);
      return;
    }
    Map.Entry<Long, Arrival> before = line.waiting.lowerEntry(number);
    Map.Entry<Long, Arrival> after = line.waiting.higherEntry(number);
    long least = before == null ? line.step : before.getValue().sweep().step();
    long most = after == null ? Long.MAX_VALUE : after.getValue().sweep().step();
    if (sweep.step() < least || sweep.step() > most) {
      reject(
          arrival,
          Reason.STEP_ORDER,
          "sweep %d has step %d; its neighbours have %d and %d"
              .formatted(number, sweep.step(), least, most),
          events);
      return;
    }
    line.chains = Math.max(line.chains, sweep.transitions().chains());
    if (sweep.end()) {
      moveTo(line, number - 1, events);
      line.ended = true;
      apply(line, arrival, events);
      while (!line.waiting.isEmpty()) {
        reject(
            stopWaiting(line), Reason.AFTER_END, "the worker ended with sweep " + number, events);
      }
      return;
    }
    if (number - MAX_AHEAD > line.line) {
      moveTo(line, number - MAX_AHEAD, events);
      applyWaiting(line, events);
    }
    if (number == line.line + 1) {
      apply(line, arrival, events);
      applyWaiting(line, events);
      return;
    }
    startWaiting(line, arrival);
    events.add(new Waiting(arrival));
    while (line.waitingBytes > MAX_WAITING_BYTES
        || (line.waitingBytes > 0 && waitingBytes > MAX_WAITING_BYTES_OF_RUN)) {
      moveTo(line, line.waiting.firstKey() - 1, events);
      applyWaiting(line, events);
    }
  }

  void startWaiting(WorkerLine line, Arrival arrival) {
    line.startWaiting(arrival);
    waitingBytes += arrival.value().length;
  }

  private Arrival stopWaiting(WorkerLine line) {
    Arrival first = line.stopWaiting();
    waitingBytes -= first.value().length;
    return first;
  }

  /** Moves the line on to a sweep number: what waits is applied in order, the rest is missing. */
  private void moveTo(WorkerLine line, long number, List<Event> events) {
    while (!line.waiting.isEmpty() && line.waiting.firstKey() <= number) {
      miss(line, line.waiting.firstKey() - 1);
      apply(line, stopWaiting(line), events);
    }
    miss(line, number);
  }

  private void miss(WorkerLine line, long through) {
    long missing = Math.max(0, through - line.line);
    line.line += missing;
    line.pendingGaps += missing;
    gaps += missing;
  }

  private void applyWaiting(WorkerLine line, List<Event> events) {
    while (!line.waiting.isEmpty() && line.waiting.firstKey() == line.line + 1) {
      apply(line, stopWaiting(line), events);
    }
  }

  /** Takes the sweep that comes next on the line. */
  private void apply(WorkerLine line, Arrival arrival, List<Event> events) {
    Sweep sweep = arrival.sweep();
    long bucket = settings.bucketOf(sweep.step());
    line.line = sweep.number();
    line.step = sweep.step();
    long missing = line.pendingGaps;
    line.pendingGaps = 0;
    if (bucket < nextBucket) { // rule 5
      late++;
      attemptLate++;
      events.add(new Late(arrival));
    } else {
      accepted++;
      if (sweep.transitions().chains() > 0) {
        open.merge(bucket, sweep.step(), Math::max);
      }
      events.add(new Accepted(arrival, bucket, missing));
    }
    closeThrough(closable(), events);
  }

  /**
   * Rule 4: the last bucket that all workers have passed, or that the fastest has passed by the
   * grace.
   *
   * <p>An end lets a worker pass every bucket, but it does not make it the fastest: how fast it was
   * is how far its line has come. Otherwise the first worker to end would close the buckets in
   * which the others still work.
   */
  private long closable() {
    long slowest = lines.size() < shape().workers() ? Long.MIN_VALUE : Long.MAX_VALUE;
    long furthest = Long.MIN_VALUE;
    for (WorkerLine line : lines.values()) {
      long reached = line.line < 0 || line.step < 0 ? Long.MIN_VALUE : bucketOf(line);
      slowest = Math.min(slowest, line.ended ? Long.MAX_VALUE : reached);
      furthest = Math.max(furthest, reached);
    }
    if (slowest == Long.MAX_VALUE) {
      return furthest; // all have ended
    }
    long passedByAll = slowest == Long.MIN_VALUE ? Long.MIN_VALUE : slowest - 1;
    return Math.max(passedByAll, furthest - 1 - settings.grace());
  }

  private long bucketOf(WorkerLine line) {
    return settings.bucketOf(line.step);
  }

  /**
   * Closes all buckets up to one. A step number may jump by any amount, so of a long run of empty
   * buckets only those are told that share a window with a bucket that is not empty, or may yet.
   */
  private void closeThrough(long last, List<Event> events) {
    long bucket = nextBucket;
    while (bucket <= last) {
      boolean empty = open.remove(bucket) == null;
      if (!empty) {
        lastHeld = bucket;
      } else if (bucket - lastHeld >= settings.windowBuckets()) {
        Long held = open.ceilingKey(bucket);
        long next = held == null || held > last ? last + 1 : held;
        if (bucket < next - settings.windowBuckets()) {
          bucket = next - settings.windowBuckets();
          continue;
        }
      }
      boolean end = bucket == last && hasEnded();
      events.add(
          new BucketClosed(attempt(), shape(), bucket, absent(bucket), attemptLate, empty, end));
      bucket++;
    }
    nextBucket = Math.max(nextBucket, last + 1);
  }

  private List<Integer> absent(long bucket) {
    List<Integer> absent = new ArrayList<>();
    for (int worker = 0; worker < shape().workers(); worker++) {
      WorkerLine line = lines.get(worker);
      if (line == null || !(line.ended || (line.step >= 0 && bucketOf(line) > bucket))) {
        absent.add(worker);
      }
    }
    return List.copyOf(absent);
  }

  private void reject(Arrival arrival, Reason reason, String detail, List<Event> events) {
    rejected++;
    events.add(new Rejected(arrival, reason, detail));
  }
}
