package io.ratchet.stream;

import io.ratchet.schema.Alert;
import io.ratchet.schema.Verdict;
import io.ratchet.stream.accept.Arrival;
import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Event.AttemptBegan;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.LedgerCodec;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.RunLedger;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.SweepReader;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.estimate.RunReporter;
import io.ratchet.stream.store.BeforeCommit;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import io.ratchet.stream.store.PagedLog;
import io.ratchet.stream.store.RunStores;
import io.ratchet.stream.window.Aggregate;
import io.ratchet.stream.window.ClosedBucket;
import io.ratchet.stream.window.SlidingWindow;
import io.ratchet.stream.window.SweepLog;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * One run: what the state stores hold of it, and in memory what has changed since it was saved.
 *
 * <p>It is saved before every commit, so the transaction that commits a record's offset commits the
 * record's consequences. What is in memory is thrown away and loaded again whenever the task is
 * initialised, above all after a transaction that was aborted.
 */
final class StoredRun implements BeforeCommit.Unsaved {
  private static final int VERSION = 1;

  /** Version 1 of the book was without a detector. */
  private static final int BOOK_VERSION = 2;

  private final String run;
  private final RunStores stores;
  private final RunLedger ledger;

  /** Logs of the open buckets of the current attempt: bucket -> worker -> log. */
  private final NavigableMap<Long, NavigableMap<Integer, SweepLog>> open = new TreeMap<>();

  /**
   * Logs, of one entry each, of the records that wait. They are known by what they are and not by
   * their number, which a second producer may use as well.
   */
  private final IdentityHashMap<Arrival, PagedLog> waiting = new IdentityHashMap<>();

  /** Closed buckets of the current attempt that a window still needs: number -> its log. */
  private final NavigableMap<Long, PagedLog> closed = new TreeMap<>();

  /** What the closed buckets add up to; null while there is none. */
  private SlidingWindow window;

  private final RunReporter reporter;

  private StoredRun(String run, RunStores stores, RunLedger ledger, RunReporter reporter) {
    this.run = run;
    this.stores = stores;
    this.ledger = ledger;
    this.reporter = reporter;
  }

  /**
   * Loads a run, or opens the book of one that the stores do not know.
   *
   * @param settings frozen for the run if it is new
   */
  static StoredRun load(String run, RunStores stores, WindowSettings settings) {
    byte[] book = stores.runs().get(RunStores.runKey(run));
    if (book == null) {
      return new StoredRun(run, stores, RunLedger.open(settings), RunReporter.startingAt(0));
    }
    BytesReader in = new BytesReader(book);
    boolean judged = in.getVersion(BOOK_VERSION) > 1;
    int attempt = in.getCount();
    RunReporter reporter =
        judged ? RunReporter.readFrom(in) : RunReporter.startingAt(in.getVarint());
    byte[] start = RunStores.attempt(run, attempt);
    IdentityHashMap<Arrival, PagedLog> waiting = new IdentityHashMap<>();
    for (PagedLog log : PagedLog.openAll(stores.waiting(), start).values()) {
      waiting.put(arrival(log.read()), log);
    }
    RunLedger ledger = LedgerCodec.read(in, waiting.keySet());
    StoredRun stored = new StoredRun(run, stores, ledger, reporter);
    stored.waiting.putAll(waiting);
    PagedLog.openAll(stores.sweeps(), start)
        .forEach(
            (prefix, log) -> {
              ByteBuffer key = RunStores.afterAttempt(prefix.get(), run);
              stored.logsOf(key.getLong()).put(key.getInt(), new SweepLog(log));
            });
    PagedLog.openAll(stores.buckets(), start)
        .forEach(
            (prefix, log) ->
                stored.closed.put(RunStores.afterAttempt(prefix.get(), run).getLong(), log));
    if (!stored.closed.isEmpty()) {
      stored.window = new SlidingWindow(stored.ledger.shape(), stored.ledger.settings());
      stored.closed.values().forEach(log -> stored.window.add(ClosedBucket.fromBytes(log.read())));
    }
    return stored;
  }

  RunLedger ledger() {
    return ledger;
  }

  /** Keeps a record that waits. */
  void keepWaiting(Arrival arrival) {
    Sweep sweep = arrival.sweep();
    PagedLog log =
        PagedLog.create(
            stores.waiting(),
            RunStores.waiting(run, sweep.attempt(), sweep.worker(), sweep.number()));
    log.append(out -> out.putByte(VERSION).putVarint(arrival.offset()).putBytes(arrival.value()));
    waiting.put(arrival, log);
  }

  /** Forgets a record, if it has waited. */
  void dropWaiting(Arrival arrival) {
    PagedLog log = waiting.isEmpty() ? null : waiting.remove(arrival);
    if (log != null) {
      log.delete();
    }
  }

  /** Adds an accepted sweep to its bucket. */
  void add(Accepted accepted) {
    Sweep sweep = accepted.arrival().sweep();
    if (sweep.transitions().chains() == 0 && accepted.gaps() == 0) {
      return; // an end without a sweep
    }
    long bucket = accepted.bucket();
    NavigableMap<Integer, SweepLog> logs = logsOf(bucket);
    SweepLog log = logs.get(sweep.worker());
    if (log == null) {
      byte[] prefix = RunStores.sweeps(run, sweep.attempt(), bucket, sweep.worker());
      log = new SweepLog(PagedLog.create(stores.sweeps(), prefix));
      logs.put(sweep.worker(), log);
    }
    log.add(accepted);
  }

  /**
   * Closes a bucket of the current attempt.
   *
   * @return what is to be published of it
   */
  RunReporter.Report close(BucketClosed closing) {
    NavigableMap<Integer, SweepLog> logs = open.remove(closing.bucket());
    Map<Integer, Aggregate> parts = new TreeMap<>();
    if (logs != null) {
      logs.forEach(
          (worker, log) -> {
            parts.put(worker, log.fold(closing.shape()));
            log.delete();
          });
    }
    if (window == null) {
      window = new SlidingWindow(closing.shape(), ledger.settings());
    }
    if (!parts.isEmpty() || !closing.missingWorkers().isEmpty()) {
      keep(closing, parts);
    }
    window.moveTo(closing.bucket());
    NavigableMap<Long, PagedLog> left = closed.headMap(window.firstBucket(closing.bucket()), false);
    left.values().forEach(PagedLog::delete);
    left.clear();
    return RunReporter.isReported(closing, ledger.settings())
        ? reporter.close(closing, window.read(run, closing.attempt(), closing.late()))
        : RunReporter.Report.NONE;
  }

  private void keep(BucketClosed closing, Map<Integer, Aggregate> parts) {
    ClosedBucket bucket = ClosedBucket.of(closing.bucket(), closing.missingWorkers(), parts);
    PagedLog log =
        PagedLog.create(
            stores.buckets(), RunStores.bucket(run, closing.attempt(), closing.bucket()));
    log.append(bucket::writeTo);
    closed.put(closing.bucket(), log);
    window.add(bucket);
  }

  /**
   * Begins an attempt.
   *
   * @return the alerts that it supersedes
   */
  List<Alert> begin(AttemptBegan began) {
    forgetBuckets();
    return reporter.begin(run, began.attempt(), ledger.shape().startStep());
  }

  /** Forgets the buckets of an attempt that is over, open ones and closed ones. */
  void forgetBuckets() {
    open.values().forEach(logs -> logs.values().forEach(SweepLog::delete));
    open.clear();
    closed.values().forEach(PagedLog::delete);
    closed.clear();
    window = null;
  }

  /** Bytes of memory that its window and the records that wait take, about. */
  long bytes() {
    return (window == null ? 0 : window.bytes()) + ledger.waitingBytes();
  }

  /** What the detector says between two strides. */
  Verdict verdict() {
    return reporter.verdict();
  }

  @Override
  public void save() {
    if (ledger.attempt() == 0) {
      return; // only records that broke a rule have come
    }
    waiting.values().forEach(PagedLog::save);
    open.values().forEach(logs -> logs.values().forEach(SweepLog::save));
    closed.values().forEach(PagedLog::save);
    BytesWriter out = new BytesWriter().putByte(BOOK_VERSION).putVarint(ledger.attempt());
    reporter.writeTo(out);
    LedgerCodec.write(ledger, out);
    stores.runs().put(RunStores.runKey(run), out.toBytes());
  }

  private NavigableMap<Integer, SweepLog> logsOf(long bucket) {
    return open.computeIfAbsent(bucket, number -> new TreeMap<>());
  }

  private static Arrival arrival(byte[] entry) {
    BytesReader in = new BytesReader(entry);
    in.getVersion(VERSION);
    long offset = in.getVarint();
    byte[] value = in.getRest();
    try {
      return new Arrival(SweepReader.open(value).sweep(), value, offset);
    } catch (RejectedException e) {
      throw new IllegalStateException(
          "a waiting record in the state store that was good is not any more", e);
    }
  }
}
