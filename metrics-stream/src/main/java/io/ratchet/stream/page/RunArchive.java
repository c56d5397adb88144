package io.ratchet.stream.page;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Worker;
import io.ratchet.stream.runs.RunState;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All runs as the topics tell of them: a fold of records, without Kafka and without I/O.
 *
 * <p>Since everything comes from the topics, each instance of the stream shows all runs, whichever
 * partitions it works on, and a restart loses nothing. Memory is bounded: curves and samples are
 * kept for the {@value #MAX_HISTORIES} runs heard of last, every single value of their curves while
 * all of them together fit, what a run is and its state for the {@value #MAX_RUNS} heard of last,
 * or fewer where they say much of themselves. A run that {@code runs delete} has hidden is not
 * shown, whatever else is read of it.
 *
 * <p>One thread folds, any number read; a reader holds up only the fold of the run that it reads.
 */
public final class RunArchive {
  private static final Logger LOG = LoggerFactory.getLogger(RunArchive.class);

  /** As many as have series in the metrics, so that a page exists for each of them. */
  static final int MAX_HISTORIES = 200;

  /** Runs that are known at all; beyond that the one heard of longest ago is forgotten. */
  static final int MAX_RUNS = 10_000;

  /** Hidden runs that are remembered. */
  static final int MAX_DELETED = 100_000;

  /** What is known of all runs besides their series takes a sixteenth, or this much, bytes. */
  private static final long MAX_ABOUT_BYTES =
      Math.min(128L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** Of a server with little memory the full series take an eighth, else this much, bytes. */
  private static final long MAX_FULL_BYTES =
      Math.min(512L << 20, Runtime.getRuntime().maxMemory() / 8);

  /** When a run was heard of last; of two at the same time the first by name comes first. */
  private record Heard(long millis, String id) implements Comparable<Heard> {
    static Heard of(RunHistory history) {
      return new Heard(history.activeMillis(), history.id());
    }

    @Override
    public int compareTo(Heard other) {
      int byTime = Long.compare(millis, other.millis);
      return byTime == 0 ? id.compareTo(other.id) : byTime;
    }
  }

  private final Clock clock;
  private final long maxFullBytes;
  private final long maxAboutBytes;
  private final ConcurrentMap<String, RunHistory> runs = new ConcurrentHashMap<>();
  private final Set<String> deleted = ConcurrentHashMap.newKeySet();

  /** All of them, the one heard of longest ago first; only the thread that folds asks. */
  private final TreeSet<Heard> heard = new TreeSet<>();

  /** Those that have curves. */
  private final TreeSet<Heard> withSeries = new TreeSet<>();

  private long fullBytes;
  private long aboutBytes;
  private boolean forgetting;

  /**
   * An empty archive.
   *
   * @param clock by which the silence of workers is judged
   */
  public RunArchive(Clock clock) {
    this(clock, MAX_FULL_BYTES, MAX_ABOUT_BYTES);
  }

  /**
   * An empty archive.
   *
   * @param clock by which the silence of workers is judged
   * @param maxFullBytes most that the full series of all runs may take
   * @param maxAboutBytes most that may be taken by everything else that grows with their number
   */
  RunArchive(Clock clock, long maxFullBytes, long maxAboutBytes) {
    this.clock = clock;
    this.maxFullBytes = maxFullBytes;
    this.maxAboutBytes = maxAboutBytes;
  }

  /** Folds what worker 0, or {@code runs delete}, has registered. */
  public void accept(Run run) {
    if (run.getDeleted()) {
      if (deleted.size() < MAX_DELETED) {
        deleted.add(run.getRun());
      }
      remove(run.getRun());
      return;
    }
    fold(run.getRun(), history -> history.accept(run));
  }

  /** Folds what a worker says of itself. */
  public void accept(Worker worker) {
    fold(worker.getRun(), history -> history.accept(worker));
  }

  /** Folds one parameter update. */
  public void accept(GradientUpdate update) {
    fold(update.getRun(), history -> history.accept(update));
  }

  /**
   * Folds a closed window.
   *
   * @param offset where it lies in the run's partition, negative if nowhere
   * @param millis time of its record, negative if not known
   */
  public void accept(Thermodynamics window, long offset, long millis) {
    fold(window.getRun(), history -> history.accept(window, offset, millis));
  }

  /** Folds a closed window of which nothing else is known. */
  void accept(Thermodynamics window) {
    accept(window, -1, -1);
  }

  /** Folds what an alert has come to. */
  public void accept(Alert alert) {
    fold(alert.getRun(), history -> history.accept(alert));
  }

  /** Takes the samples of a sweep, if it carries any. */
  public void accept(ChainStates states) {
    fold(states.getRun(), history -> history.accept(states));
  }

  private void fold(String id, Consumer<RunHistory> change) {
    if (deleted.contains(id)) {
      return;
    }
    RunHistory known = runs.get(id);
    RunHistory history = known == null ? new RunHistory(id) : known;
    Heard before = Heard.of(history);
    synchronized (history) {
      fullBytes -= history.fullBytes();
      aboutBytes -= known == null ? 0 : history.aboutBytes();
      try {
        change.accept(history);
      } finally { // it may have changed by a record that cannot be folded, too
        history.hearUntil(clock.millis());
        fullBytes += history.fullBytes();
        aboutBytes += history.aboutBytes();
        runs.put(id, history);
        note(history, before);
      }
    }
    while (heard.size() > MAX_RUNS || (aboutBytes > maxAboutBytes && heard.size() > 1)) {
      forget(oldest(heard, h -> !h.id().equals(id)));
    }
    if (withSeries.size() > MAX_HISTORIES) {
      takeBack(runs.get(withSeries.pollFirst().id()), RunHistory::release);
    }
    while (fullBytes > maxFullBytes) {
      takeBack(oldest(withSeries, h -> h.fullBytes() > 0), RunHistory::thin);
    }
  }

  /** Puts a run where it belongs now that it was heard of. */
  private void note(RunHistory history, Heard before) {
    heard.remove(before);
    withSeries.remove(before);
    Heard now = Heard.of(history);
    heard.add(now);
    if (!history.isReleased()) {
      withSeries.add(now);
    }
  }

  /** The first of some that is as it is wanted. */
  private RunHistory oldest(Set<Heard> among, Predicate<RunHistory> wanted) {
    return among.stream().map(each -> runs.get(each.id())).filter(wanted).findFirst().orElseThrow();
  }

  private void takeBack(RunHistory from, Consumer<RunHistory> giveBack) {
    synchronized (from) {
      fullBytes -= from.fullBytes();
      giveBack.accept(from);
      fullBytes += from.fullBytes();
    }
  }

  private void forget(RunHistory history) {
    if (!forgetting) {
      LOG.warn(
          "{} runs are known, which is as many as fit: the page forgets the oldest", runs.size());
      forgetting = true;
    }
    remove(history.id());
  }

  private void remove(String id) {
    RunHistory removed = runs.remove(id);
    if (removed != null) {
      heard.remove(Heard.of(removed));
      withSeries.remove(Heard.of(removed));
      fullBytes -= removed.fullBytes();
      aboutBytes -= removed.aboutBytes();
    }
  }

  /** Now, by the archive's clock. */
  Instant now() {
    return clock.instant();
  }

  /** Ids of the runs that are shown, the one heard of last first. */
  List<String> ids() {
    return runs.values().stream()
        .map(Heard::of)
        .sorted(Comparator.comparingLong(Heard::millis).reversed().thenComparing(Heard::id))
        .map(Heard::id)
        .toList();
  }

  /**
   * Reads a run while nothing changes it.
   *
   * @return what the reader returned, or empty where there is no such run
   */
  <T> Optional<T> read(String id, Function<RunHistory, T> reader) {
    RunHistory history = runs.get(id);
    if (history == null) {
      return Optional.empty();
    }
    synchronized (history) {
      return Optional.of(reader.apply(history));
    }
  }

  /**
   * What the runs topic tells of a run, for the metrics.
   *
   * @param id run id
   * @param state its state now
   * @param model model, empty if not known
   * @param algorithm learning algorithm, empty if not known
   * @param expectation what it declares of its chain
   * @param states number of states K, 0 if not known
   * @param dropped records that its workers say they have dropped
   */
  public record Summary(
      String id,
      RunState state,
      String model,
      String algorithm,
      Expectation expectation,
      int states,
      long dropped) {}

  /** All runs, the one heard of last first. */
  public List<Summary> summaries() {
    Instant now = now();
    List<Summary> summaries = new ArrayList<>();
    for (String id : ids()) {
      read(id, history -> summary(history, now)).ifPresent(summaries::add);
    }
    return summaries;
  }

  private static Summary summary(RunHistory history, Instant now) {
    Optional<Run> run = history.run();
    return new Summary(
        history.id(),
        history.state(now),
        run.map(Run::getModel).orElse(""),
        run.map(Run::getAlgorithm).orElse(""),
        run.map(Run::getExpectation).orElse(Expectation.UNKNOWN),
        run.map(Run::getStates).orElse(0),
        history.workers().stream().mapToLong(Worker::getDropped).sum());
  }
}
