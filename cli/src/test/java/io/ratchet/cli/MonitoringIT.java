package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.ratchet.schema.Expectation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What lies in {@code grafana/}, against real runs, a real Prometheus and a real Alertmanager.
 *
 * <p>Addresses are put in, and times are made shorter where they only wait; expressions, thresholds
 * and routes are those of the files.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MonitoringIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Nats per transition below which the stream calls a run collapsed, by default. */
  private static final double FLOOR = 0.05;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir static Path directory;

  /** What was started, the last first when it is closed. */
  private static final List<AutoCloseable> STARTED = new ArrayList<>();

  /** "alert run status" of each alert in each message to the webhook. */
  private static final List<String> TOLD = new CopyOnWriteArrayList<>();

  private static RatchetProcess hung;
  private static RingRun collapsing;
  private static RingRun balanced;
  private static URI page;
  private static String prometheus;
  private static String alertmanager;

  @BeforeAll
  static void start() throws IOException {
    assumeTrue(RatchetProcess.exists("prometheus"), "prometheus is not installed");
    assumeTrue(
        RatchetProcess.exists("prometheus-alertmanager"),
        "prometheus-alertmanager is not installed");
    RatchetProcess broker = started(RatchetProcess.broker(directory.resolve("kafka"), 0));
    String bootstrap = broker.line();
    RatchetProcess stream =
        started(RatchetProcess.stream(bootstrap, directory.resolve("state"), "--bucket", "10"));
    page = URI.create(stream.line());
    train(bootstrap, "healthy", "--batch", "1000", "--observe-every", "5");
    hung = train(bootstrap, "hung", "--batch", "4000", "--expect", "driven");
    collapsing = started(new RingRun(bootstrap, "collapsing", Expectation.IRREVERSIBLE));
    collapsing.turn(600);
    balanced = started(new RingRun(bootstrap, "balanced", Expectation.REVERSIBLE));
    balanced.balance(600);
    // The model begins without currents, and may come to stand as collapsed until it has learnt
    // some.
    until("the healthy run turns", MonitoringIT::healthyTurns);

    HttpServer webhook =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    webhook.createContext(
        "/",
        exchange -> {
          for (JsonNode alert : JSON.readTree(exchange.getRequestBody()).get("alerts")) {
            TOLD.add(name(alert.get("labels")) + " " + alert.get("status").asText());
          }
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    webhook.start();
    STARTED.add(() -> webhook.stop(0));
    alertmanager = "127.0.0.1:" + freePort();
    prometheus = "127.0.0.1:" + freePort();
    startAlertmanager("http://127.0.0.1:" + webhook.getAddress().getPort() + "/");
    startPrometheus();
  }

  private static void startAlertmanager(String webhook) throws IOException {
    Path config = directory.resolve("alertmanager.yml");
    Files.writeString(
        config,
        replaced(
            Files.readString(Dashboards.GRAFANA.resolve("alertmanager/alertmanager.yml")),
            Map.of(
                "http://webhook:5001/",
                webhook,
                "group_wait: 10s",
                "group_wait: 1s",
                "group_interval: 1m",
                "group_interval: 2s")));
    started(
        RatchetProcess.tool(
            "prometheus-alertmanager",
            "--config.file=" + config,
            "--storage.path=" + directory.resolve("alertmanager"),
            "--web.listen-address=" + alertmanager,
            "--cluster.listen-address="));
  }

  private static void startPrometheus() throws IOException {
    Path rules = Files.createDirectories(directory.resolve("prometheus"));
    for (String file : List.of("recording.rules.yml", "alert.rules.yml")) {
      Files.writeString(
          rules.resolve(file),
          Files.readString(Dashboards.GRAFANA.resolve("prometheus").resolve(file))
              .replace("for: 30s", "for: 2s")
              .replace("for: 1m", "for: 3s"));
    }
    Path config = rules.resolve("prometheus.yml");
    Files.writeString(
        config,
        replaced(
            Files.readString(Dashboards.GRAFANA.resolve("prometheus/prometheus.yml")),
            Map.of(
                "scrape_interval: 5s",
                "scrape_interval: 1s",
                "evaluation_interval: 15s",
                "evaluation_interval: 1s",
                "\"stream:8080\"",
                "\"" + page.getAuthority() + "\"",
                "\"alertmanager:9093\"",
                "\"" + alertmanager + "\"")));
    started(
        RatchetProcess.tool(
            "prometheus",
            "--config.file=" + config,
            "--storage.tsdb.path=" + directory.resolve("tsdb"),
            "--web.listen-address=" + prometheus));
  }

  private static String replaced(String text, Map<String, String> replacements) {
    String result = text;
    for (Map.Entry<String, String> each : replacements.entrySet()) {
      assertThat(result).contains(each.getKey());
      result = result.replace(each.getKey(), each.getValue());
    }
    return result;
  }

  @AfterAll
  static void stop() throws Exception {
    for (int i = STARTED.size() - 1; i >= 0; i--) {
      STARTED.get(i).close();
    }
  }

  @Test
  @Order(1)
  void whenAllIsWell_onlyTheWatchdogFires() {
    until(
        "both rings are judged",
        () ->
            query("ratchet_alert_active{run=~\"collapsing|balanced\",kind!=\"frozen\"} == 0").size()
                == 2);
    until("the watchdog fires", () -> firing().equals(List.of("RatchetWatchdog")));
    assertThat(TOLD).isEmpty();
  }

  @Test
  @Order(2)
  void aCollapse_aCurrentWhereNoneShouldBe_andASilence_areToldOnceEach_andOnceMoreWhenTheyEnd()
      throws IOException {
    collapsing.balance(600);
    balanced.turn(600);
    assertThat(ComposeTest.isHealthy("hung", page)).isTrue();
    hung.signal("STOP");
    String[] wrong = {
      "RatchetCollapse collapsing", "RatchetIrreversible balanced", "RatchetRunStalled hung"
    };
    until("three alerts are told", () -> TOLD.size() >= 3);
    assertThat(TOLD)
        .containsExactlyInAnyOrder(
            wrong[0] + " firing", wrong[1] + " firing", wrong[2] + " firing");
    assertThat(firing()).containsExactlyInAnyOrder(wrong[0], wrong[1], wrong[2], "RatchetWatchdog");
    assertThat(ComposeTest.isHealthy("hung", page)).isFalse();
    assertThat(ComposeTest.isHealthy("healthy", page)).isTrue();

    collapsing.turn(600);
    balanced.balance(600);
    hung.signal("CONT");
    until("their ends are told", () -> TOLD.size() >= 6);
    until("only the watchdog is left", () -> firing().equals(List.of("RatchetWatchdog")));
    assertThat(TOLD.subList(3, TOLD.size()))
        .containsExactlyInAnyOrder(
            wrong[0] + " resolved", wrong[1] + " resolved", wrong[2] + " resolved");
  }

  @Test
  @Order(3)
  void everyQueryOfEveryDashboard_hasData() {
    collapsing.publishNonsense(); // or nothing would have been rejected
    List<String> queries = new ArrayList<>();
    Dashboards.read()
        .forEach(
            (file, dashboard) -> {
              boolean many = dashboard.at("/templating/list/1/multi").asBoolean();
              for (JsonNode panel : Dashboards.panels(dashboard)) {
                for (String query : Dashboards.queries(panel)) {
                  queries.add(
                      query
                          .replace("$run", many ? ".*" : "healthy")
                          .replace("$__rate_interval", "20s")
                          .replace("$__range", "30m"));
                }
              }
            });
    assertThat(queries).hasSizeGreaterThan(50).noneMatch(query -> query.contains("$"));
    for (String query : queries) {
      until(query, () -> query(query).size() > 0);
    }
    until(
        "label_values", () -> names().equals(List.of("balanced", "collapsing", "healthy", "hung")));
    for (JsonNode group : get(prometheus, "/api/v1/rules").at("/data/groups")) {
      for (JsonNode rule : group.get("rules")) {
        assertThat(rule.get("health").asText()).as(rule.toString()).isEqualTo("ok");
      }
    }
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    get(prometheus, "/api/v1/label/run/values?match[]=ratchet_run_state".replace("[]", "%5B%5D"))
        .get("data")
        .forEach(name -> names.add(name.asText()));
    return names;
  }

  /** What Alertmanager holds for active. */
  private static List<String> firing() {
    List<String> firing = new ArrayList<>();
    get(alertmanager, "/api/v2/alerts?active=true")
        .forEach(alert -> firing.add(name(alert.get("labels"))));
    return firing;
  }

  private static String name(JsonNode labels) {
    return (labels.get("alertname").asText() + " " + labels.path("run").asText()).strip();
  }

  private static JsonNode query(String query) {
    JsonNode answer =
        get(prometheus, "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    return answer.at("/data/result");
  }

  private static boolean healthyTurns() {
    List<String> lines = text(page.resolve("/metrics")).lines().toList();
    String lower = "ratchet_entropy_production_lower_nats{run=\"healthy\",estimator=\"counts\",} ";
    return lines.contains("ratchet_collapsed{run=\"healthy\",} 0.0")
        && lines.stream()
            .filter(line -> line.startsWith(lower))
            .anyMatch(line -> Double.parseDouble(line.substring(lower.length())) > FLOOR);
  }

  private static JsonNode get(String address, String path) {
    try {
      return JSON.readTree(text(URI.create("http://" + address + path)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(URI address) {
    try {
      return HTTP.send(
              HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    await()
        .alias(what)
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(condition::getAsBoolean);
  }

  private static RatchetProcess train(String bootstrap, String run, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--bootstrap",
                bootstrap,
                "--run",
                run,
                "--updates",
                "1000000",
                "--checkpoint-dir",
                directory.resolve("checkpoints") + ""));
    arguments.addAll(List.of(options));
    return started(RatchetProcess.ratchet(arguments.toArray(new String[0])));
  }

  private static <T extends AutoCloseable> T started(T process) {
    STARTED.add(process);
    return process;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }
}
