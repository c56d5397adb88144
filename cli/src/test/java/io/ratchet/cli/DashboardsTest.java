package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.ratchet.stream.export.MetricCatalog;
import io.ratchet.stream.export.MetricCatalog.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every dashboard promises its reader. Grafana itself is not needed. */
class DashboardsTest {
  private static final Map<String, JsonNode> DASHBOARDS = Dashboards.read();

  /** Metrics on no panel, and why not. */
  private static final Map<Metric, String> EXEMPT = Map.of();

  private static final String OURS = "${datasource}";

  static Collection<String> dashboards() {
    return DASHBOARDS.keySet();
  }

  @Test
  void theyAreInReadingOrder() {
    assertThat(DASHBOARDS.keySet())
        .containsExactly(
            "00-overview.json",
            "10-run.json",
            "20-entropy-production.json",
            "30-currents-and-cycles.json",
            "40-divergence-and-likelihood.json",
            "90-pipeline-health.json");
    DASHBOARDS.forEach(
        (file, dashboard) -> {
          assertThat(dashboard.get("title").asText()).startsWith(file.substring(0, 2) + " ");
          assertThat(dashboard.get("uid").asText())
              .isEqualTo("ratchet-" + file.substring(3, file.indexOf('.')));
        });
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void itIsWhatGrafanaSchemaDescribes(String file) throws IOException {
    JsonSchema schema = schema();
    assertThat(schema.validate(DASHBOARDS.get(file))).isEmpty();

    ObjectNode broken = DASHBOARDS.get(file).deepCopy();
    ((ObjectNode) broken.at("/panels/0/options")).put("colourMode", "value");
    assertThat(schema.validate(broken)).isNotEmpty();
  }

  private static JsonSchema schema() throws IOException {
    try (InputStream in =
        DashboardsTest.class.getResourceAsStream("/grafana/dashboard.schema.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(in);
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void everyPanel_saysWhatItShows_inWhichUnit_andWhatIsMissing(String file) {
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : DASHBOARDS.get(file).get("panels")) {
      assertThat(ids.add(panel.get("id").asInt())).as("%s: id", file).isTrue();
      assertThat(panel.path("title").asText()).as(file).isNotBlank();
    }
    for (JsonNode panel : Dashboards.panels(DASHBOARDS.get(file))) {
      String title = file + ": " + panel.get("title").asText();
      assertThat(panel.path("description").asText()).as(title).hasSizeGreaterThan(20).endsWith(".");
      JsonNode defaults = panel.at("/fieldConfig/defaults");
      assertThat(defaults.path("unit").asText()).as(title).isNotBlank();
      assertThat(defaults.path("noValue").asText()).as(title).isNotBlank();
      assertThat(panel.at("/fieldConfig/defaults/custom/spanNulls").asBoolean())
          .as("%s: a gap is drawn as a gap", title)
          .isFalse();
      Set<String> references = new HashSet<>();
      for (JsonNode target : panel.get("targets")) {
        assertThat(references.add(target.get("refId").asText())).as(title).isTrue();
        assertThat(target.path("legendFormat").asText()).as(title).isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void nats_areShownAsNats(String file) {
    for (JsonNode panel : Dashboards.panels(DASHBOARDS.get(file))) {
      boolean nats =
          Dashboards.queries(panel).stream()
              .flatMap(query -> Dashboards.metrics(query).stream())
              .allMatch(metric -> metric.unit().startsWith("nats"));
      assertThat(panel.at("/fieldConfig/defaults/unit").asText().equals("suffix: nats"))
          .as("%s: %s", file, panel.get("title"))
          .isEqualTo(nats);
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void noDataSourceIsHardCoded(String file) {
    JsonNode dashboard = DASHBOARDS.get(file);
    List<JsonNode> sources = dashboard.findValues("datasource");
    assertThat(sources).isNotEmpty();
    for (JsonNode source : sources) {
      assertThat(source.path("type").asText()).isEqualTo("prometheus");
      assertThat(source.path("uid").asText()).isEqualTo(OURS);
    }
    for (JsonNode panel : Dashboards.panels(dashboard)) {
      assertThat(panel.has("datasource")).as(panel.get("title").asText()).isTrue();
      for (JsonNode target : panel.get("targets")) {
        assertThat(target.has("datasource")).as(panel.get("title").asText()).isTrue();
      }
    }
    assertThat(dashboard.at("/templating/list").findValuesAsText("name"))
        .containsExactly("datasource", "run", "page");
    assertThat(dashboard.at("/templating/list/0/type").asText()).isEqualTo("datasource");
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void noPanelLiesOnAnother(String file) {
    Set<String> taken = new HashSet<>();
    for (JsonNode panel : DASHBOARDS.get(file).get("panels")) {
      JsonNode position = panel.get("gridPos");
      int left = position.get("x").asInt();
      int top = position.get("y").asInt();
      assertThat(left + position.get("w").asInt()).isLessThanOrEqualTo(24);
      for (int x = left; x < left + position.get("w").asInt(); x++) {
        for (int y = top; y < top + position.get("h").asInt(); y++) {
          assertThat(taken.add(x + "," + y)).as("%s: %s", file, panel.get("title")).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void itLeadsToTheOthers_theLivePage_andTheRunbook(String file) {
    JsonNode links = DASHBOARDS.get(file).get("links");
    assertThat(links.get(0).get("type").asText()).isEqualTo("dashboards");
    assertThat(links.get(0).get("tags").get(0).asText())
        .isEqualTo(DASHBOARDS.get(file).get("tags").get(0).asText());
    assertThat(links.get(1).get("url").asText()).startsWith("${page}/");
    assertThat(links.get(2).get("url").asText()).isEqualTo("${page}/runbook.md");
  }

  /** Both ends of an interval are asked for, and the area between them is filled. */
  @Test
  void intervalsAreBands() {
    int bands = 0;
    for (JsonNode dashboard : DASHBOARDS.values()) {
      for (JsonNode panel : Dashboards.panels(dashboard)) {
        String queries = String.join(" ", Dashboards.queries(panel));
        assertThat(queries.contains("_lower_nats")).isEqualTo(queries.contains("_upper_nats"));
        if (queries.contains("_lower_nats")) {
          bands++;
          List<String> legends = new ArrayList<>();
          panel.get("targets").forEach(each -> legends.add(each.get("legendFormat").asText()));
          assertThat(legends).contains("lower", "upper");
          JsonNode upper = override(panel, "upper");
          assertThat(upper.toString())
              .contains("{\"id\":\"custom.fillBelowTo\",\"value\":\"lower\"");
        }
      }
    }
    assertThat(bands).isEqualTo(6); // three estimators, one of them twice; two divergences
  }

  private static JsonNode override(JsonNode panel, String name) {
    for (JsonNode each : panel.at("/fieldConfig/overrides")) {
      if (each.at("/matcher/options").asText().equals(name)) {
        return each.get("properties");
      }
    }
    throw new AssertionError(panel.get("title") + " has no override for " + name);
  }

  @Test
  void everyMetricOfTheCatalogue_isOnAPanel_orExempt_andNoOtherIs() {
    Set<Metric> shown = new LinkedHashSet<>();
    for (JsonNode dashboard : DASHBOARDS.values()) {
      for (JsonNode panel : Dashboards.panels(dashboard)) {
        Dashboards.queries(panel).forEach(query -> shown.addAll(Dashboards.metrics(query)));
      }
    }
    Set<Metric> expected = new LinkedHashSet<>(MetricCatalog.ALL);
    expected.removeAll(EXEMPT.keySet());
    assertThat(shown).containsExactlyInAnyOrderElementsOf(expected);
  }

  /**
   * A row ends with "NN title": the panel of that title on dashboard NN, which shows the metric.
   */
  @Test
  void theReadmesTable_namesPanelsThatShowTheMetric() throws IOException {
    Pattern row = Pattern.compile("^\\| .* \\| ([^|]*`[^|]*) \\| (\\d\\d) ([^|]+) \\|$");
    int rows = 0;
    for (String line :
        Files.readAllLines(Path.of(System.getProperty("ratchet.root"), "README.md"))) {
      Matcher matcher = row.matcher(line);
      if (matcher.matches()) {
        rows++;
        String queries = queries(matcher.group(2), matcher.group(3));
        Matcher word = Pattern.compile("ratchet_\\w+|\\w+=\"\\w+\"").matcher(matcher.group(1));
        while (word.find()) {
          assertThat(queries).as(line).contains(word.group());
        }
      }
    }
    assertThat(rows).isEqualTo(10);
  }

  private static String queries(String number, String title) {
    for (Map.Entry<String, JsonNode> each : DASHBOARDS.entrySet()) {
      if (each.getKey().startsWith(number)) {
        for (JsonNode panel : Dashboards.panels(each.getValue())) {
          if (panel.get("title").asText().equals(title)) {
            return String.join(" ", Dashboards.queries(panel));
          }
        }
      }
    }
    throw new AssertionError("dashboard " + number + " has no panel " + title);
  }

  @Test
  void aNameOrALabelThatTheCatalogueDoesNotKnow_isFound() {
    assertThat(Dashboards.metrics("rate(ratchet_stream_latency_seconds_bucket[5m])"))
        .containsExactly(MetricCatalog.STREAM_LATENCY);
    assertThatThrownBy(() -> Dashboards.metrics("max(ratchet_steps)"))
        .hasMessageContaining("ratchet_steps is not in the catalogue");
    assertThatThrownBy(() -> Dashboards.metrics("ratchet_step{job=\"a\"}"))
        .hasMessageContaining("has no label job");
    for (String grouped :
        List.of(
            "sum by (kinds) (ratchet_alert_active)",
            "max by (run) (ratchet_step) and on (rum) ratchet_frozen",
            "sum without (block) (ratchet_step)",
            "ratchet_step * on (run) group_left (modell) ratchet_run_info",
            "run_kinds:ratchet_alert_active:max5m{kind=\"frozen\"}",
            "label_values(ratchet_run_state, runs)")) {
      assertThatThrownBy(() -> Dashboards.metrics(grouped))
          .as(grouped)
          .hasMessageContaining("has no label ");
    }
    for (String expression :
        List.of("max by (run) (ratchet_run_state)", "max(ratchet_run_state)")) {
      assertThatThrownBy(() -> Dashboards.requireLabels("{{state}}", expression))
          .as(expression)
          .hasMessageContaining("has no label state");
    }
    assertThatThrownBy(
            () -> Dashboards.requireLabels("Run {{ $labels.rum }}", "ratchet_frozen == 1"))
        .hasMessageContaining("has no label rum");
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void legendsAndVariables_nameLabelsThatAreThere(String file) {
    JsonNode dashboard = DASHBOARDS.get(file);
    for (JsonNode variable : dashboard.at("/templating/list")) {
      Dashboards.metrics(variable.at("/query/query").asText());
    }
    for (JsonNode panel : Dashboards.panels(dashboard)) {
      for (JsonNode target : panel.get("targets")) {
        Dashboards.requireLabels(target.get("legendFormat").asText(), target.get("expr").asText());
      }
    }
  }
}
