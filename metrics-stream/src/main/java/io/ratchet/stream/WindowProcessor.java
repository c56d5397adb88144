package io.ratchet.stream;

import io.ratchet.schema.Alert;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.Arrival;
import io.ratchet.stream.accept.Event;
import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Event.AttemptBegan;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.Event.Duplicate;
import io.ratchet.stream.accept.Event.Late;
import io.ratchet.stream.accept.Event.Rejected;
import io.ratchet.stream.accept.Event.Waiting;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.estimate.RunReporter;
import io.ratchet.stream.estimate.WindowEstimator;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.store.RunStores;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Chain states to windows: accepts sweeps, closes buckets, publishes and shows what they say. */
final class WindowProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  /** Runs kept in memory at most; the others are loaded when they speak. */
  static final int MAX_IN_MEMORY = 256;

  private final WindowSettings settings;
  private final int partitions;
  private final PrometheusExporter exporter;

  /** Bytes that windows and what waits may take of the runs in memory, but for one run's. */
  private final long maxBytes;

  /** Those in memory, the one that spoke longest ago first. */
  private final Map<String, StoredRun> runs = new LinkedHashMap<>(16, 0.75f, true);

  private ProcessorContext<byte[], byte[]> context;
  private RunStores stores;
  private Intake intake;

  WindowProcessor(
      WindowSettings settings, int partitions, PrometheusExporter exporter, long maxBytes) {
    this.settings = settings;
    this.partitions = partitions;
    this.exporter = exporter;
    this.maxBytes = maxBytes;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    stores = RunStores.of(context);
    intake = new Intake(context, exporter, partitions);
    runs.clear(); // what they hold may never have been committed
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    Arrival arrival;
    try {
      arrival = intake.readSweep(record);
    } catch (RejectedException e) {
      intake.refuse(record, e);
      return;
    }
    String id = arrival.sweep().run();
    StoredRun run = runs.get(id);
    if (run == null) {
      run = StoredRun.load(id, stores, settings);
      runs.put(id, run);
      makeRoom();
    }
    long gapsBefore = run.ledger().gaps();
    long bytesBefore = run.bytes();
    for (Event event : run.ledger().offer(arrival)) {
      if (event instanceof Waiting) {
        run.keepWaiting(arrival);
      } else if (event instanceof Accepted accepted) {
        run.dropWaiting(accepted.arrival());
        run.add(accepted);
        exporter.countAccepted();
      } else if (event instanceof Late late) {
        run.dropWaiting(late.arrival());
        exporter.countLate();
      } else if (event instanceof Rejected rejected) {
        run.dropWaiting(rejected.arrival());
        Arrival refused = rejected.arrival();
        intake.refuse(
            record.key(),
            refused.value(),
            record.timestamp(),
            rejected.reason(),
            rejected.detail(),
            refused.offset());
      } else if (event instanceof Duplicate) {
        exporter.countDuplicate();
      } else if (event instanceof BucketClosed closed) {
        publish(run.close(closed), run, record.timestamp());
      } else if (event instanceof AttemptBegan began) {
        run.begin(began).forEach(alert -> publish(alert, record.timestamp()));
        show(run, id);
      }
    }
    exporter.countGaps(run.ledger().gaps() - gapsBefore);
    if (run.bytes() > bytesBefore) {
      makeRoom();
    }
    if (run.ledger().hasEnded()) {
      run.forgetBuckets();
      exporter.end(id);
    }
    stores.beforeCommit().add(run, record.value().length);
  }

  @Override
  public void close() {
    runs.clear();
    if (context != null) {
      exporter.release(context.taskId().toString());
    }
  }

  /** Saves and forgets the runs that spoke longest ago, but never the one that speaks. */
  private void makeRoom() {
    long bytes = 0;
    for (StoredRun each : runs.values()) {
      bytes += each.bytes();
    }
    Iterator<StoredRun> eldest = runs.values().iterator();
    while (runs.size() > 1 && (runs.size() > MAX_IN_MEMORY || bytes > maxBytes)) {
      StoredRun leaving = eldest.next();
      bytes -= leaving.bytes();
      stores.beforeCommit().save(leaving);
      eldest.remove();
    }
  }

  private void publish(RunReporter.Report report, StoredRun run, long timestamp) {
    report.window().ifPresent(window -> publish(window, timestamp));
    for (Alert alert : report.alerts()) {
      publish(alert, timestamp);
      show(run, alert.getRun()); // an empty bucket has no window to show
    }
  }

  private void publish(Thermodynamics window, long timestamp) {
    context.forward(
        new Record<>(
            RunStores.runKey(window.getRun()).get(), WindowEstimator.encode(window), timestamp),
        MetricsTopology.THERMODYNAMICS);
    exporter.showWindow(context.taskId().toString(), window, timestamp);
  }

  private void publish(Alert alert, long timestamp) {
    context.forward(
        new Record<>(RunStores.runKey(alert.getRun()).get(), RecordCodec.encode(alert), timestamp),
        MetricsTopology.ALERTS);
  }

  private void show(StoredRun run, String id) {
    exporter.showVerdict(
        context.taskId().toString(),
        id,
        run.ledger().attempt(),
        run.ledger().shape().expectation(),
        run.verdict());
  }
}
