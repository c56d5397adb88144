package io.ratchet.trainer.publish;

import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.InputException;
import io.ratchet.trainer.publish.ObservationQueue.Numbered;
import io.ratchet.trainer.publish.Outgoing.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes a run to Kafka without ever holding up its training.
 *
 * <p>The training thread numbers an observation and puts it into a bounded queue: no lock, no I/O,
 * no exception. A publishing thread encodes it and gives it to the producer; while the broker is
 * away it moves what waits into a {@link Spill} file and sends that first, in order, when the
 * broker is back. When queue and file are both full an observation is dropped and counted; its
 * number is used up, so the gap shows. The broker need not be there at the start.
 *
 * <p>A process that is killed leaves its spill file; the next publisher of the same run, worker and
 * folder sends it before anything of its own.
 */
public final class KafkaRunPublisher implements RunPublisher {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaRunPublisher.class);

  /** How often an idle publishing thread looks; below the producer's linger, so it hardly shows. */
  private static final long LOOK_NANOS = Duration.ofMillis(2).toNanos();

  /** Time between two attempts to write to a spill file that could not be written. */
  private static final long DISK_RETRY_NANOS = Duration.ofSeconds(5).toNanos();

  /** Rough size of an observation without its arrays. */
  private static final int OBJECT_BYTES = 128;

  private record Closing(WorkerState ending, long step, String message, Duration patience) {}

  /** The attempt that all observations behind it belong to. */
  private record Beginning(RunIdentity identity, Run run) {}

  /** An attempt that begins if the log says so. */
  private record Proposal(RunIdentity identity, UpdateObservation update) {}

  private final PublishSettings settings;
  private final String run;
  private final Clock clock;
  private final ObservationQueue queue;
  private final Spill spill;
  private final ProducerLink link;
  private final Thread thread;

  // Written by the training thread only; the publishing thread reads.
  private volatile long nextSweep;
  private volatile long nextUpdate;
  private volatile long step;
  private volatile long droppedFromQueue;
  private volatile boolean begun;
  private volatile String waiting = "";
  private volatile Closing closing;

  /** Numbered or not: what the queue was offered. */
  private long offered;

  // Written by the publishing thread only; others read.
  private volatile long spilled;
  private volatile long lost;
  private volatile long refused;
  private volatile boolean away;
  private volatile String denial;
  private volatile boolean delivered;
  private volatile long safe;

  /** Whether a gradient is held back until what was published before it is acknowledged. */
  private volatile boolean held;

  // The publishing thread's own.
  private RecordEncoder encoder;
  private Outgoing pending;

  /** Observations taken out of the queue; the newest of them may be {@link #pending}. */
  private long taken;

  /** Not from the spill file and perhaps unsettled: value of {@link #taken}, records given. */
  private final ArrayDeque<long[]> unsettled = new ArrayDeque<>();

  private boolean endMade;
  private boolean endGiven;
  private Outgoing lastWord;
  private long spillMark;
  private long nextHeartbeat;
  private long progressAt;

  /** Of the records given, how many were settled at {@link #settledAt}, and when; 0 for never. */
  private long settledSeen;

  private long settledAt;
  private long progressSeen = -1;
  private long diskRetry;
  private boolean diskFailed;
  private boolean spillFullSaid;

  private KafkaRunPublisher(
      PublishSettings settings,
      RunIdentity identity,
      Run run,
      Clock clock,
      Spill spill,
      Supplier<Producer<byte[], byte[]>> producers) {
    this.settings = settings;
    this.run = identity.run();
    this.begun = !settings.several();
    this.clock = clock;
    this.spill = spill;
    this.queue = new ObservationQueue(settings.queueRecords(), settings.queueBytes());
    this.encoder = new RecordEncoder(identity);
    this.link = new ProducerLink(producers, settings, identity, this::settled, System::nanoTime);
    this.step = identity.startStep();
    this.pending =
        run == null ? null : new Outgoing(Kind.RUN, RecordCodec.encode(run), clock.millis());
    this.thread = new Thread(this::publish, "ratchet-publish");
    thread.setDaemon(true);
  }

  /**
   * Starts publishing; does not wait for a broker. One worker of several only speaks of itself
   * until {@link #begin} is called.
   *
   * @param run the run's record, registered before the first observation; null but for worker 0
   * @param clock gives the time of each record, never a decision
   * @throws InputException if a client property or the spill folder cannot be used
   */
  public static KafkaRunPublisher start(
      PublishSettings settings, RunIdentity identity, Run run, Clock clock) {
    Map<String, Object> properties =
        ClientProperties.producer(
            settings.client(), "ratchet-" + identity.run() + "-" + identity.worker());
    return start(settings, identity, run, clock, () -> new KafkaProducer<>(properties));
  }

  static KafkaRunPublisher start(
      PublishSettings settings,
      RunIdentity identity,
      Run run,
      Clock clock,
      Supplier<Producer<byte[], byte[]>> producers) {
    // Of several workers each has a folder of its own, and may come to have another number.
    int worker = settings.several() ? 0 : identity.worker();
    Path file = spillFile(settings.spillDirectory(), identity.run(), worker);
    Spill spill;
    try {
      Files.createDirectories(settings.spillDirectory());
      spill = Spill.open(file, settings.spillBytes());
    } catch (IOException e) {
      throw unusable(file, e);
    }
    if (spill.cutBytes() > 0) {
      LOG.warn("{}: its last record was torn, {} bytes cut off", file, spill.cutBytes());
    }
    if (!spill.isRead()) {
      LOG.info("{}: {} bytes left by an earlier process are sent first", file, spill.size());
    }
    KafkaRunPublisher publisher =
        new KafkaRunPublisher(settings, identity, run, clock, spill, producers);
    publisher.thread.start();
    return publisher;
  }

  /** The file in which records of a worker wait for the broker. */
  public static Path spillFile(Path directory, String run, int worker) {
    return directory.resolve(run + "-" + worker + ".spill");
  }

  /**
   * Forgets what an earlier run of the same name left for the broker: it is of that run.
   *
   * @throws InputException if it cannot be removed, or another process trains the run
   */
  public static void forgetUnsent(Path directory, String run, int worker) {
    Path file = spillFile(directory, run, worker);
    if (!Files.exists(file)) {
      return;
    }
    try (Spill left = Spill.open(file, 0)) {
      left.reset();
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }

  private static InputException unusable(Path file, IOException e) {
    return new InputException("spill file " + file + ": " + reason(e), e);
  }

  private void wake() {
    LockSupport.unpark(thread);
  }

  /**
   * The producer's thread has settled a record: soon enough seen, unless a gradient waits for it.
   */
  private void settled() {
    if (held) {
      wake();
    }
  }

  // ---- training thread

  /**
   * Begins an attempt, at the first observation after this call; their numbers begin at 0.
   *
   * @param identity of this process in it
   * @param run the run's record, registered first; null but for worker 0
   */
  void begin(RunIdentity identity, Run run) {
    say(new Beginning(identity, run));
    nextSweep = 0;
    nextUpdate = 0;
    step = identity.startStep();
    begun = true;
  }

  /**
   * Proposes an attempt without those who are gone: a record of the step, without a gradient. This
   * process stays in the attempt that it is in.
   *
   * @param identity of this process in the attempt, if it comes to it
   * @param update its gradient of the step
   */
  void propose(RunIdentity identity, UpdateObservation update) {
    say(new Proposal(identity, update.withoutBlocks()));
  }

  private void say(Object word) {
    while (!queue.offer(word, OBJECT_BYTES, 0, clock.millis())) {
      LockSupport.parkNanos(LOOK_NANOS); // the queue holds at most what the spill file then takes
    }
    offered++;
    wake();
  }

  /** Tells what the training waits for, in the worker's own word; empty when it goes on. */
  void waits(String what) {
    waiting = what;
  }

  @Override
  public void offer(SweepObservation sweep) {
    long number = nextSweep;
    int weight =
        OBJECT_BYTES
            + sweep.from().length
            + sweep.to().length
            + weight(sweep.pathEntropy())
            + weight(sweep.softTo())
            + weight(sweep.dataLatent())
            + (sweep.samples() == null ? 0 : sweep.samples().length)
            + (sweep.classes() == null ? 0 : sweep.classes().length);
    if (closing != null || !queue.offer(sweep, weight, number, clock.millis())) {
      drop();
    }
    nextSweep = number + 1;
    step = Math.max(step, sweep.step());
    offered++;
  }

  @Override
  public void offer(UpdateObservation update) {
    long number = nextUpdate;
    int weight = OBJECT_BYTES;
    for (UpdateObservation.Block block : update.blocks()) {
      weight += OBJECT_BYTES + weight(block.values());
    }
    if (closing != null || !queue.offer(update, weight, number, clock.millis())) {
      drop();
    }
    nextUpdate = number + 1;
    // Of several workers' updates none is applied before all are known.
    step = Math.max(step, settings.several() ? update.step() : update.step() + 1);
    offered++;
    if (settings.several()) {
      wake(); // and what the step published before goes with it
    }
  }

  private static int weight(float[] values) {
    return values == null ? 0 : Float.BYTES * values.length;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void drop() {
    droppedFromQueue++;
  }

  @Override
  public long nextSweep() {
    return nextSweep;
  }

  @Override
  public long nextUpdate() {
    return nextUpdate;
  }

  /** Observations that the queue has taken so far; only the training thread may ask. */
  public long mark() {
    return offered - droppedFromQueue;
  }

  // ---- anyone

  /**
   * Whether a kill of this process can no longer cost any of the observations up to a mark: all are
   * acknowledged, in the spill file, or counted as dropped. A checkpoint made at the mark may then
   * be relied upon without a gap in the log.
   */
  public boolean isSafe(long mark) {
    return safe >= mark;
  }

  /** Records that will never be in the topics: queue and spill were full, or the broker refused. */
  public long dropped() {
    return droppedFromQueue + lost + refused;
  }

  /** Records that went through the spill file. */
  public long spilled() {
    return spilled;
  }

  /** Whether the broker was last seen to be away. */
  public boolean isBrokerAway() {
    return away;
  }

  /** The right that Kafka was last seen to refuse, so that records wait; empty if it takes them. */
  public Optional<String> denial() {
    return Optional.ofNullable(denial);
  }

  /**
   * Ends the worker's part in the attempt, after its last observation: sends all that waits, then
   * {@code end}, then the worker's last word. What cannot be delivered in time is left in the spill
   * file. May be called once.
   *
   * @param ending FINISHED, FAILED or INTERRUPTED
   * @param step updates applied in all
   * @param message one line for a person, may be empty
   * @param patience how long to wait for the broker without a record acknowledged
   * @return whether everything up to {@code end} was acknowledged
   */
  public boolean close(WorkerState ending, long step, String message, Duration patience) {
    closing = new Closing(ending, step, message, patience);
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (true) {
      try {
        thread.join(); // it loses patience by itself
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return delivered;
  }

  // ---- publishing thread

  private void publish() {
    progressAt = nextHeartbeat = System.nanoTime();
    boolean failed = false;
    while (!isOver()) {
      boolean moved = false;
      try {
        moved = give();
        relieveQueue();
        forgetSpill();
        noteSafe();
        heartbeat();
      } catch (RuntimeException e) {
        if (!failed) { // once: the next turn is likely to fail in the same way
          LOG.error("publishing {}", run, e);
        }
        failed = true;
      }
      refused = link.refused();
      away = link.isAway();
      denial = link.denial();
      if (!moved) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
    end();
  }

  /** Gives what waits to the producer, oldest first; false if nothing moved. */
  private boolean give() {
    boolean moved = false;
    while (link.hasRoom()) {
      boolean fromSpill = !spill.isRead();
      Outgoing record = fromSpill ? readSpill() : pending();
      if (record == null || mustWait(record) || !link.give(record)) {
        break;
      }
      if (fromSpill) {
        spill.take();
        spillMark = link.given();
      } else {
        pending = null;
        unsettled.addLast(new long[] {taken, link.given()});
        endGiven = record.kind() == Kind.END;
      }
      moved = true;
    }
    return moved;
  }

  /** Whether all before it must be acknowledged first, and is not. */
  private boolean mustWait(Outgoing record) {
    held = isAwaited(record) && !link.keepsOrder();
    if (!held && record.kind() != Kind.END) {
      return false;
    }
    link.settle(); // what was acknowledged before the flag was up has woken nobody
    return !link.isIdle();
  }

  /** Whether other workers wait for it. */
  private boolean isAwaited(Outgoing record) {
    return settings.several() && record.kind() == Kind.GRADIENT_UPDATE;
  }

  private Outgoing readSpill() {
    try {
      return spill.peek();
    } catch (IOException e) {
      LOG.error("{}: {} bytes given up: {}", spill.file(), spill.giveUp(), reason(e));
      return null;
    }
  }

  /** The oldest record that is not in the spill file. */
  private Outgoing pending() {
    if (pending == null) {
      Numbered numbered = queue.poll();
      if (numbered != null && numbered.observation() instanceof Beginning beginning) {
        taken++;
        turn(beginning);
      } else if (numbered != null && numbered.observation() instanceof Proposal proposal) {
        taken++;
        pending =
            new RecordEncoder(proposal.identity())
                .encode(new Numbered(proposal.update(), 0, numbered.millis()));
      } else if (numbered != null) {
        taken++;
        pending = encode(numbered);
      } else if (closing != null && begun && !endMade) {
        endMade = true;
        pending = encoder.end(closing.step(), nextSweep, clock.millis());
      }
    }
    return pending;
  }

  private void turn(Beginning beginning) {
    encoder = new RecordEncoder(beginning.identity());
    link.worker(beginning.identity().worker());
    nextHeartbeat = System.nanoTime();
    pending =
        beginning.run() == null
            ? encoder.worker(
                WorkerState.RUNNING,
                beginning.identity().startStep(),
                settings.promise().toMillis(),
                dropped(),
                spilled,
                "",
                clock.millis())
            : new Outgoing(Kind.RUN, RecordCodec.encode(beginning.run()), clock.millis());
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private Outgoing encode(Numbered numbered) {
    try {
      return encoder.encode(numbered);
    } catch (RuntimeException e) { // the observation lacks what a record needs
      lost++;
      throw e;
    }
  }

  /** Moves the queue into the spill file before it gets full. */
  private void relieveQueue() {
    if (queue.isFilling() && System.nanoTime() - diskRetry >= 0) {
      while (pending() != null && isSpillable(pending) && spillPending()) {}
    }
  }

  /** An awaited gradient has nothing behind it, and what tells of a moment is no use later. */
  private boolean isSpillable(Outgoing record) {
    return record.kind() != Kind.END && record.kind() != Kind.WORKER && !isAwaited(record);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private boolean spillPending() {
    try {
      if (spill.append(pending)) {
        pending = null;
        spilled++;
        return true;
      }
      if (!spillFullSaid) {
        spillFullSaid = true;
        LOG.error(
            "{}: full, {} bytes; records are dropped from now on", spill.file(), spill.size());
      }
    } catch (IOException e) {
      diskFailed(e);
    }
    return false;
  }

  private void diskFailed(IOException e) {
    diskRetry = System.nanoTime() + DISK_RETRY_NANOS;
    if (!diskFailed) {
      diskFailed = true;
      LOG.error(
          "{}: cannot be written at {} bytes: {}; records are dropped when the queue is full",
          spill.file(),
          spill.size(),
          reason(e));
    }
  }

  /** Gives the spill file's space back when all that was in it has been acknowledged. */
  private void forgetSpill() {
    if (!spill.isEmpty() && spill.isRead() && link.settled() >= spillMark) {
      try {
        spill.reset();
        spillFullSaid = false;
      } catch (IOException e) {
        diskFailed(e);
      }
    }
  }

  private void noteSafe() {
    while (!unsettled.isEmpty() && unsettled.getFirst()[1] <= link.settled()) {
      unsettled.removeFirst();
    }
    if (!unsettled.isEmpty()) {
      safe = unsettled.getFirst()[0] - 1;
    } else {
      safe = pending == null ? taken : taken - 1;
    }
  }

  /** Says that the worker lives, unless its last word is still under way. */
  private void heartbeat() {
    long now = System.nanoTime();
    if (step != progressSeen) {
      progressSeen = step;
      progressAt = now;
    }
    if (closing != null
        || now - nextHeartbeat < 0
        || (lastWord != null && !lastWord.isAcknowledged())
        || !link.hasRoom()) {
      return;
    }
    String why = waiting;
    boolean stalled = !why.isEmpty() || now - progressAt > settings.stalledAfter().toNanos();
    Outgoing word =
        word(
            stalled ? WorkerState.STALLED : WorkerState.RUNNING,
            settings.promise().toMillis(),
            why);
    if (link.give(word)) {
      lastWord = word;
    }
    nextHeartbeat = now + settings.heartbeat().toNanos();
  }

  private Outgoing word(WorkerState state, long promisedMillis, String message) {
    return encoder.worker(
        state, progressSeen, promisedMillis, dropped(), spilled, message, clock.millis());
  }

  private boolean isOver() {
    Closing c = closing;
    if (c == null) {
      return false;
    }
    link.settle();
    return isAllDelivered() || isOutOfPatience(c);
  }

  /** Whether all up to the end is acknowledged; there is no end of what was never begun. */
  private boolean isAllDelivered() {
    return link.isIdle() && (begun ? endGiven : spill.isRead() && pending() == null);
  }

  /**
   * Patience begins anew with every record that is acknowledged: what gets on is left to end. A
   * right that is missing is not waited for: nobody knows that it would have to be given just now.
   */
  private boolean isOutOfPatience(Closing c) {
    if (link.denial() != null) {
      return true;
    }
    long now = System.nanoTime();
    if (settledAt == 0 || link.settled() != settledSeen) {
      settledSeen = link.settled();
      settledAt = now;
    }
    return now - settledAt >= c.patience().toNanos();
  }

  private void end() {
    delivered = isAllDelivered();
    if (delivered) {
      progressSeen = closing.step();
      if (link.hasRoom() && link.give(word(closing.ending(), 0, closing.message()))) {
        while (!link.isIdle() && !isOutOfPatience(closing)) {
          LockSupport.parkNanos(LOOK_NANOS);
          link.settle();
        }
      }
      forgetSpill();
      link.close();
    } else {
      leaveInSpill();
    }
    refused = link.refused();
    try {
      spill.close();
    } catch (IOException e) {
      diskFailed(e);
    }
  }

  /** Leaves what was not delivered to the next process: unacknowledged, spilled, waiting, end. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void leaveInSpill() {
    List<Outgoing> left = new ArrayList<>(link.abandon());
    left.removeIf(record -> record.kind() == Kind.WORKER || isAwaited(record));
    boolean writable = true;
    try {
      if (!left.isEmpty() || !spill.isRead()) {
        spill.putFirst(left);
      } else {
        spill.reset();
      }
    } catch (IOException e) {
      diskFailed(e);
      writable = false;
    }
    while (pending() != null) {
      if (isAwaited(pending) || pending.kind() == Kind.WORKER) {
        pending = null;
      } else if (!writable || !spillPending()) {
        writable = false;
        lost++;
        pending = null;
      }
    }
    LOG.warn(
        "broker {} did not take everything in time: {} bytes left in {}, {} records lost",
        settings.address(),
        spill.isEmpty() ? 0 : spill.size(),
        spill.file(),
        lost);
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException f) {
      return f.getReason() == null ? e.getClass().getSimpleName() : f.getReason();
    }
    return e.getMessage();
  }
}
