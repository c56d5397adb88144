package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.ratchet.stream.export.MetricCatalog;
import io.ratchet.stream.export.MetricCatalog.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Prometheus rules: held to the catalogue, to the runbook, and to their cases by promtool. */
class AlertRulesTest {
  private static final Path PROMETHEUS = Dashboards.GRAFANA.resolve("prometheus");
  private static final Path ALERTMANAGER = Dashboards.GRAFANA.resolve("alertmanager");

  private static JsonNode yaml(Path file) throws IOException {
    return new YAMLMapper().readTree(file.toFile());
  }

  private static List<JsonNode> rules(String file) throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : yaml(PROMETHEUS.resolve(file)).get("groups")) {
      group.get("rules").forEach(rules::add);
    }
    return rules;
  }

  @Test
  void everyAlert_saysHowBad_sinceWhen_what_andWhatToDo() throws IOException {
    List<String> sections;
    try (Stream<String> lines =
        Files.lines(Path.of(System.getProperty("ratchet.root"), "docs", "runbook.md"))) {
      sections =
          lines.filter(line -> line.startsWith("## ")).map(line -> line.substring(3)).toList();
    }
    List<String> names = new ArrayList<>();
    for (JsonNode alert : rules("alert.rules.yml")) {
      String name = alert.get("alert").asText();
      names.add(name);
      assertThat(alert.path("for").asText()).as(name).matches("\\d+[sm]");
      assertThat(alert.at("/labels/severity").asText())
          .as(name)
          .isIn("critical", "warning", "none");
      assertThat(alert.at("/annotations/summary").asText()).as(name).endsWith(".");
      assertThat(alert.at("/annotations/description").asText()).as(name).endsWith(".");
      assertThat(alert.at("/annotations/page_url").asText())
          .as(name)
          .startsWith("{{ $externalLabels.page }}/");
      assertThat(alert.at("/annotations/runbook_url").asText())
          .as(name)
          .isEqualTo("{{ $externalLabels.page }}/runbook.md#" + name.toLowerCase(Locale.ROOT));
    }
    assertThat(sections).containsExactlyElementsOf(names);
  }

  @Test
  void everyMetricOfARule_isInTheCatalogue() throws IOException {
    Set<Metric> used = new HashSet<>();
    for (String file : List.of("recording.rules.yml", "alert.rules.yml")) {
      for (JsonNode rule : rules(file)) {
        used.addAll(Dashboards.metrics(rule.get("expr").asText()));
      }
    }
    assertThat(used).hasSizeGreaterThan(8);
  }

  @Test
  void textsAndNames_nameLabelsThatTheResultHas() throws IOException {
    for (JsonNode alert : rules("alert.rules.yml")) {
      for (JsonNode text : alert.get("annotations")) {
        Dashboards.requireLabels(text.asText(), alert.get("expr").asText());
      }
    }
    for (JsonNode rule : rules("recording.rules.yml")) {
      for (String label : rule.get("record").asText().split(":", 2)[0].split("_", -1)) {
        Dashboards.requireLabels("{{" + label + "}}", rule.get("expr").asText());
      }
    }
  }

  @Test
  void everyAlert_hasItsFourCases() throws IOException {
    Set<String> expected = new HashSet<>();
    for (JsonNode alert : rules("alert.rules.yml")) {
      for (String each : List.of("fires", "just not", "gap", "resolves")) {
        expected.add(alert.get("alert").asText() + " " + each);
      }
    }
    Set<String> found = new HashSet<>();
    for (JsonNode test : yaml(PROMETHEUS.resolve("alert.test.yml")).get("tests")) {
      found.add(test.get("name").asText());
      String alert = test.get("name").asText().split(" ", 2)[0];
      for (JsonNode check : test.get("alert_rule_test")) {
        assertThat(check.get("alertname").asText()).isEqualTo(alert);
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void promtool_findsNothing_andEveryCaseHolds() {
    assumeTrue(RatchetProcess.exists("promtool"), "promtool (Debian: prometheus) is not installed");
    for (String[] command :
        new String[][] {
          {"promtool", "check", "config", PROMETHEUS.resolve("prometheus.yml").toString()},
          {
            "promtool",
            "check",
            "rules",
            "--lint-fatal",
            PROMETHEUS.resolve("recording.rules.yml").toString(),
            PROMETHEUS.resolve("alert.rules.yml").toString()
          },
          {"promtool", "test", "rules", PROMETHEUS.resolve("alert.test.yml").toString()}
        }) {
      assertThat(RatchetProcess.tool(command).output(0, Duration.ofMinutes(5)))
          .doesNotContain("FAILED");
    }
  }

  @Test
  void amtool_findsNothing() {
    assumeTrue(
        RatchetProcess.exists("amtool"),
        "amtool (Debian: prometheus-alertmanager) is not installed");
    RatchetProcess.tool(
            "amtool", "check-config", ALERTMANAGER.resolve("alertmanager.yml").toString())
        .output(0, Duration.ofMinutes(1));
  }

  /** An inhibition that names an alert which is no longer there would silence nothing. */
  @Test
  void alertmanager_namesAlertsThatExist() throws IOException {
    Set<String> names = new HashSet<>();
    rules("alert.rules.yml").forEach(alert -> names.add(alert.get("alert").asText()));
    String config = Files.readString(ALERTMANAGER.resolve("alertmanager.yml"));
    List<String> named =
        Pattern.compile("Ratchet[A-Z]\\w+")
            .matcher(config)
            .results()
            .map(MatchResult::group)
            .toList();
    assertThat(named).isNotEmpty().isSubsetOf(names);
    Set<String> labels = new HashSet<>(Dashboards.TARGET);
    labels.addAll(List.of("alertname", "severity"));
    MetricCatalog.ALL.forEach(metric -> labels.addAll(metric.labels()));
    for (JsonNode group : yaml(ALERTMANAGER.resolve("alertmanager.yml")).at("/route/group_by")) {
      assertThat(labels).contains(group.asText());
    }
  }
}
