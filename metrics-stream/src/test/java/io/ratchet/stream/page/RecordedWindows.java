package io.ratchet.stream.page;

import io.ratchet.schema.Thermodynamics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A log of windows in memory, in the place of the topic. */
final class RecordedWindows implements WindowLog {
  private final Map<String, List<Thermodynamics>> runs = new ConcurrentHashMap<>();

  /** Appends a window and says where. */
  long append(Thermodynamics window) {
    List<Thermodynamics> windows = runs.computeIfAbsent(window.getRun(), run -> new ArrayList<>());
    synchronized (windows) {
      windows.add(window);
      return windows.size() - 1L;
    }
  }

  @Override
  public Optional<Thermodynamics> read(String run, long offset) {
    List<Thermodynamics> windows = runs.getOrDefault(run, List.of());
    synchronized (windows) {
      return offset < windows.size() ? Optional.of(windows.get((int) offset)) : Optional.empty();
    }
  }
}
