package io.ratchet.trainer.checkpoint;

import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run keeps on the disk: {@code step-N.avro}, the checkpoint after N updates, and {@code
 * attempts}, a line {@code ATTEMPT START-STEP} for each attempt, written before its first step.
 *
 * <p>An attempt supersedes the steps after the one it began at. The checkpoints that no later
 * attempt superseded are the run's line: there is one for each step at most, and what is continued
 * or looked at is on it. The others stay as files until the line writes over them.
 *
 * <p>Of a run of several workers each has such a directory of its own in the run's, {@code
 * worker-I}, I being the number that it was started with.
 */
public final class RunDirectory {
  private static final String ATTEMPTS = "attempts";
  private static final Pattern ATTEMPT = Pattern.compile("(\\d{1,9}) (\\d{1,18})");
  private static final Pattern WORKER = Pattern.compile("worker-(\\d{1,9})");
  private static final Pattern CHECKPOINT = Pattern.compile("step-(\\d{1,18})\\.avro");

  private final Path path;

  private RunDirectory(Path path) {
    this.path = path;
  }

  /** The directory of a run, which need not exist. */
  public static RunDirectory of(Path path) {
    return new RunDirectory(path);
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** The directory of one of several workers. */
  public RunDirectory ofWorker(int worker) {
    return of(path.resolve("worker-" + worker));
  }

  /** The workers that have a directory here, ascending; none for a run of one. */
  public List<Integer> workers() {
    return names().stream()
        .map(WORKER::matcher)
        .filter(Matcher::matches)
        .map(matcher -> Integer.valueOf(matcher.group(1)))
        .sorted()
        .toList();
  }

  /**
   * Where the run's parameters are to be looked for: here, or with the worker that got furthest.
   * All who take part hold the same, but one that was left out, or is gone, has those it had then.
   */
  public RunDirectory furthest() {
    return workers().stream()
        .map(this::ofWorker)
        .filter(worker -> !hasCheckpoint() && worker.hasCheckpoint())
        .min(
            Comparator.comparingInt(RunDirectory::highestAttempt)
                .thenComparingLong(worker -> worker.latest().step())
                .reversed())
        .orElse(this);
  }

  /** Whether there is a checkpoint, superseded or not. */
  public boolean hasCheckpoint() {
    return !steps().isEmpty();
  }

  /** The checkpoint file of a step. */
  public Path file(long step) {
    return path.resolve("step-" + step + ".avro");
  }

  /** Whether it holds nothing, or is not there. */
  public boolean isEmpty() {
    return names().isEmpty();
  }

  /** Highest attempt that was written down here, 0 for none: the next is at least one above. */
  public int highestAttempt() {
    NavigableMap<Integer, Long> attempts = attempts();
    return attempts.isEmpty() ? 0 : attempts.lastKey();
  }

  /**
   * Removes the files that a killed process had not made visible yet; for whoever has the run's
   * lock and has staged none.
   *
   * @throws IOException if one cannot be removed
   */
  public void removeStaged() throws IOException {
    for (String name : names()) {
      if (name.endsWith(StagedFile.SUFFIX)) {
        Files.delete(path.resolve(name));
      }
    }
  }

  /**
   * Removes what an earlier run of the same name left: checkpoints and attempts. What a worker left
   * is the worker's to remove.
   *
   * @throws IOException if a file cannot be removed
   */
  public void clear() throws IOException {
    for (String name : names()) {
      if (CHECKPOINT.matcher(name).matches() || name.equals(ATTEMPTS)) {
        Files.delete(path.resolve(name));
      }
    }
  }

  /**
   * Writes an attempt down.
   *
   * @param attempt its number, higher than all before
   * @param startStep updates applied when it begins
   * @throws IOException if the directory cannot be written
   * @throws InputException if another process began an attempt that is not lower
   */
  public void begin(int attempt, long startStep) throws IOException {
    NavigableMap<Integer, Long> attempts = attempts();
    if (!attempts.tailMap(attempt, true).isEmpty()) {
      throw new InputException(
          path
              + ": attempt "
              + attempts.lastKey()
              + " was begun by another process, attempt "
              + attempt
              + " is not above it");
    }
    attempts.put(attempt, startStep);
    String text =
        attempts.entrySet().stream()
            .map(line -> line.getKey() + " " + line.getValue() + "\n")
            .collect(Collectors.joining());
    StagedFile.write(path.resolve(ATTEMPTS), text.getBytes(StandardCharsets.US_ASCII)).commit();
  }

  /**
   * The newest checkpoint of the line.
   *
   * @throws InputException if there is none, or it is damaged
   */
  public Snapshot latest() {
    return nearest(Long.MAX_VALUE);
  }

  /**
   * The newest checkpoint of the line that is not after a step.
   *
   * @throws InputException if there is none, or it is damaged
   */
  public Snapshot nearest(long step) {
    for (long candidate : steps().headMap(step, true).descendingKeySet()) {
      Snapshot snapshot = read(candidate);
      if (supersededBy(snapshot) == null) {
        return snapshot;
      }
    }
    throw new InputException(
        path
            + ": no checkpoint"
            + (step == Long.MAX_VALUE ? "" : " of step " + step + " or before")
            + ", allowed: a directory in which a run keeps its checkpoints");
  }

  /**
   * The checkpoint of a step.
   *
   * @throws InputException if there is none, if it is damaged, or a later attempt superseded it
   */
  public Snapshot at(long step) {
    NavigableMap<Long, Path> steps = steps();
    if (!steps.containsKey(step)) {
      throw new InputException(
          file(step)
              + ": no such file, allowed: a checkpoint, of step "
              + steps.keySet().stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }
    Snapshot snapshot = read(step);
    Map.Entry<Integer, Long> by = supersededBy(snapshot);
    if (by != null) {
      throw new InputException(
          file(step)
              + ": superseded by attempt "
              + by.getKey()
              + ", which began at step "
              + by.getValue());
    }
    return snapshot;
  }

  /**
   * The attempt that goes on from a checkpoint of the line: its own, or the last that began there.
   * What others recorded after that step is superseded.
   */
  public int attemptAfter(Snapshot snapshot) {
    return attempts().tailMap(snapshot.attempt(), false).entrySet().stream()
        .filter(later -> later.getValue() == snapshot.step())
        .mapToInt(Map.Entry::getKey)
        .reduce(snapshot.attempt(), Math::max);
  }

  private Snapshot read(long step) {
    Snapshot snapshot = Checkpoints.read(file(step));
    if (snapshot.step() != step) {
      throw new InputException(file(step) + ": of step " + snapshot.step() + ", renamed?");
    }
    return snapshot;
  }

  /** The first later attempt that began before the snapshot's step; null if it is on the line. */
  private Map.Entry<Integer, Long> supersededBy(Snapshot snapshot) {
    return attempts().tailMap(snapshot.attempt(), false).entrySet().stream()
        .filter(later -> later.getValue() < snapshot.step())
        .findFirst()
        .orElse(null);
  }

  private NavigableMap<Long, Path> steps() {
    NavigableMap<Long, Path> steps = new TreeMap<>();
    for (String name : names()) {
      Matcher matcher = CHECKPOINT.matcher(name);
      if (matcher.matches()) {
        steps.put(Long.parseLong(matcher.group(1)), path.resolve(name));
      }
    }
    return steps;
  }

  private NavigableMap<Integer, Long> attempts() {
    NavigableMap<Integer, Long> attempts = new TreeMap<>();
    Path file = path.resolve(ATTEMPTS);
    if (Files.exists(file)) {
      int number = 0;
      for (String line : lines(file)) {
        number++;
        Matcher matcher = ATTEMPT.matcher(line);
        if (!matcher.matches()) {
          throw new InputException(
              file + ":" + number + ": '" + line + "', allowed: ATTEMPT START-STEP");
        }
        attempts.put(Integer.valueOf(matcher.group(1)), Long.valueOf(matcher.group(2)));
      }
    }
    return attempts;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private List<String> names() {
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(ArrayList::new));
    } catch (IOException e) {
      throw new InputException(path + ": cannot be listed (" + e.getMessage() + ")", e);
    }
  }
}
