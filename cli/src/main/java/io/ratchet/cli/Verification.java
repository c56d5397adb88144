package io.ratchet.cli;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.estimate.WindowEstimator;
import io.ratchet.stream.replay.Comparison;
import io.ratchet.stream.replay.LogExtent;
import io.ratchet.stream.replay.Recomputation;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Holds what the stream has published of a run against what its log says, byte by byte.
 *
 * <p>Log and windows are read side by side, so that a long run does not have to fit in memory.
 */
final class Verification {
  private final RecordedRun run;
  private final Duration patience;
  private final Comparison windows = new Comparison("window");
  private final Comparison alerts = new Comparison("alert");
  private final Recomputation recomputation;
  private long records;

  private Verification(RecordedRun run, WindowSettings settings, Duration patience) {
    this.run = run;
    this.patience = patience;
    recomputation =
        new Recomputation(
            run.id(),
            settings,
            window -> windows.expect(WindowEstimator.encode(window)),
            alert -> alerts.expect(RecordCodec.encode(alert)));
  }

  /**
   * What was found.
   *
   * @param records records of the log
   * @param windows windows that are equal
   * @param alerts alerts that are equal
   * @param difference the first difference in words; empty if there is none
   */
  record Outcome(String run, long records, long windows, long alerts, Optional<String> difference) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: %d windows and %d alerts are what %d records say, byte for byte",
          run,
          windows,
          alerts,
          records);
    }
  }

  /**
   * Verifies a run. Windows that have not been published yet are waited for.
   *
   * @param patience how long to wait while none comes
   * @param command tells the user how far it is
   * @throws IllegalStateException if nothing was published, if the log is not whole any more, or if
   *     windows are missing because the stream has not come so far
   */
  static Outcome of(RecordedRun run, Topics topics, Duration patience, RatchetCommand command)
      throws InterruptedException {
    WindowSettings settings =
        run.settings(patience)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no window of run "
                            + run.id()
                            + " was published, so there is nothing to compare with"));
    return new Verification(run, settings, patience).compare(topics, command);
  }

  private Outcome compare(Topics topics, RatchetCommand command) throws InterruptedException {
    try (TopicReader log = run.open(topics.chainStates());
        TopicReader published = run.open(topics.thermodynamics());
        TopicReader raised = run.open(topics.alerts());
        Progress progress =
            Progress.of(run.id(), Progress.Unit.RECORD, 0, log.size(), command).start()) {
      long size = log.size();
      LogExtent extent = new LogExtent(log.isTruncated());
      do {
        boolean more = true;
        while (more && !differs()) {
          more = log.read(record -> fold(record, log, extent));
          progress.at(size - log.left());
          catchUp(windows, published);
          catchUp(alerts, raised);
        }
        if (!extent.isWhole()) {
          throw new IllegalStateException(
              "the log of run %s is complete from step %d only, so its windows cannot be computed again"
                  .formatted(run.id(), extent.completeFrom().orElse(0)));
        }
        await(windows, published);
        await(alerts, raised);
        // What is too much may come from records that were written meanwhile.
      } while (!differs() && windows.surplus() + alerts.surplus() > 0 && log.extend());
    }
    if (!differs() && windows.missing() + alerts.missing() > 0) {
      requireDealtWith(topics);
    }
    return new Outcome(
        run.id(), records, windows.equal(), alerts.equal(), windows.result().or(alerts::result));
  }

  /** What a stream has not got round to is not a difference. */
  private void requireDealtWith(Topics topics) throws InterruptedException {
    long left = run.leftByStream(topics.chainStates());
    if (left > 0) {
      throw new IllegalStateException(
          "%d windows and %d alerts of run %s are still to come: the stream has %d records of its partition before it; let it run, or give it time with --timeout"
              .formatted(windows.missing(), alerts.missing(), run.id(), left));
    }
  }

  private boolean differs() {
    return windows.difference().isPresent() || alerts.difference().isPresent();
  }

  private void fold(ConsumerRecord<byte[], byte[]> record, TopicReader log, LogExtent extent) {
    if (run.isOf(record)) {
      records++;
      run.decode(record, ChainStates.class, extent::take);
      recomputation.take(
          record.key(), record.value(), record.offset(), record.partition(), log.partitions());
    }
  }

  /** Reads as many as are called for, no more. */
  private void catchUp(Comparison comparison, TopicReader reader) {
    boolean more = true;
    while (more && comparison.missing() > 0 && !differs()) {
      more = reader.read(record -> take(record, comparison));
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record, Comparison comparison) {
    if (run.isOf(record)) {
      comparison.published(record.value());
    }
  }

  private void await(Comparison comparison, TopicReader reader) {
    reader.extend();
    reader.readToEnd(record -> take(record, comparison));
    long[] heard = {System.nanoTime()};
    reader.follow(
        () ->
            comparison.missing() == 0
                || differs()
                || System.nanoTime() - heard[0] > patience.toNanos(),
        record -> {
          heard[0] = run.isOf(record) ? System.nanoTime() : heard[0];
          take(record, comparison);
        });
  }
}
