package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Broker, stream and trainers in processes of their own, looked at with other people's tools: kcat,
 * Debian's Python clients with NumPy, Prometheus.
 */
final class WholeProductIT {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  // Two-sided quantiles of Student's t with 31 degrees of freedom, at 99.9 % and 95 %.
  private static final double AT_999 = 3.633;
  private static final double AT_95 = 2.040;

  private static final String RUN = "glyphs-seen-by-others";

  @TempDir static Path directory;
  private static RatchetProcess broker;
  private static RatchetProcess stream;
  private static String bootstrap;
  private static String page;

  @BeforeAll
  static void start() {
    broker = RatchetProcess.broker(directory.resolve("kafka"), 0);
    bootstrap = broker.line();
    // Twenty buckets of ten steps: the last window is that of the last 200 steps.
    stream = RatchetProcess.stream(bootstrap, directory.resolve("state"), "--bucket", "10");
    page = stream.line();
    train(RUN, "--data", "glyphs", "--updates", "400", "--observe-every", "5").output(0, PATIENCE);
  }

  @AfterAll
  static void stop() {
    if (stream != null) {
      stream.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  private static RatchetProcess train(String run, String... options) {
    return RatchetProcess.ratchet(trainings().start(run, options));
  }

  private static Trainings trainings() {
    return new Trainings(bootstrap, directory.resolve("checkpoints"));
  }

  private static JsonNode get(String path) {
    try {
      HttpResponse<String> response =
          HTTP.send(
              HttpRequest.newBuilder(URI.create(page).resolve(path)).build(),
              HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? JSON.readTree(response.body()) : JSON.nullNode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The run's windows as `topics tail` prints them, a line each. */
  private static String windows(String run) {
    return RatchetProcess.ratchet(
            "topics", "tail", "ratchet.thermodynamics.v1", "--bootstrap", bootstrap, "--run", run)
        .output(0, PATIENCE);
  }

  /** The run's last window as `topics tail` prints it, once it ends with the given step. */
  private static JsonNode lastWindow(String run, long toStep) {
    JsonNode[] last = new JsonNode[1];
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              for (String line : windows(run).lines().toList()) {
                if (!line.isBlank()) {
                  JsonNode record = JSON.readTree(line);
                  last[0] = record.has("value") ? record.get("value") : record;
                }
              }
              return last[0] != null && last[0].get("toStep").asLong() >= toStep;
            });
    return last[0];
  }

  private static JsonNode evaluate(String checkpoint, String data) throws IOException {
    return JSON.readTree(
        RatchetProcess.ratchet("evaluate", "--checkpoint", checkpoint, "--data", data, "--json")
            .output(0, PATIENCE));
  }

  @Test
  void kcat_counts_everySweep() {
    assumeTrue(RatchetProcess.exists("kcat"), "kcat is not installed");
    String keys =
        RatchetProcess.tool(
                "kcat",
                "-b",
                bootstrap,
                "-t",
                "ratchet.chain-states.v1",
                "-C",
                "-e",
                "-q",
                "-f",
                "%k\n")
            .output(0, PATIENCE);

    // 400 sweeps, one an update, and the record that says that it ended.
    assertThat(keys.lines().filter(RUN::equals)).hasSize(401);
  }

  @Test
  void aPythonClient_decodesEveryRecord_andNumPyFindsTheSameNumbers() throws IOException {
    assumeTrue(
        new ProcessBuilder("/usr/bin/python3", "-c", "import confluent_kafka, avro.io, numpy")
                .start()
                .onExit()
                .join()
                .exitValue()
            == 0,
        "Debian's python3-confluent-kafka, python3-avro and python3-numpy are not installed");
    lastWindow(RUN, 399);
    JsonNode seen =
        JSON.readTree(
            RatchetProcess.tool(
                    "/usr/bin/python3",
                    Path.of(System.getProperty("ratchet.root"), "cli/src/test/python/check_run.py")
                        .toString(),
                    "--bootstrap",
                    bootstrap,
                    "--run",
                    RUN)
                .output(0, PATIENCE));

    assertThat(seen.get("chainRecords").asInt()).isEqualTo(401);
    assertThat(seen.get("distinctSweeps").asInt()).isEqualTo(401);
    assertThat(seen.get("gradientRecords").asInt()).isEqualTo(400);
    assertThat(seen.get("windows").asInt()).isEqualTo(40);
    assertThat(seen.get("sequences").asBoolean()).isTrue();
    assertThat(seen.get("countsEqual").asBoolean()).isTrue();
    assertThat(seen.get("recordTransitions")).isEqualTo(seen.get("transitions"));
    for (String quantity :
        List.of(
            "CountEntropyProduction",
            "SelfTransition",
            "SoftEntropyProduction",
            "PathEntropyProduction")) {
      double ours = seen.get("record" + quantity).asDouble();
      double theirs =
          seen.get(Character.toLowerCase(quantity.charAt(0)) + quantity.substring(1)).asDouble();
      assertThat(ours).as(quantity).isCloseTo(theirs, within(1e-9 * Math.max(1, theirs)));
    }
  }

  @Test
  void prometheus_scrapesIt_andPromtoolFindsNothing() throws IOException, InterruptedException {
    assumeTrue(RatchetProcess.exists("prometheus"), "prometheus is not installed");
    String metrics =
        HTTP.send(
                HttpRequest.newBuilder(URI.create(page).resolve("/metrics")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    Process promtool = new ProcessBuilder("promtool", "check", "metrics").start();
    promtool.getOutputStream().write(metrics.getBytes(StandardCharsets.UTF_8));
    promtool.getOutputStream().close();
    String complaints =
        new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            + new String(promtool.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(complaints).isZero();
    assertThat(complaints).isBlank();

    // A run that goes on for as long as Prometheus looks.
    try (RatchetProcess training = train("scraped", "--data", "glyphs", "--updates", "1000000")) {
      Path config = directory.resolve("prometheus.yml");
      Files.writeString(
          config,
          """
          global: {scrape_interval: 1s}
          scrape_configs:
            - job_name: ratchet
              static_configs: [{targets: ["%s"]}]
          """
              .formatted(URI.create(page).getAuthority()));
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      try (RatchetProcess prometheus =
          RatchetProcess.tool(
              "prometheus",
              "--config.file=" + config,
              "--storage.tsdb.path=" + directory.resolve("tsdb"),
              "--web.listen-address=127.0.0.1:" + port)) {
        String base = "http://127.0.0.1:" + port + "/api/v1/query?query=";
        for (String query :
            List.of(
                "up{job=\"ratchet\"} == 1",
                "ratchet_step{run=\"scraped\"} > 100",
                "ratchet_entropy_production_nats{run=\"scraped\",estimator=\"counts\"} >= 0",
                "ratchet_entropy_production_upper_nats{run=\"scraped\",estimator=\"soft\"}"
                    + " > ratchet_entropy_production_lower_nats",
                "ratchet_kl_divergence_nats{run=\"scraped\",kind=\"class\"}",
                "ratchet_log_likelihood_nats{run=\"scraped\"} < 0",
                "ratchet_gradient_norm{run=\"scraped\",block=\"W\"} > 0",
                "rate(ratchet_stream_accepted_total[10s]) > 0")) {
          await()
              .alias(query)
              .atMost(Duration.ofSeconds(90))
              .pollInterval(Duration.ofMillis(500))
              .ignoreExceptions()
              .until(
                  () -> {
                    String answer =
                        HTTP.send(
                                HttpRequest.newBuilder(
                                        URI.create(
                                            base
                                                + URLEncoder.encode(query, StandardCharsets.UTF_8)))
                                    .build(),
                                HttpResponse.BodyHandlers.ofString())
                            .body();
                    return JSON.readTree(answer).at("/data/result").size() > 0;
                  });
        }
        prometheus.terminate();
      }
      training.terminate();
      assertThat(training.waitFor(PATIENCE)).as(training.errors()).isEqualTo(143);
    }
    assertThat(get("/api/v1/runs").toString()).contains(RUN).contains("scraped");
  }

  /** MNIST where it is, else as many images of its size. */
  private static String digits() {
    Path mnist = Path.of(System.getProperty("ratchet.shared"), "data", "mnist");
    return Files.isDirectory(mnist)
        ? "idx:%s,%s"
            .formatted(
                mnist.resolve("train-images-idx3-ubyte.gz"),
                mnist.resolve("train-labels-idx1-ubyte.gz"))
        : "glyphs:28";
  }

  @Test
  void digits_areTrainedIn256MegabytesOfHeap() {
    String[] arguments = trainings().start("small-heap", "--data", digits(), "--updates", "600");
    String checkpoint = RatchetProcess.withHeap("-Xmx256m", arguments).output(0, PATIENCE).strip();
    assertThat(checkpoint).endsWith("step-600.avro");
  }

  @Test
  void aBoltzmannMachine_isSeenReversible_andRaisesNoAlarm() throws IOException {
    // Windows of 200 steps: the last steps of five strides are judged.
    String checkpoint =
        train(
                "rbm",
                "--model",
                "rbm",
                "--hidden",
                "100",
                "--batch",
                "500",
                "--chains",
                "500",
                "--sweeps",
                "10",
                "--updates",
                "400",
                "--data",
                digits())
            .output(0, PATIENCE)
            .strip();
    JsonNode window = lastWindow("rbm", 399);
    JsonNode run = get("/api/v1/run/rbm");

    assertThat(run.get("expectation").asText()).isEqualTo("reversible");
    assertThat(run.at("/settings/state").asText()).isEqualTo("prototype");
    assertThat(run.get("alerts")).isEmpty();
    String windows = windows("rbm");
    assertThat(windows.lines().filter(line -> line.contains("\"judged\":true")))
        .as("windows that were judged")
        .hasSizeGreaterThanOrEqualTo(5);
    assertThat(windows).doesNotContain("\"alarm\":true");
    assertThat(window.get("transitions").asLong()).isEqualTo(200 * 10 * 500);
    double value = window.at("/entropyProduction/value").asDouble();
    double upper = window.at("/entropyProduction/upper").asDouble();
    System.err.printf("rbm: entropy production %.6f, at most %.6f%n", value, upper);
    assertThat(value - (upper - value) * AT_999 / AT_95).isLessThanOrEqualTo(0);

    String rows =
        RatchetProcess.ratchet("sample", "--checkpoint", checkpoint, "--n", "3", "--out", "-")
            .output(0, PATIENCE);
    assertThat(rows.lines()).hasSize(4);
  }

  @Test
  void onRealDigits_theLatentCycleModelTurns_andTheTiedOneFreezes() throws IOException {
    Path mnist = Path.of(System.getProperty("ratchet.shared"), "data", "mnist");
    assumeTrue(
        Files.isDirectory(mnist), "../shared, with the digits and their limits, is not there");
    String data = digits();
    double soft = 0;
    double exact = 0;
    for (int seed = 1; seed <= 4; seed++) {
      String run = "mnist-" + seed;
      String checkpoint =
          train(
                  run,
                  "--data",
                  data,
                  "--k",
                  "10",
                  "--updates",
                  "3000",
                  "--batch",
                  "500",
                  "--chains",
                  "100",
                  // Of 2,000 transitions the soft estimate is 1.6 % high at this entropy
                  // production.
                  "--observe-every",
                  "1",
                  "--seed",
                  String.valueOf(seed))
              .output(0, PATIENCE)
              .trim();
      JsonNode window = lastWindow(run, 2_999);
      JsonNode evaluation = evaluate(checkpoint, data);
      System.err.printf(
          "%s: ln p %.3f, self-transition %.4f, soft EP %.4f of the last 200 steps, exact %.4f%n",
          run,
          evaluation.at("/logLikelihood/mean").asDouble(),
          evaluation.get("selfTransitionProbability").asDouble(),
          window.at("/softEntropyProduction/value").asDouble(),
          evaluation.at("/entropyProduction/value").asDouble());
      assertThat(evaluation.at("/logLikelihood/mean").asDouble()).isGreaterThan(-163.1);
      assertThat(evaluation.get("selfTransitionProbability").asDouble()).isLessThan(0.05);
      assertThat(window.get("fromStep").asLong()).isEqualTo(2_800);
      soft += window.at("/softEntropyProduction/value").asDouble() / 4;
      exact += evaluation.at("/entropyProduction/value").asDouble() / 4;
    }
    assertThat(soft).isCloseTo(exact, within(0.05 * exact));

    String tied =
        train("mnist-tied", "--model", "tied", "--data", data, "--k", "10", "--updates", "3000")
            .output(0, PATIENCE)
            .trim();
    JsonNode window = lastWindow("mnist-tied", 2_999);
    JsonNode evaluation = evaluate(tied, data);
    boolean frozen = window.get("status").asText().equals("FROZEN");
    double value = window.at("/entropyProduction/value").asDouble();
    double half = window.at("/entropyProduction/upper").asDouble() - value;
    double lower = value - half * AT_999 / AT_95;
    double p = window.at("/reversibilityTest/pValue").asDouble(1);
    assertThat(frozen || (lower <= 0 && p > 0.001)).as(window.toPrettyString()).isTrue();
    assertThat(evaluation.at("/entropyProduction/value").asDouble()).isLessThan(1e-6);
    assertThat(evaluation.get("selfTransitionProbability").asDouble()).isGreaterThan(0.95);
  }
}
