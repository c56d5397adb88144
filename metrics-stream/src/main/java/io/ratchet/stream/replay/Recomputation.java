package io.ratchet.stream.replay;

import io.ratchet.schema.Alert;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.Arrival;
import io.ratchet.stream.accept.Event;
import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Event.AttemptBegan;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.RunLedger;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.SweepSequence;
import io.ratchet.stream.accept.Tally;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.estimate.RunReporter;
import io.ratchet.stream.window.Aggregate;
import io.ratchet.stream.window.ClosedBucket;
import io.ratchet.stream.window.SlidingWindow;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What the stream says of a run, computed from the records of its partition alone: the same rules,
 * windows and estimators, but in memory, without Kafka Streams, stores or transactions. That is
 * what the stream's own output is held against.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class Recomputation {
  private final String run;
  private final WindowSettings settings;
  private final Consumer<Thermodynamics> windows;
  private final Consumer<Alert> alerts;
  private final RunLedger ledger;
  private final RunReporter reporter = RunReporter.startingAt(0);
  private final NavigableMap<Long, NavigableMap<Integer, Aggregate>> open = new TreeMap<>();
  private SlidingWindow window;

  /**
   * Begins with nothing known of the run.
   *
   * @param settings the settings that were frozen for it, or others to see what they would have
   *     said
   * @param windows takes each window as it closes
   * @param alerts takes each alert as it is raised, resolved or superseded
   */
  public Recomputation(
      String run,
      WindowSettings settings,
      Consumer<Thermodynamics> windows,
      Consumer<Alert> alerts) {
    this.run = run;
    this.settings = settings;
    this.windows = windows;
    this.alerts = alerts;
    ledger = RunLedger.open(settings);
  }

  /**
   * Takes the next record of the run's partition, of whatever run.
   *
   * @param offset its offset
   * @param partition the partition
   * @param partitions partitions of the topic
   */
  public void take(byte[] key, byte[] value, long offset, int partition, int partitions) {
    Sweep sweep;
    try {
      sweep = new SweepSequence(partitions).next(key, value, partition);
    } catch (RejectedException e) {
      return; // a dead letter, which changes nothing
    }
    if (!sweep.run().equals(run)) {
      return;
    }
    for (Event event : ledger.offer(new Arrival(sweep, value, offset))) {
      if (event instanceof Accepted accepted) {
        add(accepted);
      } else if (event instanceof BucketClosed closed) {
        close(closed);
      } else if (event instanceof AttemptBegan began) {
        open.clear();
        window = null;
        reporter.begin(run, began.attempt(), ledger.shape().startStep()).forEach(alerts);
      }
    }
  }

  /** What became of the records so far. */
  public Tally tally() {
    return ledger.tally();
  }

  private void add(Accepted accepted) {
    Sweep sweep = accepted.arrival().sweep();
    if (sweep.transitions().chains() == 0 && accepted.gaps() == 0) {
      return; // an end without a sweep
    }
    open.computeIfAbsent(accepted.bucket(), bucket -> new TreeMap<>())
        .computeIfAbsent(sweep.worker(), worker -> Aggregate.empty(ledger.shape()))
        .add(sweep.chainOffset(), accepted.gaps(), sweep.transitions());
  }

  private void close(BucketClosed closed) {
    NavigableMap<Integer, Aggregate> held = open.remove(closed.bucket());
    Map<Integer, Aggregate> parts = held == null ? Map.of() : held;
    if (window == null) {
      window = new SlidingWindow(closed.shape(), settings);
    }
    window.add(ClosedBucket.of(closed.bucket(), closed.missingWorkers(), parts));
    window.moveTo(closed.bucket());
    if (RunReporter.isReported(closed, settings)) {
      RunReporter.Report report =
          reporter.close(closed, window.read(run, closed.attempt(), closed.late()));
      report.window().ifPresent(windows);
      report.alerts().forEach(alerts);
    }
  }
}
