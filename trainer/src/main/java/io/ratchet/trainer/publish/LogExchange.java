package io.ratchet.trainer.publish;

import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.checkpoint.RunDirectory;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.learning.Gradient;
import io.ratchet.trainer.learning.GradientExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker of several: publishes what it does, reads the gradients of all back from the log, and
 * goes on with their mean.
 *
 * <p>Nothing is applied that was not read from the log, its own gradient included: what is not in
 * the log has not happened. So a worker that comes back, and is given the log from its checkpoint
 * on, goes the way of the others again, without publishing, up to the first step that lacks a
 * gradient. There it begins the next attempt; the others, who wait at that very step, see its first
 * record and take part. Waiting is unbounded, for workers and for the broker; with a time given,
 * those who have published a step go on without those who have not.
 *
 * <p>Used by the training thread alone.
 */
public final class LogExchange implements RunPublisher, GradientExchange, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogExchange.class);

  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * How many times as long workers wait for one that was never there together with them: it may
   * only be late to start, or to be resumed, and would be left out for good.
   */
  private static final int AT_THE_START = 10;

  /** Waiting longer than this is told, and the broker is asked whether it is there. */
  private static final long LONG_NANOS = Duration.ofSeconds(2).toNanos();

  /** Time from one look at the broker to the next. */
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  private final RunDirectory directory;
  private final Run run;
  private final KafkaRunPublisher publisher;
  private final GradientLog log;
  private final StepGradients gradients;
  private final long elasticNanos;
  private final LongSupplier nanoTime;
  private final int nextAttempt;

  /** Where the log ended when this worker began to read it: up to here it catches up. */
  private final long end;

  private RunIdentity identity;
  private boolean publishing;

  /** Whether a step was completed in which this worker took part: all were there. */
  private boolean together;

  /** Sweeps of the present step: an attempt that begins in it has them, too. */
  private final List<SweepObservation> sweeps = new ArrayList<>();

  private UpdateObservation own;
  private String told = "";

  private LogExchange(
      RunDirectory directory,
      Run run,
      RunIdentity identity,
      KafkaRunPublisher publisher,
      GradientLog log,
      StepGradients gradients,
      long end,
      Duration elastic,
      LongSupplier nanoTime) {
    this.directory = directory;
    this.run = run;
    this.identity = identity;
    this.nextAttempt = identity.attempt();
    this.publisher = publisher;
    this.log = log;
    this.gradients = gradients;
    this.end = end;
    this.elasticNanos = elastic == null ? Long.MAX_VALUE : elastic.toNanos();
    this.nanoTime = nanoTime;
  }

  /**
   * How a worker takes part.
   *
   * @param attempt of the checkpoint that it goes on from, 0 for none
   * @param least the attempt that goes on from that checkpoint: the same, or a later one
   * @param gradientOffset of that checkpoint
   * @param catchesUp whether it goes on by the recorded gradients as far as they lead, or begins an
   *     attempt where it is
   * @param elastic time after which the others go on without a worker; null to wait for ever
   */
  public record Terms(
      int attempt, int least, long gradientOffset, boolean catchesUp, Duration elastic) {

    /** Those of a worker that begins with the run. */
    public static Terms ofStart(Duration elastic) {
      return new Terms(0, 0, Snapshot.NOWHERE, true, elastic);
    }
  }

  /**
   * Begins to publish and to read.
   *
   * @param settings for a worker of several
   * @param identity of the attempt that it will begin, unless the log is in a higher one then
   * @param run the run's record as worker 0 registers it, when it is
   * @param directory where attempts are written down before their first step
   * @param clock gives the time of each record, never a decision
   * @param nanoTime monotonic nanoseconds: how long it waits before it tells, or goes on alone
   * @throws io.ratchet.trainer.InputException if a property or the spill folder cannot be used
   */
  public static LogExchange open(
      PublishSettings settings,
      RunIdentity identity,
      Run run,
      RunDirectory directory,
      Terms terms,
      Clock clock,
      LongSupplier nanoTime) {
    KafkaRunPublisher publisher =
        KafkaRunPublisher.start(settings.ofSeveral(), identity, null, clock);
    GradientLog log = null;
    boolean opened = false;
    try {
      log =
          GradientLog.open(
              settings.client(),
              settings.topics(),
              identity.run(),
              terms.gradientOffset(),
              Instant.ofEpochMilli(run.getCreatedMillis()));
      Shard shard = new Shard(identity.worker(), identity.workers());
      LogExchange exchange =
          new LogExchange(
              directory,
              run,
              identity,
              publisher,
              log,
              StepGradients.ofWorker(identity.run(), terms.attempt(), terms.least(), shard),
              terms.catchesUp() ? log.end() : 0,
              terms.elastic(),
              nanoTime);
      opened = true;
      return exchange;
    } finally {
      if (!opened) {
        publisher.close(WorkerState.FAILED, identity.startStep(), "", Duration.ZERO);
        if (log != null) {
          log.close();
        }
      }
    }
  }

  // ---- what the training publishes

  @Override
  public void offer(SweepObservation sweep) {
    sweeps.add(sweep);
    if (publishing) {
      publisher.offer(sweep);
    }
  }

  @Override
  public void offer(UpdateObservation update) {
    own = update;
    if (publishing) {
      publisher.offer(update);
    }
  }

  @Override
  public long nextSweep() {
    return publisher.nextSweep();
  }

  @Override
  public long nextUpdate() {
    return publisher.nextUpdate();
  }

  // ---- what it goes on with

  @Override
  public Shard mean(UpdateObservation update, Gradient gradient, BooleanSupplier stop) {
    gradients.await(update.step(), update.parametersDigest());
    Waiting waiting = new Waiting();
    while (!gradients.isComplete()) {
      if (stop.getAsBoolean()) {
        return null;
      }
      // Whose gradient is there already, of an earlier life, waits like the others: they may have
      // completed the step with it before they read of another attempt.
      if (!publishing && log.position() >= end && !gradients.hasOwn()) {
        publish(update.step());
        continue;
      }
      GradientUpdate read = log.next(POLL);
      if (read == null) {
        waiting.look();
      } else if (gradients.take(read) && publishing) {
        begin(update.step());
      }
    }
    together |= publishing;
    tell("");
    gradient.setMean(gradients.values());
    sweeps.clear();
    own = null;
    return gradients.shard();
  }

  /** Has caught up: begins an attempt, or takes part in one that began without this worker. */
  private void publish(long step) {
    publishing = true;
    gradients.publishes(identity.incarnation());
    if (gradients.attempt() < nextAttempt) {
      gradients.begin(nextAttempt);
    }
    begin(step);
  }

  /** Publishes the present step in the attempt that the log is in now. */
  private void begin(long step) {
    Shard shard = gradients.shard();
    identity = identity.in(gradients.attempt(), shard, step, gradients.members());
    if (directory.highestAttempt() < identity.attempt()) {
      try {
        directory.begin(identity.attempt(), step);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    LOG.info("attempt {} from step {} on, {} workers", identity.attempt(), step, shard.workers());
    publisher.begin(identity, shard.worker() == 0 ? registration() : null);
    sweeps.forEach(publisher::offer);
    if (own != null) {
      publisher.offer(own);
    }
  }

  private Run registration() {
    return Run.newBuilder(run)
        .setAttempt(identity.attempt())
        .setWorkers(identity.workers())
        .setChains(identity.chains())
        .setStartStep(identity.startStep())
        .build();
  }

  /** One wait for the others, and what is done about it. */
  private final class Waiting {
    private final long began = nanoTime.getAsLong();

    /** Since when the broker has answered: an outage is nobody's fault. */
    private long alone = began;

    private long looked = began;

    void look() {
      long now = nanoTime.getAsLong();
      if (now - began < LONG_NANOS || now - looked < LOOK_NANOS) {
        return;
      }
      looked = now;
      List<Integer> missing = gradients.workers(false);
      if (!log.isBrokerThere() || !gradients.hasOwn()) {
        alone = nanoTime.getAsLong();
        tell("waits for the broker");
        return;
      }
      String whom = missing.stream().map(String::valueOf).collect(Collectors.joining(", "));
      tell("waits for worker " + whom + " at step " + own.step());
      List<Integer> there = gradients.workers(true);
      // The least begins; should it not, the next has its turn after as long again.
      Shard shard = gradients.shard();
      long turn = (1L + there.indexOf(shard.worker())) * (together ? 1 : AT_THE_START);
      if (elasticNanos < Long.MAX_VALUE && now - alone >= turn * elasticNanos) {
        LOG.warn("would go on without worker {} from step {} on", whom, own.step());
        int next = gradients.attempt() + 1;
        Shard mine = new Shard(there.indexOf(shard.worker()), there.size());
        publisher.propose(identity.in(next, mine, own.step(), there), own);
        alone = now; // what comes of it is in the log
      }
    }
  }

  private void tell(String what) {
    if (!what.equals(told)) {
      told = what;
      publisher.waits(what);
      if (!what.isEmpty()) {
        LOG.warn("{} {}", identity.run(), what);
      }
    }
  }

  /** Where the gradients of the next step can be found at the earliest. */
  public long gradientOffset() {
    return log.position();
  }

  /** The attempt that the log is in. */
  public int attempt() {
    return gradients.attempt();
  }

  /** The publisher, whose word it is what is safe. */
  public KafkaRunPublisher publisher() {
    return publisher;
  }

  /**
   * Ends the worker's part in the run; see {@link KafkaRunPublisher#close}. A worker that finished
   * by what others had recorded begins an attempt for its last word.
   */
  public boolean close(WorkerState ending, long step, String message, Duration patience) {
    if (ending == WorkerState.FINISHED && !publishing) {
      gradients.await(step, 0);
      publish(step);
    }
    close();
    return publisher.close(ending, step, message, patience);
  }

  /** Ends the reading alone. */
  @Override
  public void close() {
    log.close();
  }
}
