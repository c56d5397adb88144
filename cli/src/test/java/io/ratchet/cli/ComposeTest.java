package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be said of {@code docker-compose.yml} without an engine to run it. */
class ComposeTest {
  private static final Path ROOT = Path.of(System.getProperty("ratchet.root"));
  private static final Path FILE = ROOT.resolve("docker-compose.yml");

  @TempDir Path directory;

  private static JsonNode compose() throws IOException {
    return new YAMLMapper().readTree(FILE.toFile());
  }

  private static Map<String, JsonNode> services() throws IOException {
    Map<String, JsonNode> services = new LinkedHashMap<>();
    compose().get("services").properties().forEach(s -> services.put(s.getKey(), s.getValue()));
    return services;
  }

  @Test
  void dockerCompose_acceptsIt() {
    assumeTrue(RatchetProcess.exists("docker-compose"), "docker-compose is not installed");
    assertThat(
            RatchetProcess.tool("docker-compose", "-f", FILE.toString(), "config", "-q")
                .output(0, Duration.ofMinutes(1)))
        .isBlank();
  }

  @Test
  void itIsWhatTheComposeSpecificationDescribes() throws IOException {
    JsonNode specification;
    try (InputStream in = ComposeTest.class.getResourceAsStream("/compose/compose_spec.json")) {
      specification = new YAMLMapper().readTree(in);
    }
    // Written for an older draft than it names, in which this was a keyword.
    for (JsonNode each : specification.findParents("id")) {
      ((ObjectNode) each).remove("id");
    }
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V201909).getSchema(specification);
    assertThat(schema.validate(compose())).isEmpty();

    JsonNode broken = compose();
    ((ObjectNode) broken.at("/services/kafka/healthcheck")).put("intervall", "10s");
    assertThat(schema.validate(broken)).isNotEmpty();
  }

  @Test
  void everyPart_isThere_pinned_watched_andOnLoopback() throws IOException {
    Set<String> mounted = new HashSet<>();
    Map<String, JsonNode> services = services();
    assertThat(services)
        .containsOnlyKeys("kafka", "stream", "trainer", "prometheus", "alertmanager", "grafana");
    services.forEach(
        (name, service) -> {
          assertThat(service.get("image").asText()).as(name).matches("\\S+:v?\\d+\\.\\d+\\.\\d+");
          assertThat(service.at("/healthcheck/test").isArray()).as(name).isTrue();
          service
              .path("ports")
              .forEach(port -> assertThat(port.asText()).as(name).startsWith("127.0.0.1:"));
          for (JsonNode volume : service.get("volumes")) {
            String source = volume.asText().split(":", 2)[0];
            if (source.startsWith("./")) {
              assertThat(ROOT.resolve(source)).as(name).isDirectory();
              assertThat(volume.asText()).as(name).endsWith(":ro");
            } else {
              mounted.add(source);
            }
          }
        });
    assertThat(compose().get("volumes").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(mounted);
  }

  /** Names that stand in several files. */
  @Test
  void namesAndVersions_areThoseOfTheOtherFiles() throws IOException {
    Map<String, JsonNode> services = services();
    assertThat(Files.readString(ROOT.resolve("pom.xml")))
        .contains("<kafka.version>" + tag(services.get("kafka")) + "</kafka.version>");
    assertThat(Files.readString(ROOT.resolve("cli/src/test/resources/grafana/README.md")))
        .contains("@grafana/schema@" + tag(services.get("grafana")) + " ");
    String prometheus = Files.readString(Dashboards.GRAFANA.resolve("prometheus/prometheus.yml"));
    assertThat(prometheus).contains("\"stream:8080\"", "\"alertmanager:9093\"");
    assertThat(services.get("stream").get("command").asText()).contains("--http stream:8080 ");
    assertThat(services.get("stream").get("hostname").asText()).isEqualTo("stream");
    assertThat(services.get("alertmanager").get("extra_hosts").get(0).asText())
        .startsWith("webhook:");
    assertThat(Files.readString(Dashboards.GRAFANA.resolve("alertmanager/alertmanager.yml")))
        .contains("http://webhook:");
    assertThat(
            Files.readString(Dashboards.GRAFANA.resolve("provisioning/datasources/ratchet.yaml")))
        .contains("${PROMETHEUS_URL}");
    assertThat(services.get("grafana").at("/environment/PROMETHEUS_URL").asText())
        .isEqualTo("http://prometheus:9090");
    String folder =
        new YAMLMapper()
            .readTree(Dashboards.GRAFANA.resolve("provisioning/dashboards/ratchet.yaml").toFile())
            .at("/providers/0/options/path")
            .asText();
    assertThat(services.get("grafana").get("volumes").toString())
        .contains("./grafana/dashboards:" + folder + ":ro");
    assertThat(services.get("grafana").at("/environment").toString())
        .contains(folder + "/00-overview.json");
  }

  /** The commands are parsed by the program itself, as far as a broker that is not there. */
  @Test
  void theCommands_areOnesThatRatchetKnows() throws IOException {
    for (String service : List.of("stream", "trainer")) {
      String command =
          services()
              .get(service)
              .get("command")
              .asText()
              .replace("kafka:19092", "127.0.0.1:1")
              .replace("stream:8080", "127.0.0.1:0")
              .replace("--timeout 60", "--timeout 1")
              .replace("${RATCHET_EXAMPLE_RUN:-compose-1}", "compose-1")
              .replace("/data/", directory + "/");
      CommandLineRun run = CommandLineRun.of(command.split(" "));
      assertThat(run.exitCode()).as(run.err()).isEqualTo(69);
    }
  }

  /**
   * The trainer's health, asked as its container does.
   *
   * @param page where the stream is here
   * @return whether the run is healthy
   */
  static boolean isHealthy(String run, URI page) throws IOException {
    JsonNode test = services().get("trainer").at("/healthcheck/test");
    assertThat(test.get(0).asText()).isEqualTo("CMD-SHELL");
    String command =
        test.get(1)
            .asText()
            .replace("${RATCHET_EXAMPLE_RUN:-compose-1}", run)
            .replace("http://stream:8080/", page.toString());
    assertThat(command).contains(page.getAuthority(), "/" + run);
    return RatchetProcess.tool("sh", "-c", command).waitFor(Duration.ofMinutes(1)) == 0;
  }

  private static String tag(JsonNode service) {
    return service.get("image").asText().split(":", 2)[1];
  }
}
