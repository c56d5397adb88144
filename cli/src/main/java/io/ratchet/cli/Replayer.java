package io.ratchet.cli;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.stream.replay.Cut;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/**
 * Sends a run's sweeps and updates again under another id, in the order and at the pace of their
 * timestamps, and speaks for its workers meanwhile.
 */
final class Replayer implements AutoCloseable {
  private static final long BEAT_MILLIS = 5_000;
  private static final long PROMISED_MILLIS = 15_000;

  private final RecordedRun source;
  private final Cut cut;
  private final String id;
  private final Topics topics;
  private final Clock clock;
  private final Feed<ChainStates> states;
  private final Feed<GradientUpdate> gradients;
  private final RecordSender sender;

  /** Of each worker its last sweep that was sent. */
  private final Map<Integer, ChainStates> last = new TreeMap<>();

  private long sweeps;
  private long updates;
  private long beatMillis;

  /**
   * Opens both ends.
   *
   * @param cut what is sent of the run, already surveyed
   * @param id the new run
   * @param destination where it is sent
   */
  Replayer(
      RecordedRun source, Cut cut, String id, Topics topics, Connection destination, Clock clock) {
    this.source = source;
    this.cut = cut;
    this.id = id;
    this.topics = topics;
    this.clock = clock;
    sender = RecordSender.open(destination.clientProperties());
    states = new Feed<>(source, source.open(topics.chainStates()), ChainStates.class, cut::of);
    gradients =
        new Feed<>(source, source.open(topics.gradientUpdates()), GradientUpdate.class, cut::of);
  }

  /** What is to be sent of a topic, one by one, with the time at which it was recorded. */
  private static final class Feed<T extends SpecificRecord> {
    private final RecordedRun run;
    private final TopicReader reader;
    private final Class<T> type;
    private final Function<T, Optional<T>> cut;
    private final Deque<T> ahead = new ArrayDeque<>();
    private final Deque<Long> times = new ArrayDeque<>();
    private boolean more = true;

    Feed(RecordedRun run, TopicReader reader, Class<T> type, Function<T, Optional<T>> cut) {
      this.run = run;
      this.reader = reader;
      this.type = type;
      this.cut = cut;
    }

    /** When the next one was recorded, milliseconds since 1970; the end of time without one. */
    long time() {
      while (ahead.isEmpty() && more) {
        more =
            reader.read(
                record ->
                    run.decode(
                        record,
                        type,
                        value ->
                            cut.apply(value)
                                .ifPresent(
                                    sent -> {
                                      ahead.add(sent);
                                      times.add(record.timestamp());
                                    })));
      }
      return ahead.isEmpty() ? Long.MAX_VALUE : times.peek();
    }

    T next() {
      times.remove();
      return ahead.remove();
    }
  }

  /** Sweeps that were sent. */
  long sweeps() {
    return sweeps;
  }

  /** Updates that were sent. */
  long updates() {
    return updates;
  }

  /**
   * Sends everything.
   *
   * @param speed times as fast as recorded; infinite for as fast as it goes
   * @param progress told of the steps whose sweeps were sent
   * @return false if a signal came before the end
   */
  boolean run(double speed, Interrupt interrupt, Progress progress) throws InterruptedException {
    sender.send(topics.runs(), id, registration());
    long begin = clock.millis();
    long first = Math.min(states.time(), gradients.time());
    long next = first;
    while (next < Long.MAX_VALUE) {
      // A difference of times over an infinite speed is no time at all.
      long due = begin + (long) ((next - first) / speed);
      if (!waitUntil(due, interrupt)) {
        finish(Optional.of(WorkerState.INTERRUPTED));
        return false;
      }
      if (states.time() <= gradients.time()) {
        ChainStates sweep = states.next();
        send(sweep);
        if (!sweep.getEnd()) { // that has a step of its own
          progress.at(sweep.getStep() + 1);
        }
      } else {
        send(gradients.next());
      }
      next = Math.min(states.time(), gradients.time());
    }
    cut.ends().forEach(this::send);
    finish(Optional.empty());
    return true;
  }

  private boolean waitUntil(long due, Interrupt interrupt) throws InterruptedException {
    long now = clock.millis();
    do {
      if (now - beatMillis >= BEAT_MILLIS) {
        beatMillis = now;
        beat(Optional.of(WorkerState.RUNNING));
      }
      long wait = Math.min(due - now, beatMillis + BEAT_MILLIS - now);
      if (wait > 0 ? interrupt.await(wait, TimeUnit.MILLISECONDS) : interrupt.requested()) {
        return false;
      }
      now = clock.millis();
    } while (now < due);
    return true;
  }

  private void send(ChainStates sweep) {
    sweep.setTimestampMillis(clock.millis());
    sender.send(topics.chainStates(), id, sweep);
    last.put(sweep.getWorker(), sweep);
    sweeps++;
  }

  private void send(GradientUpdate update) {
    update.setTimestampMillis(clock.millis());
    sender.send(topics.gradientUpdates(), id, update);
    updates++;
  }

  private void finish(Optional<WorkerState> state) {
    beat(state);
    sender.flush();
  }

  /** Says how each worker is; without a state, as its last sweep tells. */
  private void beat(Optional<WorkerState> state) {
    for (ChainStates sweep : last.values()) {
      WorkerState ended = sweep.getEnd() ? WorkerState.FINISHED : WorkerState.INTERRUPTED;
      sender.send(
          topics.runs(),
          Topics.workerKey(id, sweep.getWorker()),
          Worker.newBuilder()
              .setRun(id)
              .setAttempt(sweep.getAttempt())
              .setWorker(sweep.getWorker())
              .setIncarnation(sweep.getIncarnation())
              .setStep(sweep.getStep() + (sweep.getEnd() ? 0 : 1))
              .setState(state.orElse(ended))
              .setHeartbeatMillis(clock.millis())
              .setPromisedIntervalMillis(PROMISED_MILLIS)
              .build());
    }
  }

  private Run registration() {
    Run.Builder run =
        source
            .registered()
            .map(Run::newBuilder)
            .orElseGet(() -> Run.newBuilder().setRun(id).setAttempt(1));
    return run.setRun(id)
        .setCreatedMillis(clock.millis())
        .setStartStep(Math.max(run.getStartStep(), cut.fromStep()))
        .setNotes("replay of " + source.id() + " from step " + cut.fromStep())
        .build();
  }

  @Override
  public void close() {
    states.reader.close();
    gradients.reader.close();
    sender.close();
  }
}
