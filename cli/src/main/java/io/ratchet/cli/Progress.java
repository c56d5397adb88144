package io.ratchet.cli;

import io.ratchet.trainer.TrainingLoop;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far training is: a bar with rate and time left on a terminal, a line now and then elsewhere.
 *
 * <p>The training thread only leaves two numbers here; a thread of this class shows them.
 */
final class Progress implements TrainingLoop.Progress, AutoCloseable {
  private static final long BAR_MILLIS = 250;
  private static final long LINE_MILLIS = 10_000;

  private final String run;
  private final long updates;
  private final RatchetCommand command;
  private final ScheduledExecutorService reporter =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });
  private ProgressBar bar;
  private volatile long step;
  private volatile double logLikelihood = Double.NaN;
  private long shownStep;

  private Progress(String run, long step, long updates, RatchetCommand command) {
    this.run = run;
    this.step = step;
    this.updates = updates;
    this.command = command;
  }

  /** The progress of a run; shows nothing before {@link #start}. */
  static Progress of(String run, long step, long updates, RatchetCommand command) {
    return new Progress(run, step, updates, command);
  }

  /** Begins to show, unless the user wants it quiet. */
  void start() {
    if (command.ratchet().quiet()) {
      return;
    }
    shownStep = step;
    boolean terminal = Terminal.ERR.isTerminal();
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(run)
              .setInitialMax(updates)
              .setStyle(ProgressBarStyle.ASCII)
              .setUnit(" updates", 1)
              .showSpeed()
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
    }
    long interval = terminal ? BAR_MILLIS : LINE_MILLIS;
    var unused =
        reporter.scheduleAtFixedRate(
            () -> show(interval), interval, interval, TimeUnit.MILLISECONDS);
  }

  @Override
  public void updated(long step, double logLikelihood) {
    this.logLikelihood = logLikelihood;
    this.step = step;
  }

  private void show(long intervalMillis) {
    long now = step;
    if (bar != null) {
      bar.setExtraMessage(String.format(Locale.ROOT, "log-likelihood %.2f", logLikelihood));
      bar.stepTo(now);
      return;
    }
    double rate = (now - shownStep) * 1_000.0 / intervalMillis;
    shownStep = now;
    String left =
        rate > 0 ? String.format(Locale.ROOT, ", %,.0f s left", (updates - now) / rate) : "";
    String line =
        String.format(
            Locale.ROOT,
            "step %,d of %,d, %,.0f updates/s%s, log-likelihood %.2f",
            now,
            updates,
            rate,
            left,
            logLikelihood);
    command.say(line);
  }

  @Override
  public void close() {
    reporter.shutdownNow();
    if (bar != null) {
      bar.stepTo(step);
      bar.close();
    }
  }
}
