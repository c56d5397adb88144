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
import java.util.Arrays;
import java.util.Collection;
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

  /**
   * The selector of one metric, or of what a recording rule has made of it, and its matchers if it
   * has any.
   */
  private static final Pattern SELECTOR =
      Pattern.compile("((?:\\w+:)?ratchet_\\w+(?::\\w+)?)(?:\\{([^}]*)})?");

  private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)");

  /** What names labels of series in an expression, outside of a selector. */
  private static final Pattern GROUPING =
      Pattern.compile(
          "\\b(by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)"
              + "|(label_values)\\(ratchet_\\w+,([^)]*)\\)");

  private static final Pattern AGGREGATION_OF_ALL =
      Pattern.compile("^(?:sum|min|max|avg|count)\\s*\\(.*", Pattern.DOTALL);

  /** A label in a legend, or in an alert's text, where some words are the template's own. */
  private static final Pattern REFERENCE =
      Pattern.compile("\\{\\{\\s*(?!(?:end|else)\\b)(\\w+)\\s*}}|\\$labels\\.(\\w+)");

  /** Labels that Prometheus gives to every series that it scrapes. */
  static final Set<String> TARGET = Set.of("job", "instance");

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
   * @throws AssertionError for a metric that the catalogue does not know, or a label, matched or
   *     grouped by, that the metrics do not have
   */
  static Set<Metric> metrics(String expression) {
    Set<Metric> metrics = new LinkedHashSet<>();
    Set<String> labels = new LinkedHashSet<>(TARGET);
    Matcher selector = SELECTOR.matcher(expression);
    while (selector.find()) {
      List<String> own = labels(selector.group(1), expression, metrics);
      labels.addAll(own);
      Matcher label = MATCHER.matcher(selector.group(2) == null ? "" : selector.group(2));
      while (label.find()) {
        require(own, label.group(1), selector.group(1), expression);
      }
    }
    for (String label : grouped(expression, false)) {
      require(labels, label, "no metric in it", expression);
    }
    return metrics;
  }

  /**
   * Holds a legend, or a text of an alert, to the labels that the result of its expression has.
   *
   * @throws AssertionError for a label that it has not
   */
  static void requireLabels(String text, String expression) {
    Set<String> result = grouped(expression, true);
    if (result.isEmpty() && !AGGREGATION_OF_ALL.matcher(expression).matches()) {
      result.addAll(TARGET);
      Matcher selector = SELECTOR.matcher(expression);
      while (selector.find()) {
        result.addAll(labels(selector.group(1), expression, new LinkedHashSet<>()));
      }
    }
    Matcher reference = REFERENCE.matcher(text);
    while (reference.find()) {
      String label = reference.group(1) == null ? reference.group(2) : reference.group(1);
      require(result, label, text, expression);
    }
  }

  private static void require(
      Collection<String> allowed, String label, String where, String expression) {
    if (!allowed.contains(label)) {
      throw new AssertionError(expression + ": " + where + " has no label " + label);
    }
  }

  /** The labels that an expression groups by; all that it names, or those of the result only. */
  private static Set<String> grouped(String expression, boolean ofResult) {
    Set<String> labels = new LinkedHashSet<>();
    Matcher grouping = GROUPING.matcher(expression);
    while (grouping.find()) {
      String kind = grouping.group(1);
      String names = kind == null ? grouping.group(4) : grouping.group(2);
      if (!ofResult || "by".equals(kind)) {
        Arrays.stream(names.split(",")).map(String::strip).forEach(labels::add);
      }
    }
    labels.remove("");
    return labels;
  }

  /** The labels of a metric, or those that a recording rule's name begins with. */
  private static List<String> labels(String name, String expression, Set<Metric> metrics) {
    if (name.contains(":")) {
      return List.of(name.substring(0, name.indexOf(':')).split("_"));
    }
    Metric metric = metric(name, expression);
    metrics.add(metric);
    if (metric.type() != MetricCatalog.Type.HISTOGRAM) {
      return metric.labels();
    }
    List<String> labels = new ArrayList<>(metric.labels());
    labels.add("le");
    return labels;
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
