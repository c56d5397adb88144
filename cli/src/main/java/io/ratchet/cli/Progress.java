package io.ratchet.cli;

import io.ratchet.trainer.TrainingLoop;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a long work is: a bar with rate and time left on a terminal, a line now and then
 * elsewhere.
 *
 * <p>The thread that works only leaves numbers here; a thread of this class shows them.
 */
final class Progress implements TrainingLoop.Progress, AutoCloseable {
  private static final long BAR_MILLIS = 250;
  private static final long LINE_MILLIS = 10_000;

  /** What is counted, one and many. */
  enum Unit {
    STEP("step", "steps"),
    UPDATE("step", "updates"),
    RECORD("record", "records"),
    SAMPLE("sample", "samples"),
    START("start", "starts"),
    TEMPERATURE("temperature", "temperatures");

    private final String one;
    private final String many;

    Unit(String one, String many) {
      this.one = one;
      this.many = many;
    }
  }

  private final String name;
  private final Unit unit;
  private final long first;
  private final long total;
  private final RatchetCommand command;
  private final ScheduledExecutorService reporter =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });
  private ProgressBar bar;
  private volatile long done;
  private volatile double logLikelihood = Double.NaN;
  private volatile double angle = Double.NaN;
  private long shown;

  private Progress(String name, Unit unit, long first, long total, RatchetCommand command) {
    this.name = name;
    this.unit = unit;
    this.first = first;
    this.total = total;
    this.command = command;
    this.done = first;
  }

  /**
   * A progress; shows nothing before {@link #start}.
   *
   * @param name what the bar is called
   * @param first where it begins, which this work has not done
   * @param total where it ends
   */
  static Progress of(String name, Unit unit, long first, long total, RatchetCommand command) {
    return new Progress(name, unit, first, total, command);
  }

  /** Begins to show, unless the user wants it quiet. */
  Progress start() {
    if (!command.ratchet().quiet()) {
      start(Terminal.ERR.isTerminal() ? System.err : null);
    }
    return this;
  }

  /** Begins to show a bar on a terminal, or lines without one. */
  void start(PrintStream terminal) {
    shown = first;
    if (terminal != null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(total)
              .startsFrom(
                  first, Duration.ZERO) // or what a resumed run had done would count as fast
              .setStyle(ProgressBarStyle.ASCII)
              .setUnit("", 1) // 80 columns hold the numbers, not their names
              .showSpeed()
              .setConsumer(new ConsoleProgressBarConsumer(terminal))
              .build();
    }
    long interval = terminal == null ? LINE_MILLIS : BAR_MILLIS;
    var unused =
        reporter.scheduleAtFixedRate(
            () -> show(interval), interval, interval, TimeUnit.MILLISECONDS);
  }

  /** Notes how far it is. */
  void at(long done) {
    this.done = done;
  }

  @Override
  public void updated(long step, double logLikelihood) {
    this.logLikelihood = logLikelihood;
    at(step);
  }

  @Override
  public void angle(double radians) {
    angle = radians;
  }

  /** What is known of the model, as far as it is. */
  private String quality() {
    double likelihood = logLikelihood;
    double radians = angle;
    return (Double.isNaN(likelihood)
            ? ""
            : String.format(Locale.ROOT, ", log-likelihood %.2f", likelihood))
        + (Double.isNaN(radians)
            ? ""
            : String.format(Locale.ROOT, ", gradients' angle %.2f rad", radians));
  }

  private void show(long intervalMillis) {
    if (bar != null) {
      showBar();
      return;
    }
    command.say(line(intervalMillis));
  }

  private void showBar() {
    double value = logLikelihood;
    bar.setExtraMessage(Double.isNaN(value) ? "" : String.format(Locale.ROOT, " ln p %.2f", value));
    bar.stepTo(done);
  }

  /** What is said where there is no terminal, an interval after the last time. */
  String line(long intervalMillis) {
    long now = done;
    double rate = (now - shown) * 1_000.0 / intervalMillis;
    shown = now;
    String left =
        rate > 0 ? String.format(Locale.ROOT, ", %,.0f s left", (total - now) / rate) : "";
    return String.format(
        Locale.ROOT,
        "%s %,d of %,d, %,.0f %s/s%s%s",
        unit.one,
        now,
        total,
        rate,
        unit.many,
        left,
        quality());
  }

  @Override
  public void close() {
    reporter.shutdownNow();
    if (bar != null) {
      showBar();
      bar.close();
    }
  }
}
