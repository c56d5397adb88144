package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.Snapshot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts apart, each in a process of its own, as a user runs them in three terminals. */
class PipelineIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir static Path directory;

  private static RatchetProcess broker;
  private static String bootstrap;

  @BeforeAll
  static void startBroker() throws Exception {
    broker = RatchetProcess.broker(directory, 0);
    bootstrap = broker.line();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    broker.terminate();
    assertThat(broker.waitFor(PATIENCE)).isEqualTo(143);
  }

  @Test
  void trainAndStream_produceEveryWindow_andACheckpointThatEvaluates() throws Exception {
    try (RatchetProcess stream = RatchetProcess.stream(bootstrap, directory.resolve("stream"))) {
      URI page = URI.create(stream.line());
      String checkpoint = train("whole", "--updates", "310").output(0, PATIENCE).strip();

      await()
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> tail("thermodynamics", "whole").size() == 13); // 12 whole buckets, one cut off
      List<JsonNode> windows = tail("thermodynamics", "whole");
      assertThat(windows.get(12).get("toStep").asLong()).isGreaterThanOrEqualTo(309);
      assertThat(windows.get(12).get("transitions").asLong()).isEqualTo(310 * 100);

      List<JsonNode> sweeps = tail("chain-states", "whole");
      assertThat(sweeps.stream().map(s -> s.get("sweep").asLong()))
          .containsExactlyElementsOf(LongStream.rangeClosed(0, 310).boxed().toList());
      assertThat(sweeps.get(310).get("end").asBoolean()).isTrue();
      assertThat(sweeps.get(0).get("from")).hasSize(100);

      String metrics = get(page.resolve("/metrics"));
      assertThat(metrics).contains("ratchet_entropy_production_nats{run=\"whole\"");

      assertThat(run("whole").get("state").asText()).isEqualTo("finished");
      aPersonReads(page);
      CommandLineRun evaluated =
          CommandLineRun.of("evaluate", "--json", "--compare", "em", "--checkpoint", checkpoint);
      assertThat(evaluated.exitCode()).as(evaluated.err()).isZero();
      JsonNode evaluation = RecordJson.MAPPER.readTree(evaluated.out());
      assertThat(evaluation.fieldNames())
          .toIterable()
          .containsExactlyInAnyOrder(
              "examples",
              "logLikelihood",
              "entropyProduction",
              "pathEntropyProduction",
              "stationaryDistribution",
              "selfTransitionProbability",
              "currents",
              "cycles",
              "classDivergence",
              "em");
      assertThat(evaluation.get("em").get("logLikelihood").asDouble())
          .isGreaterThan(evaluation.get("logLikelihood").get("mean").asDouble());
      assertThat(evaluation.get("examples").asInt()).isEqualTo(4_000);
      assertThat(evaluation.get("stationaryDistribution")).hasSize(10);
    }
  }

  private static void aPersonReads(URI page) {
    String shown = CommandLineRun.of("runs", "show", "whole", "--bootstrap", bootstrap).out();
    assertThat(shown)
        .containsPattern("(?m)^state +finished$")
        .containsPattern("(?m)^started +20\\d\\d-\\d\\d-\\d\\d .* UTC \\(\\d+ (s|min) ago\\)$")
        .containsPattern("(?m)^worker 0 +finished, step 310, heard of ")
        .contains(
            "entropy production from counts, nats per transition; last window, steps 0 to 324")
        .doesNotContain("\u001b");
    assertThat(shown.lines().filter(line -> line.matches(" +[-0-9.e+]+ \\|.*"))).hasSize(2);

    for (var expected :
        Map.of(
                "runs", "whole/0  attempt 1  finished  step 310",
                "chain-states", "whole  step 300 sweep 300",
                "gradient-updates", "whole  step 309  ln p -",
                "thermodynamics", "whole  window 12  steps 0-324  EP ",
                "schemas", "  Thermodynamics")
            .entrySet()) {
      CommandLineRun tail =
          CommandLineRun.of(
              "topics", "tail", expected.getKey(), "--format", "text", "--bootstrap", bootstrap);
      assertThat(tail.out().lines())
          .as(expected.getKey())
          .allMatch(
              line -> line.matches("20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  \\d@\\d+  .+"))
          .anyMatch(line -> line.contains(expected.getValue()));
    }

    CommandLineRun doctor =
        CommandLineRun.of(
            "doctor",
            "--bootstrap",
            bootstrap,
            "--http",
            page.getAuthority(),
            "--dir",
            directory + "");
    assertThat(doctor.exitCode()).as(doctor.out() + doctor.err()).isZero();
    assertThat(doctor.out())
        .containsPattern("(?m)^ok +page +a stream serves ")
        .containsPattern("(?m)^ok +transactions .* transaction.version 2$")
        .containsPattern("(?m)^ok +topics +all 7, 6 partitions each$")
        .containsPattern("(?m)^ok +clock .* the newest record is of ")
        .containsPattern("(?m)^ok +dead letters +0 records");
    CommandLineRun elsewhere =
        CommandLineRun.of("doctor", "--bootstrap", bootstrap, "--topic-prefix", "nobody.");
    assertThat(elsewhere.exitCode()).isEqualTo(3);
    assertThat(elsewhere.out())
        .containsPattern("wrong +topics +missing: .*\n +-> ratchet topics create");
  }

  @Test
  void secondStreamOnTheSameStateDirectory_isRefused() throws Exception {
    Path state = directory.resolve("shared-state");
    try (RatchetProcess first = RatchetProcess.stream(bootstrap, state)) {
      assertThat(first.line()).startsWith("http://127.0.0.1:");
      RatchetProcess second = RatchetProcess.stream(bootstrap, state);
      assertThat(second.output(2, PATIENCE)).isEmpty();
      assertThat(second.errors().lines())
          .singleElement()
          .asString()
          .startsWith("ratchet: --state-dir: " + state);
    }
  }

  @Test
  void sigtermOfTrain_publishesEnd_writesTheCheckpoint_andIs143() throws Exception {
    RatchetProcess train = train("stopped", "--updates", "100000000");
    await().atMost(Duration.ofMinutes(1)).until(() -> tail("chain-states", "stopped").size() > 50);
    train.terminate();
    String checkpoint = train.output(143, PATIENCE).strip();

    Snapshot snapshot = Checkpoints.read(Path.of(checkpoint));
    List<JsonNode> sweeps = tail("chain-states", "stopped");
    JsonNode last = sweeps.get(sweeps.size() - 1);
    assertThat(last.get("end").asBoolean()).isTrue();
    assertThat(last.get("step").asLong()).isEqualTo(snapshot.step());
    assertThat(sweeps).hasSize(Math.toIntExact(snapshot.step()) + 1);
    JsonNode shown = run("stopped");
    assertThat(shown.get("state").asText()).isEqualTo("interrupted");
    assertThat(shown.get("step").asLong()).isEqualTo(snapshot.step());
  }

  @Test
  void usedRunId_isRefused() throws Exception {
    train("used", "--updates", "1", "--limit", "500").output(0, PATIENCE);
    Path elsewhere = directory.resolve("elsewhere");
    for (String runs : new String[] {directory.resolve("runs").toString(), elsewhere.toString()}) {
      RatchetProcess again = train("used", "--checkpoint-dir", runs);
      assertThat(again.output(2, PATIENCE)).isEmpty();
      assertThat(again.errors().lines())
          .singleElement()
          .asString()
          .startsWith("ratchet: --run: ")
          .contains("exists already");
    }
    assertThat(elsewhere).doesNotExist();
  }

  @Test
  void topicsAreListed_andAnUnknownRunIsRefused() {
    CommandLineRun listed = CommandLineRun.of("topics", "list", "--bootstrap", bootstrap);
    assertThat(listed.exitCode()).isZero();
    assertThat(listed.out().lines()).hasSize(7).allMatch(line -> line.contains("6 partitions"));
    assertThat(listed.out().lines().filter(line -> line.startsWith("ratchet.dead-letters.v1")))
        .allMatch(line -> line.contains(" 7 days "));
    assertThat(listed.out().lines().filter(line -> line.contains(" for ever "))).hasSize(4);

    CommandLineRun shown = CommandLineRun.of("runs", "show", "nobody", "--bootstrap", bootstrap);
    assertThat(shown.exitCode()).isEqualTo(2);
    assertThat(shown.err()).startsWith("ratchet: --run: nobody, ");
  }

  private static RatchetProcess train(String run, String... more) {
    List<String> args = new ArrayList<>(List.of("train", "--bootstrap", bootstrap, "--run", run));
    args.addAll(List.of(more));
    if (!args.contains("--checkpoint-dir")) {
      args.addAll(List.of("--checkpoint-dir", directory.resolve("runs").toString()));
    }
    return RatchetProcess.ratchet(args.toArray(new String[0]));
  }

  private static JsonNode run(String id) throws JsonProcessingException {
    CommandLineRun shown =
        CommandLineRun.of("runs", "show", id, "--json", "--bootstrap", bootstrap);
    assertThat(shown.exitCode()).as(shown.err()).isZero();
    return RecordJson.MAPPER.readTree(shown.out());
  }

  private static List<JsonNode> tail(String topic, String run) throws JsonProcessingException {
    CommandLineRun tail =
        CommandLineRun.of("topics", "tail", topic, "--run", run, "--bootstrap", bootstrap);
    assertThat(tail.exitCode()).as(tail.err()).isZero();
    List<JsonNode> records = new ArrayList<>();
    for (String line : tail.out().lines().toList()) {
      records.add(RecordJson.MAPPER.readTree(line));
    }
    return records;
  }

  static String get(URI uri) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
        .body();
  }
}
