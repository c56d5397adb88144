package io.ratchet.stream.export;

import io.prometheus.client.Gauge;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The series of one run, and what they were last told. */
final class RunSeries {
  /** Parameter blocks with series. */
  final Set<String> blocks = new LinkedHashSet<>();

  int attempt;

  /** Whether an update was shown. */
  boolean updated;

  /** Where the rate of updates is measured from. */
  long rateStep;

  long rateMillis;

  private final Map<Gauge, Set<List<String>>> shown = new HashMap<>();

  /** Sets a value; null for one that is not known, which has no series. */
  void set(Gauge gauge, Double value, String... labels) {
    Set<List<String>> all = shown.computeIfAbsent(gauge, each -> new LinkedHashSet<>());
    List<String> key = Arrays.asList(labels);
    if (value != null) {
      all.add(key);
      gauge.labels(labels).set(value);
    } else if (all.remove(key)) {
      gauge.remove(labels);
    }
  }

  /** Removes all of them. */
  void remove() {
    shown.forEach(
        (gauge, all) -> all.forEach(labels -> gauge.remove(labels.toArray(new String[0]))));
    shown.clear();
  }
}
