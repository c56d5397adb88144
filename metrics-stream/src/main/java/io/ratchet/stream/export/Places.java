package io.ratchet.stream.export;

import io.ratchet.stream.export.PrometheusExporter.RunSeries;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which runs have series: those that came first, as long as they live.
 *
 * <p>A place is given away when another run asks for it and its own has ended or, since a killed
 * one never says so, was silent for an hour. Runs that got none are known by name, up to a number.
 */
final class Places {
  /** A run that was silent for so long has been stalled, and told of, for most of it. */
  private static final long SILENT_MILLIS = 3_600_000;

  private final int most;
  private final int mostWithout;

  /** The run that came first first. */
  private final Map<String, Place> taken = new LinkedHashMap<>();

  private final Map<String, Waiting> without = new HashMap<>();

  private static final class Place {
    final String owner;
    final RunSeries series = new RunSeries();
    boolean ended;
    long heardMillis;

    Place(String owner) {
      this.owner = owner;
    }
  }

  /** A run without a place, with the task that has it. */
  private record Waiting(String owner, long heardMillis) {}

  /**
   * Places that are all free.
   *
   * @param most how many
   * @param mostWithout runs without one that are told apart
   */
  Places(int most, int mostWithout) {
    this.most = most;
    this.mostWithout = mostWithout;
  }

  /**
   * The series of a run of which was heard; null if there is no place for it.
   *
   * @param owner task that has the run
   * @param now milliseconds since 1970
   */
  RunSeries admit(String run, String owner, int attempt, long now) {
    Place place = taken.get(run);
    if (place != null && !place.owner.equals(owner)) {
      remove(run); // the task that had it has not been closed yet
      place = null;
    }
    if (place == null) {
      if (taken.size() >= most && !makeRoom(now)) {
        if (without.size() < mostWithout || without.containsKey(run)) {
          without.put(run, new Waiting(owner, now));
        }
        return null;
      }
      without.remove(run);
      place = new Place(owner);
      taken.put(run, place);
    }
    place.heardMillis = now;
    if (attempt > place.series.attempt) {
      place.series.attempt = attempt;
      place.ended = false;
    }
    return place.series;
  }

  /** Whether a run has one. */
  boolean has(String run) {
    return taken.containsKey(run);
  }

  /** Notes that a run has ended: it keeps its place until another needs it. */
  void end(String run) {
    without.remove(run);
    Place place = taken.get(run);
    if (place != null) {
      place.ended = true;
    }
  }

  /** Frees the places of all runs of a task, because another process has it now. */
  void release(String owner) {
    without.values().removeIf(each -> each.owner().equals(owner));
    taken
        .values()
        .removeIf(
            place -> {
              boolean gone = place.owner.equals(owner);
              if (gone) {
                place.series.remove();
              }
              return gone;
            });
  }

  /** Runs without a place that were heard of lately; a set for the caller to add to. */
  Set<String> without(long now) {
    long silent = now - SILENT_MILLIS;
    without.values().removeIf(each -> each.heardMillis() <= silent);
    return new HashSet<>(without.keySet());
  }

  private boolean makeRoom(long now) {
    long silent = now - SILENT_MILLIS;
    return removeFirst(place -> place.ended) || removeFirst(place -> place.heardMillis <= silent);
  }

  private boolean removeFirst(Predicate<Place> gone) {
    for (Iterator<Place> each = taken.values().iterator(); each.hasNext(); ) {
      Place place = each.next();
      if (gone.test(place)) {
        place.series.remove();
        each.remove();
        return true;
      }
    }
    return false;
  }

  private void remove(String run) {
    taken.remove(run).series.remove();
  }
}
