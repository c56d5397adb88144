package io.ratchet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.stream.export.MetricCatalog;
import io.ratchet.stream.export.MetricCatalog.Metric;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What lies in {@code grafana/}, and the metrics that a PromQL expression names. */
final class Dashboards {
  static final Path GRAFANA = Path.of(System.getProperty("ratchet.root"), "grafana");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The selector of one metric: its name, and its matchers if it has any. */
  private static final Pattern SELECTOR = Pattern.compile("(ratchet_\\w+)(?:\\{([^}]*)})?");

  private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)");

  /** Dashboards by file name, in the order of their files. */
  static Map<String, JsonNode> read() {
    Map<String, JsonNode> dashboards = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(GRAFANA.resolve("dashboards"))) {
      for (Path file : files.sorted().toList()) {
        dashboards.put(file.getFileName().toString(), JSON.readTree(file.toFile()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return dashboards;
  }

  /** The panels of a dashboard that ask for data. */
  static List<JsonNode> panels(JsonNode dashboard) {
    List<JsonNode> panels = new ArrayList<>();
    for (JsonNode panel : dashboard.get("panels")) {
      if (!panel.get("type").asText().equals("text")) {
        panels.add(panel);
      }
    }
    return panels;
  }

  /** The queries of a panel. */
  static List<String> queries(JsonNode panel) {
    List<String> queries = new ArrayList<>();
    panel.get("targets").forEach(target -> queries.add(target.get("expr").asText()));
    return queries;
  }

  /**
   * Metrics that an expression selects.
   *
   * @throws AssertionError for a metric or a matched label that the catalogue does not know
   */
  static Set<Metric> metrics(String expression) {
    Set<Metric> metrics = new LinkedHashSet<>();
    Matcher selector = SELECTOR.matcher(recordingsLeftOut(expression));
    while (selector.find()) {
      Metric metric = metric(selector.group(1), expression);
      metrics.add(metric);
      Matcher label = MATCHER.matcher(selector.group(2) == null ? "" : selector.group(2));
      while (label.find()) {
        if (!metric.labels().contains(label.group(1))) {
          throw new AssertionError(
              expression + ": " + metric.name() + " has no label " + label.group(1));
        }
      }
    }
    return metrics;
  }

  /** The names of recording rules hold those of metrics, between colons. */
  private static String recordingsLeftOut(String expression) {
    return expression.replaceAll("\\w+:\\w+:\\w+", "");
  }

  private static Metric metric(String name, String expression) {
    for (Metric metric : MetricCatalog.ALL) {
      boolean series =
          metric.type() == MetricCatalog.Type.HISTOGRAM
              ? name.matches(metric.name() + "_(bucket|sum|count)")
              : name.equals(metric.name());
      if (series) {
        return metric;
      }
    }
    throw new AssertionError(expression + ": " + name + " is not in the catalogue of metrics");
  }

  private Dashboards() {}
}
