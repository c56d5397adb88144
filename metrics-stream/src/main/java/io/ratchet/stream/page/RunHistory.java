package io.ratchet.stream.page;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Worker;
import io.ratchet.stream.runs.RunState;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the topics have said of one run so far, folded into bounded memory.
 *
 * <p>Curves are kept as {@link Curve}, one for the gradient updates and one for the windows; of the
 * windows themselves the latest stays, and where the others lie in the log. A higher attempt
 * supersedes every step from its start on, so one line is shown. Every change takes the next {@link
 * #version()}, by which a reader asks for what is new.
 *
 * <p>Not safe for concurrent use: {@link RunArchive#read} and the archive's own fold hold the lock.
 */
final class RunHistory {
  /** Most bins of a curve: about one for each pixel of a wide chart. */
  static final int BINS = 1_024;

  /**
   * Most parameter blocks whose norms are kept, most workers, most images: bounds for strangers.
   */
  static final int MAX_BLOCKS = 16;

  private static final String NORM = "gradientNorm.";
  static final int MAX_WORKERS = 4_096;
  static final int MAX_SAMPLES = 64;
  static final int MAX_ALERTS = 1_000;

  /** Bytes of the images of one sweep that are kept; of larger images there are fewer. */
  static final int MAX_SAMPLE_BYTES = 16 << 10;

  /** Attempts whose start is remembered; the last ones, which supersede the others. */
  static final int MAX_ATTEMPTS = 1_000;

  /** Longest message of a worker that is shown, characters. */
  static final int MAX_MESSAGE = 1_000;

  /** Moments by which the pace is told, whatever the clock of the producer says. */
  private static final int MAX_MOMENTS = 64;

  /** About what a worker, an alert or a window without its lists takes, bytes. */
  private static final int RECORD_BYTES = 500;

  private static final long RATE_WINDOW_MILLIS = 5_000;
  private static final long RATE_SPACING_MILLIS = 250;

  private record Progress(long incarnation, long sequence) {}

  private record Moment(long step, long millis) {}

  private final String id;
  private final NavigableMap<Integer, Worker> workers = new TreeMap<>();
  private final Map<Integer, Progress> producers = new HashMap<>();
  private final Deque<Moment> pace = new ArrayDeque<>();
  private final Curve updates = new Curve();
  private final Curve windows = new Curve();
  private final WindowIndex index = new WindowIndex();
  private final Deque<Alert> alerts = new ArrayDeque<>();
  private final NavigableMap<Integer, Long> starts = new TreeMap<>();
  private final SampleHistory samples = new SampleHistory();
  private int updatesAttempt;
  private int windowsAttempt;
  private Run run;
  private Thermodynamics window;
  private OptionalDouble logLikelihood = OptionalDouble.empty();
  private long step;
  private long runBytes;

  /** Characters of the workers' messages. */
  private long messages;

  private volatile long activeMillis; // also read without the lock, to sort runs
  private volatile boolean released;
  private long version;
  private long windowVersion;
  private long samplesVersion;
  private long aboutVersion;

  RunHistory(String id) {
    this.id = id;
  }

  void accept(Run registered) {
    if (run != null && registered.getAttempt() < run.getAttempt()) {
      return;
    }
    run = registered;
    runBytes = bytes(run);
    aboutVersion = ++version;
    activeMillis = Math.max(activeMillis, registered.getCreatedMillis());
    noteStart(run.getAttempt(), run.getStartStep());
    if (updatesAttempt < run.getAttempt()) {
      updates.truncate(run.getStartStep(), version);
      step = Math.min(step, run.getStartStep());
    }
    if (windowsAttempt < run.getAttempt()) {
      windows.truncate(run.getStartStep(), version);
      index.truncate(run.getStartStep());
      samples.truncate(run.getStartStep());
      if (window != null && window.getToStep() >= run.getStartStep()) {
        window = null;
        windowVersion = version;
      }
    }
  }

  void accept(Worker worker) {
    Worker last = workers.get(worker.getWorker());
    if (last == null ? workers.size() == MAX_WORKERS : worker.getAttempt() < last.getAttempt()) {
      return;
    }
    if (worker.getMessage().length() > MAX_MESSAGE) {
      worker = Worker.newBuilder(worker).setMessage(cut(worker.getMessage())).build();
    }
    messages += worker.getMessage().length() - (last == null ? 0 : last.getMessage().length());
    workers.put(worker.getWorker(), worker);
    aboutVersion = ++version;
    activeMillis = Math.max(activeMillis, worker.getHeartbeatMillis());
  }

  void accept(GradientUpdate update) {
    long at = update.getStep();
    if (at < 0 || superseded(update.getAttempt(), at, updatesAttempt) || isRepeated(update)) {
      return;
    }
    if (update.getBlocks().isEmpty() && !update.getMembers().isEmpty()) {
      return; // proposes an attempt, which its first gradient begins
    }
    version++;
    if (update.getAttempt() > updatesAttempt) {
      updates.truncate(at, version);
      updatesAttempt = update.getAttempt();
      noteStart(updatesAttempt, starts.getOrDefault(updatesAttempt, at));
      pace.clear();
      step = at;
    }
    step = Math.max(step, at + 1);
    activeMillis = Math.max(activeMillis, update.getTimestampMillis());
    notePace(at, update.getTimestampMillis());
    Double likelihood = update.getLogLikelihood();
    if (likelihood != null && Double.isFinite(likelihood)) {
      logLikelihood = OptionalDouble.of(likelihood);
    }
    if (released) {
      return;
    }
    updates.add(at, version);
    updates.put("logLikelihood", likelihood == null ? Double.NaN : likelihood);
    Double angle = update.getGradientAngle();
    updates.put("gradientAngle", angle == null ? Double.NaN : angle);
    updates.put("learningRate", update.getLearningRate());
    updates.put("updateMicros", (double) update.getUpdateMicros());
    updates.put("timeMillis", known(update.getTimestampMillis()));
    for (GradientBlock block : update.getBlocks()) {
      String quantity = NORM + block.getName();
      Set<String> known = updates().quantities();
      if (known.contains(quantity)
          || known.stream().filter(name -> name.startsWith(NORM)).count() < MAX_BLOCKS) {
        updates.put(quantity, block.getNorm());
      }
    }
  }

  /**
   * Takes a closed window.
   *
   * @param offset where it lies in the run's partition, negative if nowhere
   * @param millis time of its record, that of the sweep which closed it; negative if not known
   */
  void accept(Thermodynamics closed, long offset, long millis) {
    long at = closed.getToStep();
    if (at < 0
        || superseded(closed.getAttempt(), at, windowsAttempt)
        || (window != null
            && window.getAttempt() == closed.getAttempt()
            && window.getSequence() >= closed.getSequence())) {
      return;
    }
    version++;
    if (closed.getAttempt() > windowsAttempt) {
      windows.truncate(closed.getFromStep(), version);
      index.truncate(closed.getFromStep());
      windowsAttempt = closed.getAttempt();
      noteStart(windowsAttempt, starts.getOrDefault(windowsAttempt, closed.getFromStep()));
    }
    window = released ? outline(closed) : closed;
    windowVersion = version;
    activeMillis = Math.max(activeMillis, millis);
    if (released) {
      return;
    }
    if (offset >= 0) {
      index.add(at, offset);
    }
    windows.add(at, version);
    Quantities.ESTIMATES.forEach((name, estimate) -> put(name, estimate.apply(closed)));
    windows.put("currentMagnitude", closed.getCurrentMagnitude());
    windows.put("gaps", (double) closed.getGaps());
    windows.put("missingWorkers", closed.getMissingWorkers().size());
    // A sampler that sends sweeps alone has no other clock by which its steps could be placed.
    windows.put("timeMillis", known(millis));
    if (closed.getReversibilityTest() != null
        && closed.getReversibilityTest().getPValue() != null) {
      windows.put("reversibilityPValue", closed.getReversibilityTest().getPValue());
    }
  }

  void accept(Alert alert) {
    if (alerts.size() == MAX_ALERTS) {
      alerts.removeFirst();
    }
    // Nobody reads its evidence here, which may have half a megabyte.
    alerts.addLast(
        Alert.newBuilder(alert)
            .setCounts(null)
            .setVanishedCycle(null)
            .setMessage(cut(alert.getMessage()))
            .build());
    aboutVersion = ++version;
  }

  private static String cut(String message) {
    return message.substring(0, Math.min(message.length(), MAX_MESSAGE));
  }

  void accept(ChainStates states) {
    ByteBuffer packed = states.getSamples();
    int visible = states.getVisible();
    if (packed == null || visible < 1 || states.getWorker() != 0) {
      return;
    }
    int bytes = (visible - 1) / Byte.SIZE + 1;
    int kept = Math.min(MAX_SAMPLE_BYTES, packed.remaining());
    int images = Math.min(MAX_SAMPLES, kept / bytes);
    if (released
        || images == 0
        || superseded(states.getAttempt(), states.getStep(), windowsAttempt)) {
      return;
    }
    byte[][] each = new byte[images][bytes];
    ByteBuffer reader = packed.duplicate();
    for (byte[] image : each) {
      reader.get(image);
    }
    samples.add(
        new SampleHistory.Samples(
            states.getStep(),
            visible,
            each,
            firstStates(states.getFrom(), states.getEncoding(), images),
            firstStates(states.getTo(), states.getEncoding(), images),
            firstClasses(states, images)));
    samplesVersion = ++version;
  }

  /** A word from the future counts as one from now, and ages like any other. */
  void hearUntil(long now) {
    activeMillis = Math.min(activeMillis, now);
  }

  /** Gives back the memory of curves, images and lists; there are none from now on. */
  void release() {
    released = true;
    version++;
    updates.release();
    windows.release();
    index.truncate(0);
    samples.truncate(0);
    window = window == null ? null : outline(window);
  }

  /** A window without what takes more than some hundred bytes. */
  private static Thermodynamics outline(Thermodynamics window) {
    return Thermodynamics.newBuilder(window)
        .setCounts(null)
        .setCurrents(List.of())
        .setCycles(List.of())
        .setStationaryDistribution(null)
        .setWarnings(List.of())
        .build();
  }

  /** Bytes that everything but curves, images and the lists of the last window takes, about. */
  long aboutBytes() {
    long bytes = RECORD_BYTES * (2L + workers.size() + alerts.size()) + 2 * messages;
    if (window != null) {
      bytes += (long) Integer.BYTES * Integer.BYTES * window.getMissingWorkers().size();
    }
    return bytes + runBytes;
  }

  private void noteStart(int attempt, long step) {
    starts.put(attempt, step);
    if (starts.size() > MAX_ATTEMPTS) {
      starts.pollFirstEntry();
    }
  }

  private static long bytes(Run run) {
    long characters =
        (long) run.getData().length()
            + run.getNotes().length()
            + run.getHost().length()
            + run.getDataDigest().length()
            + run.getCommit().length();
    for (Map<String, String> named : List.of(run.getSettings(), run.getVersions())) {
      for (Map.Entry<String, String> each : named.entrySet()) {
        characters += RECORD_BYTES / 5 + each.getKey().length() + each.getValue().length();
      }
    }
    for (List<String> texts : List.of(run.getTags(), run.getClassNames())) {
      for (String each : texts) {
        characters += RECORD_BYTES / 10 + each.length();
      }
    }
    return 2 * characters;
  }

  /** Gives back the memory of the full series; the overview stays. */
  void thin() {
    updates.thin();
    windows.thin();
  }

  /** Bytes that the full series take. */
  long fullBytes() {
    return updates.fullBytes() + windows.fullBytes();
  }

  private void put(String quantity, Estimate estimate) {
    if (estimate == null) {
      return;
    }
    EstimateStatus status = estimate.getStatus();
    windows.put(quantity + "." + status, 1);
    // A frozen or starved estimate is a gap in the curve, never a point.
    if (status != EstimateStatus.FROZEN && status != EstimateStatus.INSUFFICIENT) {
      windows.put(quantity, orNaN(estimate.getValue()));
      windows.put(quantity + ".lower", orNaN(estimate.getLower()));
      windows.put(quantity + ".upper", orNaN(estimate.getUpper()));
    }
  }

  /** A time that was not given is 0 or less. */
  private static double known(long millis) {
    return millis > 0 ? millis : Double.NaN;
  }

  private static double orNaN(Double value) {
    return value == null ? Double.NaN : value;
  }

  private boolean superseded(int attempt, long at, int highest) {
    return attempt < highest
        || (run != null && attempt < run.getAttempt() && at >= run.getStartStep());
  }

  /** A record sent twice, or by a second process that claims the same worker. */
  private boolean isRepeated(GradientUpdate update) {
    if (update.getAttempt() > updatesAttempt) {
      producers.clear();
    }
    Progress progress = producers.get(update.getWorker());
    if (progress == null
        ? producers.size() == MAX_WORKERS
        : progress.incarnation != update.getIncarnation()
            || progress.sequence >= update.getSequence()) {
      return true;
    }
    producers.put(update.getWorker(), new Progress(update.getIncarnation(), update.getSequence()));
    return false;
  }

  private void notePace(long at, long millis) {
    if (pace.isEmpty() || millis >= pace.peekLast().millis + RATE_SPACING_MILLIS) {
      pace.addLast(new Moment(at, millis));
    }
    while (pace.size() > MAX_MOMENTS
        || (pace.size() > 2 && pace.peekFirst().millis < millis - RATE_WINDOW_MILLIS)) {
      pace.removeFirst();
    }
  }

  private static int[] firstStates(ByteBuffer all, StateEncoding encoding, int images) {
    int width = encoding == StateEncoding.UINT16_LE ? 2 : 1;
    if (encoding == StateEncoding.UNKNOWN || all.remaining() < width * images) {
      return new int[0];
    }
    int[] first = new int[images];
    for (int i = 0; i < images; i++) {
      int at = all.position() + i * width;
      first[i] = all.get(at) & 0xFF;
      if (width == 2) {
        first[i] |= (all.get(at + 1) & 0xFF) << Byte.SIZE;
      }
    }
    return first;
  }

  private static int[] firstClasses(ChainStates states, int images) {
    ByteBuffer classes = states.getClasses();
    if (classes == null || classes.remaining() < images) {
      return new int[0];
    }
    int[] first = new int[images];
    for (int i = 0; i < images; i++) {
      first[i] = classes.get(classes.position() + i) & 0xFF;
    }
    return first;
  }

  String id() {
    return id;
  }

  /** What worker 0 registered, if that has been read. */
  Optional<Run> run() {
    return Optional.ofNullable(run);
  }

  Collection<Worker> workers() {
    return workers.values();
  }

  /** The last closed window, if any. */
  Optional<Thermodynamics> window() {
    return Optional.ofNullable(window);
  }

  SampleHistory samples() {
    return samples;
  }

  /** What was raised, resolved and superseded, except what a higher attempt has superseded. */
  List<Alert> alerts() {
    return alerts.stream()
        .filter(
            alert ->
                starts.tailMap(alert.getAttempt(), false).values().stream()
                    .noneMatch(start -> start <= alert.getToStep()))
        .toList();
  }

  /** At which step each attempt began, as far as that is known. */
  NavigableMap<Integer, Long> starts() {
    return starts;
  }

  StepHistory updates() {
    return updates.overview();
  }

  StepHistory windows() {
    return windows.overview();
  }

  /** The gradient updates one by one, unless there was no room for them. */
  Optional<FullSeries> allUpdates() {
    return updates.full();
  }

  /** The windows one by one, unless there was no room for them. */
  Optional<FullSeries> allWindows() {
    return windows.full();
  }

  /** Where the windows lie in the log. */
  WindowIndex index() {
    return index;
  }

  /** Whether the curves were let go because too many other runs are newer. */
  boolean isReleased() {
    return released;
  }

  /** The highest attempt heard of. */
  int attempt() {
    int attempt = Math.max(updatesAttempt, windowsAttempt);
    for (Worker worker : workers.values()) {
      attempt = Math.max(attempt, worker.getAttempt());
    }
    return run == null ? attempt : Math.max(attempt, run.getAttempt());
  }

  /** Updates applied so far, from whoever knows of most. */
  long step() {
    long most = step;
    int attempt = attempt();
    for (Worker worker : workers.values()) {
      if (worker.getAttempt() == attempt) {
        most = Math.max(most, worker.getStep());
      }
    }
    return most;
  }

  /** Log-likelihood of the last minibatch that had one, nats per example. */
  OptionalDouble logLikelihood() {
    return logLikelihood;
  }

  /** Steps a second of the producers' wall clock over the last 5 s of updates. */
  OptionalDouble updatesPerSecond() {
    if (pace.size() < 2) {
      return OptionalDouble.empty();
    }
    Moment first = pace.peekFirst();
    Moment last = pace.peekLast();
    return OptionalDouble.of(1_000.0 * (last.step - first.step) / (last.millis - first.millis));
  }

  /** Moments that are remembered for it. */
  int moments() {
    return pace.size();
  }

  /** The true state at a time; without heartbeats, by when it was heard of. */
  RunState state(Instant now) {
    return RunState.of(attempt(), activeMillis, workers.values(), now);
  }

  /** When anything was last heard of it, milliseconds since 1970. */
  long activeMillis() {
    return activeMillis;
  }

  /** Number of the last change. */
  long version() {
    return version;
  }

  /** Number of the last change to {@link #window()}. */
  long windowVersion() {
    return windowVersion;
  }

  /** Number of the last change to {@link #samples()}. */
  long samplesVersion() {
    return samplesVersion;
  }

  /** Number of the last change to {@link #run()} or {@link #workers()}. */
  long aboutVersion() {
    return aboutVersion;
  }
}
