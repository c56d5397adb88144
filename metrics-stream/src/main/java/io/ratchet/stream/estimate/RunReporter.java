package io.ratchet.stream.estimate;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import io.ratchet.stream.window.Window;
import io.ratchet.thermodynamics.CollapseDetector;
import io.ratchet.thermodynamics.CollapseDetector.Latch;
import io.ratchet.thermodynamics.CollapseDetector.State;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Reports on one run, bucket by bucket: numbers its windows, estimates them, has the collapse
 * detector judge them, and raises, resolves and supersedes alerts.
 *
 * <p>A state machine: its answers are a function of the buckets that closed so far and of the run's
 * frozen settings. {@link #writeTo} and {@link #readFrom} carry it over a restart with the same
 * bits.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class RunReporter {
  private static final int VERSION = 1;

  /** Where an alert that stands was raised; what a record says that supersedes it. */
  private record Raised(
      int attempt, long sequence, long fromStep, long toStep, double floor, int states) {}

  /**
   * What a closed bucket gives rise to.
   *
   * @param window the window that it ends, to be published; empty if the bucket is
   * @param alerts alerts that it raises or resolves
   */
  public record Report(Optional<Thermodynamics> window, List<Alert> alerts) {
    /** Nothing. */
    public static final Report NONE = new Report(Optional.empty(), List.of());
  }

  private long sequence;
  private State state = State.INITIAL;

  /** The strongest cycle of the last window that was judged to turn; null before. */
  private Cycle turning;

  private final Map<AlertKind, Raised> raised = new EnumMap<>(AlertKind.class);

  private RunReporter(long sequence) {
    this.sequence = sequence;
  }

  /**
   * A reporter whose detector has seen nothing.
   *
   * @param sequence number of the next window, 0 for a new run
   */
  public static RunReporter startingAt(long sequence) {
    return new RunReporter(sequence);
  }

  /** Whether a closed bucket is reported: if it holds a sweep, or if the detector is to judge. */
  public static boolean isReported(BucketClosed closed, WindowSettings settings) {
    return !closed.empty() || isJudged(closed, settings);
  }

  private static boolean isJudged(BucketClosed closed, WindowSettings settings) {
    return closed.last() || settings.endsStride(closed.bucket());
  }

  /**
   * Reports on a bucket that has closed.
   *
   * @param window the window that it ends
   */
  public Report close(BucketClosed closed, Window window) {
    if (window.sums().counts().transitions() == 0) { // so the bucket is empty too
      return Report.NONE;
    }
    Reading reading = Reading.of(window);
    Thermodynamics result = closed.empty() ? null : WindowEstimator.estimate(reading, sequence++);
    Optional<CollapseDetector> detector = detector(window);
    if (detector.isEmpty()) {
      return new Report(Optional.ofNullable(result), List.of());
    }
    boolean judged = false;
    OptionalDouble bound = detector.get().bound(reading.entropyProduction());
    List<Alert> alerts = List.of();
    if (isJudged(closed, window.settings())) {
      State before = state;
      CollapseDetector.Verdict verdict =
          detector
              .get()
              .judge(
                  state,
                  reading.counts(),
                  reading.entropyProduction(),
                  reading.signFlip(),
                  window.buckets() == window.settings().windowBuckets());
      state = verdict.state();
      judged = verdict.judged();
      alerts = alerts(before, reading, bound);
      if (judged && result != null && turns(window, bound) && !result.getCycles().isEmpty()) {
        turning = result.getCycles().get(0);
      }
    }
    if (result != null) {
      result.setVerdict(verdict(judged, bound));
    }
    return new Report(Optional.ofNullable(result), alerts);
  }

  /**
   * Begins an attempt: windows and detector start anew, and what stands is superseded.
   *
   * @param attempt its number
   * @param startStep its first step
   */
  public List<Alert> begin(String run, int attempt, long startStep) {
    List<Alert> alerts = new ArrayList<>();
    raised.forEach(
        (kind, at) ->
            alerts.add(
                Alert.newBuilder()
                    .setRun(run)
                    .setAttempt(at.attempt())
                    .setKind(kind)
                    .setAction(AlertAction.SUPERSEDED)
                    .setSequence(at.sequence())
                    .setFromStep(at.fromStep())
                    .setToStep(at.toStep())
                    .setFloor(at.floor())
                    .setStates(at.states())
                    .setMessage(
                        "superseded: attempt %d began at step %d".formatted(attempt, startStep))
                    .build()));
    raised.clear();
    state = State.INITIAL;
    turning = null;
    return alerts;
  }

  /** What stands between two strides. */
  public Verdict verdict() {
    return verdict(false, OptionalDouble.empty());
  }

  private Verdict verdict(boolean judged, OptionalDouble bound) {
    return new Verdict(
        judged,
        WindowEstimator.orNull(bound),
        state.alarm().strikes(),
        state.alarm().raised(),
        state.frozen().raised());
  }

  /** The detector of a run; empty for one of which nothing stationary is expected. */
  private static Optional<CollapseDetector> detector(Window window) {
    Expectation expectation = window.sums().shape().expectation();
    return switch (expectation) {
      case IRREVERSIBLE, REVERSIBLE ->
          Optional.of(
              CollapseDetector.of(
                  CollapseDetector.Expectation.valueOf(expectation.name()),
                  window.settings().floor(),
                  window.sums().shape().states()));
      case DRIVEN, UNKNOWN -> Optional.empty();
    };
  }

  private static boolean turns(Window window, OptionalDouble upper) {
    return window.sums().shape().expectation() == Expectation.IRREVERSIBLE
        && upper.isPresent()
        && upper.getAsDouble() >= window.settings().floor();
  }

  private List<Alert> alerts(State before, Reading reading, OptionalDouble bound) {
    boolean irreversible =
        reading.window().sums().shape().expectation() == Expectation.IRREVERSIBLE;
    AlertKind kind = irreversible ? AlertKind.COLLAPSE : AlertKind.IRREVERSIBLE;
    List<Alert> alerts = new ArrayList<>(2);
    change(kind, before.alarm(), state.alarm(), reading, bound, alerts);
    change(
        AlertKind.FROZEN, before.frozen(), state.frozen(), reading, OptionalDouble.empty(), alerts);
    return alerts;
  }

  private void change(
      AlertKind kind,
      Latch before,
      Latch after,
      Reading reading,
      OptionalDouble bound,
      List<Alert> alerts) {
    if (before.raised() == after.raised()) {
      return;
    }
    Window window = reading.window();
    Raised at =
        new Raised(
            window.attempt(),
            Math.max(0, sequence - 1),
            window.fromStep(),
            window.toStep(),
            window.settings().floor(),
            window.sums().shape().states());
    if (after.raised()) {
      raised.put(kind, at);
    } else {
      raised.remove(kind);
    }
    Double p = kind == AlertKind.IRREVERSIBLE ? WindowEstimator.orNull(reading.signFlip()) : null;
    alerts.add(
        Alert.newBuilder()
            .setRun(window.run())
            .setAttempt(at.attempt())
            .setKind(kind)
            .setAction(after.raised() ? AlertAction.RAISED : AlertAction.RESOLVED)
            .setSequence(at.sequence())
            .setFromStep(at.fromStep())
            .setToStep(at.toStep())
            .setBound(WindowEstimator.orNull(bound))
            .setFloor(at.floor())
            .setPValue(p)
            .setTransitions(reading.counts().transitions())
            .setGroups(reading.counts().groupsWithTransition())
            .setStates(at.states())
            .setCounts(WindowEstimator.triples(reading.counts().pooled()))
            .setVanishedCycle(after.raised() ? turning : null)
            .setMessage(message(kind, after.raised(), bound, p, at.floor()))
            .build());
  }

  private static String message(
      AlertKind kind, boolean raised, OptionalDouble bound, Double p, double floor) {
    return switch (kind) {
      case COLLAPSE ->
          String.format(
              Locale.ROOT,
              raised
                  ? "collapsed to reversibility: the 99 %% upper bound of the entropy production, %.4g"
                      + " nats per transition, is below the floor of %.4g"
                  : "no longer reversible: the 99 %% upper bound of the entropy production, %.4g nats"
                      + " per transition, is not below the floor of %.4g",
              bound.getAsDouble(),
              floor);
      case IRREVERSIBLE ->
          String.format(
              Locale.ROOT,
              raised
                  ? "currents in a chain that should have none: the 99 %% lower bound of the entropy"
                      + " production is %.4g nats per transition, p = %.3g; a broken sampler or a"
                      + " wrong unit of observation"
                  : "no current is seen any more: the 99 %% lower bound of the entropy production is"
                      + " %.4g nats per transition, p = %.3g",
              bound.getAsDouble(),
              p);
      default ->
          raised
              ? "frozen: the chains hardly move, so nothing can be said of their reversibility"
              : "the chains move again";
    };
  }

  /** Appends all that it remembers. */
  public void writeTo(BytesWriter out) {
    out.putByte(VERSION).putVarint(sequence);
    write(state.alarm(), out);
    write(state.frozen(), out);
    out.putByte(turning == null ? 0 : 1);
    if (turning != null) {
      List<Integer> states = turning.getStates() == null ? List.of() : turning.getStates();
      out.putVarint(states.size());
      states.forEach(out::putVarint);
      out.putVarint(turning.getLength())
          .putDouble(turning.getWeight())
          .putDouble(turning.getAffinity());
    }
    out.putVarint(raised.size());
    raised.forEach(
        (kind, at) ->
            out.putText(kind.name())
                .putVarint(at.attempt())
                .putVarint(at.sequence())
                .putVarint(at.fromStep())
                .putVarint(at.toStep())
                .putDouble(at.floor())
                .putVarint(at.states()));
  }

  /** Reads what {@link #writeTo} wrote. */
  public static RunReporter readFrom(BytesReader in) {
    in.getVersion(VERSION);
    RunReporter reporter = new RunReporter(in.getVarint());
    reporter.state = new State(latch(in), latch(in));
    if (in.getByte() != 0) {
      List<Integer> states = new ArrayList<>();
      for (int left = in.getCount(); left > 0; left--) {
        states.add(in.getCount());
      }
      reporter.turning =
          new Cycle(
              states.isEmpty() ? null : states, in.getCount(), in.getDouble(), in.getDouble());
    }
    for (int left = in.getCount(); left > 0; left--) {
      reporter.raised.put(
          AlertKind.valueOf(in.getText()),
          new Raised(
              in.getCount(),
              in.getVarint(),
              in.getVarint(),
              in.getVarint(),
              in.getDouble(),
              in.getCount()));
    }
    return reporter;
  }

  private static void write(Latch latch, BytesWriter out) {
    out.putByte(latch.raised() ? 1 : 0).putVarint(latch.strikes());
  }

  private static Latch latch(BytesReader in) {
    return new Latch(in.getByte() != 0, in.getCount());
  }
}
