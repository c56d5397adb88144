package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.cli.Acls.Right;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every part against a Kafka that asks for TLS, for a password, and for each right: all work with
 * the rights of docs/operations.md, and none with one right less.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GuardedKafkaIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String RUN = "guarded";

  /** Who may replay a run as another and delete one: a trainer and a reader in one. */
  private static final String KEEPER = "keeper";

  private static final String PYTHON =
      """
      import sys
      sys.path.insert(0, sys.argv[1])
      import ratchet
      client = {"security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": sys.argv[4],
          "sasl.password": sys.argv[5], "ssl.ca.location": sys.argv[6]}
      print(len(ratchet.windows(sys.argv[2], sys.argv[3], client=client)["toStep"]))
      """;

  private static final List<String> WORKERS = List.of("0", "1");
  private static final int WORKER_UPDATES = 3_000;

  @TempDir static Path directory;

  private static GuardedBroker broker;
  private static Admin superUser;
  private static List<Right> rights;

  @BeforeAll
  static void start() throws Exception {
    rights = Acls.ofTable();
    Set<String> parts = rights.stream().map(Right::part).collect(Collectors.toSet());
    parts.add(KEEPER);
    broker = GuardedBroker.start(directory, parts.toArray(new String[0]));
    superUser = broker.admin(GuardedBroker.SUPER_USER);
    for (Right right : rights) {
      right.grant(superUser);
      if (right.part().equals("trainer")) { // a worker is a trainer with one right more
        of("worker", right).grant(superUser);
      }
      if (right.part().equals("trainer") || right.part().equals("reader")) {
        of(KEEPER, right).grant(superUser);
      }
    }
  }

  @AfterAll
  static void stop() {
    if (superUser != null) {
      superUser.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  private static Right of(String part, Right right) {
    return new Right(part, right.operation(), right.type(), right.name(), right.prefixed());
  }

  @Test
  @Order(1)
  void commandsOfTheDocumentation_grantWhatItsTableSays() throws Exception {
    assertThat(rights).hasSizeGreaterThan(20).doesNotHaveDuplicates();
    assertThat(Acls.ofCommands()).isEqualTo(new LinkedHashSet<>(rights));
  }

  @Test
  @Order(2)
  void withTheseRights_everythingWorks() throws Exception {
    assertThat(run("admin", "topics", "create").exitCode()).isZero();
    String page;
    try (RatchetProcess stream =
        RatchetProcess.stream(
            broker.bootstrap(),
            directory.resolve("state"),
            "--bucket",
            "10",
            "--window",
            "5",
            "--client-config",
            broker.clientConfig("stream").toString())) {
      page = stream.line();
      assertDone(run("trainer", train(RUN, "--updates", "40")));
      await()
          .atMost(PATIENCE)
          .until(() -> tail("thermodynamics", RUN).lines().count() == 4); // 40 steps, 10 a bucket
      assertThat(PipelineIT.get(java.net.URI.create(page + "metrics")))
          .contains("ratchet_entropy_production_nats{run=\"" + RUN + "\"");
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(PipelineIT.get(java.net.URI.create(page + "api/v1/runs")))
                      .contains(RUN));
      assertDone(run("reader", "replay", "--run", RUN, "--verify"));
      leaveBehind(stream);
      assertThat(stream.errors().lines().filter(line -> !line.contains("live page"))).isEmpty();
    }
    assertThat(run("reader", "runs", "list").out()).contains(RUN).contains("finished");
    assertThat(run("reader", "topics", "list").out().lines()).hasSize(7);
    for (String what : List.of("metrics", "states", "gradients", "alerts")) {
      assertDone(
          run(
              "reader",
              "export",
              "--run",
              RUN,
              "--what",
              what,
              "--format",
              "ndjson",
              "--out",
              "-"));
    }
    together(worker -> worker(worker, "two", 5));
    assertDone(run(KEEPER, "replay", "--run", RUN, "--as", "again"));
    assertThat(sweeps("again")).isEqualTo(sweeps(RUN)).isPositive();
    assertDone(run(KEEPER, "runs", "delete", "again"));
    assertThat(run("reader", "runs", "list").out()).contains(RUN).doesNotContain("again");
  }

  /** Ends the stream in the middle of a run: what is to come of it is not published. */
  private static void leaveBehind(RatchetProcess stream) throws IOException {
    try (RatchetProcess training = started("trainer", train("behind", "--updates", "100000"))) {
      await().atMost(PATIENCE).until(() -> tail("thermodynamics", "behind").lines().count() > 0);
      stream.terminate();
      assertThat(stream.waitFor(PATIENCE)).as(stream.errors()).isEqualTo(143);
      assertThat(training.isAlive()).isTrue();
    }
  }

  @Test
  @Order(3)
  void pythonClient_reads_withTlsAndAPassword() throws Exception {
    assumeTrue(
        new ProcessBuilder("/usr/bin/python3", "-c", "import confluent_kafka, avro.io, numpy")
                .start()
                .onExit()
                .join()
                .exitValue()
            == 0,
        "Debian's python3-confluent-kafka, python3-avro and python3-numpy are not installed");
    Path client = Documentation.ROOT.resolve("clients/python");
    String windows =
        RatchetProcess.tool(
                "/usr/bin/python3",
                "-c",
                PYTHON,
                client.toString(),
                broker.bootstrap(),
                RUN,
                "reader",
                GuardedBroker.password("reader"),
                directory.resolve("broker.pem").toString())
            .output(0, PATIENCE);
    assertThat(windows.strip()).isEqualTo("4");
  }

  @Test
  @Order(4)
  void withOneRightLess_thePartSaysWhichItLacks() throws Exception {
    List<Right> order = new ArrayList<>(rights);
    // What they make must be there for the others.
    order.sort(Comparator.comparing(right -> right.operation().equals("Create")));
    for (Right right : order) {
      prepare(right);
      right.revoke(superUser);
      try {
        CommandLineRun run = run(right.part(), commandThatNeeds(right));
        assertThat(run.err())
            .as(right.toString())
            .contains("Kafka at " + broker.bootstrap() + " does not allow this user to ")
            .contains(" " + right.operation() + " " + right.type().replace('-', ' '))
            .contains(right.name())
            .doesNotContain("\tat ");
        assertThat(run.exitCode()).as(right + ": " + run.err()).isEqualTo(1);
      } finally {
        right.grant(superUser);
      }
    }
  }

  @Test
  @Order(5)
  void whoeverIsNotLetIn_isToldWhy_inOneLine() throws Exception {
    GuardedBroker.makeCertificate(directory, "stranger");
    String jaas = broker.client("reader").get("sasl.jaas.config");
    String reader = GuardedBroker.password("reader");
    Map<String, String> reasons =
        Map.of(
            "sasl.jaas.config=" + jaas.replace(reader, "wrong"),
            "Kafka at " + broker.bootstrap() + " refuses this user (Authentication failed",
            "ssl.truststore.location=" + directory.resolve("stranger.pem"),
            "TLS with Kafka at " + broker.bootstrap() + " failed (",
            "ssl.truststore.location=/nowhere/ca.pem",
            "/nowhere/ca.pem",
            "sasl.jaas.config=" + jaas.replace(reader, reader + "\"more"),
            "sasl.jaas.config, allowed: MODULE required KEY=\"VALUE\"");
    for (var reason : reasons.entrySet()) {
      String config = broker.clientConfig("reader", reason.getKey()).toString();
      for (String command : List.of("runs list", "train --run in", "stream --http 127.0.0.1:0")) {
        CommandLineRun run = with(config, command.split(" ", -1));
        assertThat(run.err())
            .as(command + " " + reason.getKey())
            .startsWith("ratchet: RATCHET_CLIENT_CONFIG: " + config + ", ")
            .contains(reason.getValue())
            .hasLineCount(1);
        assertThat(run.exitCode()).isEqualTo(2);
      }
    }
    Path plain = Files.writeString(directory.resolve("plain"), "security.protocol=PLAINTEXT");
    CommandLineRun run = with(plain.toString(), "runs", "list", "--timeout", "2");
    assertThat(run.exitCode()).isEqualTo(69);
    assertThat(run.err())
        .startsWith("ratchet: no Kafka answered at " + broker.bootstrap() + " within 2 s, but")
        .contains("--client-config must say so, by security.protocol")
        .hasLineCount(1);
  }

  @Test
  @Order(6)
  void rightTakenAwayWhileTraining_trainsOn_andSendsWhenItIsBack() throws Exception {
    Right right = right("trainer", "ratchet.chain-states.v1");
    Trainings trainings = new Trainings(broker.bootstrap(), directory.resolve("runs"));
    String config = broker.clientConfig("trainer").toString();
    try (RatchetProcess training =
        RatchetProcess.ratchet(
            trainings.start("revoked", "--client-config", config, "--updates", "3000"))) {
      await().atMost(PATIENCE).until(() -> run("reader", "runs", "list").out().contains("revoked"));
      right.revoke(superUser);
      assertThat(training.waitFor(PATIENCE)).isEqualTo(1);
      assertThat(training.errors())
          .contains(
              "training goes on, records wait: Kafka at "
                  + broker.bootstrap()
                  + " does not allow this user to Write topic ratchet.chain-states.v1")
          .contains("run revoked finished at step 3000")
          .contains("sent by --resume")
          .doesNotContain("\tat ");
    } finally {
      right.grant(superUser);
    }
    assertThat(sweeps("revoked")).isLessThan(3_001);
    assertDone(with(config, trainings.resume("revoked")));
    assertThat(sweeps("revoked")).isEqualTo(3_001); // the end is one
  }

  @Test
  @Order(7)
  void rightToWriteTakenAwayFromWorkers_theyWait_andGoOnWhenItIsBack() throws Exception {
    Right right = of("worker", right("trainer", "ratchet.chain-states.v1"));
    List<RatchetProcess> workers = workers("held");
    try {
      right.revoke(superUser);
      long[] seen = new long[1];
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(3))
          .until(() -> seen[0] == (seen[0] = sweeps("held")));
      assertThat(seen[0]).isLessThan(WORKER_UPDATES);
      assertThat(workers).allMatch(RatchetProcess::isAlive);
      right.grant(superUser);
      workers.forEach(worker -> worker.output(0, PATIENCE));
      String refusal = "does not allow this user to Write topic ratchet.chain-states.v1";
      // One may have had nothing to write: it waited for the other's gradient.
      assertThat(workers)
          .allSatisfy(
              worker -> assertThat(worker.errors()).containsAnyOf(refusal, "held waits for worker"))
          .anySatisfy(worker -> assertThat(worker.errors()).contains(refusal));
      assertThat(sweeps("held")).isEqualTo(WORKER_UPDATES + 1);
    } finally {
      right.grant(superUser);
      workers.forEach(RatchetProcess::close);
    }
  }

  @Test
  @Order(8)
  void rightToReadTakenAwayFromWorkers_theyFail_andResumeWhenItIsBack() throws Exception {
    Right right = right("worker", "ratchet.gradient-updates.v1");
    List<RatchetProcess> workers = workers("unread");
    try {
      right.revoke(superUser);
      for (RatchetProcess worker : workers) {
        assertThat(worker.waitFor(PATIENCE)).isEqualTo(1);
        assertThat(worker.errors())
            .contains("does not allow this user to Read topic ratchet.gradient-updates.v1")
            .doesNotContain("\tat ");
      }
    } finally {
      right.grant(superUser);
      workers.forEach(RatchetProcess::close);
    }
    Trainings trainings = new Trainings(broker.bootstrap(), directory.resolve("runs"));
    together(worker -> trainings.resume("unread", "--worker", worker));
  }

  /** Two workers do what they are told, and do it to the end. */
  private static void together(Function<String, String[]> command) {
    List<CompletableFuture<CommandLineRun>> runs = new ArrayList<>();
    for (String worker : WORKERS) {
      runs.add(CompletableFuture.supplyAsync(() -> run("worker", command.apply(worker))));
    }
    runs.forEach(run -> assertDone(run.join()));
  }

  /** Two workers whose run has begun. */
  private static List<RatchetProcess> workers(String run) throws IOException {
    List<RatchetProcess> workers = new ArrayList<>();
    for (String worker : WORKERS) {
      workers.add(started("worker", worker(worker, run, WORKER_UPDATES)));
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(sweeps(run))
                    .as(() -> workers.stream().map(RatchetProcess::errorsSoFar).toList() + "")
                    .isGreaterThan(100));
    return workers;
  }

  /** A command of a user, in a process of its own. */
  private static RatchetProcess started(String user, String... command) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("--bootstrap", broker.bootstrap(), "--client-config"));
    arguments.add(broker.clientConfig(user).toString());
    return RatchetProcess.ratchet(arguments.toArray(new String[0]));
  }

  private static Right right(String part, String name) {
    return rights.stream()
        .filter(each -> each.part().equals(part))
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Sweeps of the first attempt that are in the log. */
  private static long sweeps(String run) throws IOException {
    Set<Long> sweeps = new TreeSet<>();
    for (String line : tail("chain-states", run).lines().toList()) {
      JsonNode sweep = RecordJson.MAPPER.readTree(line);
      if (sweep.get("attempt").asInt() == 1) {
        sweeps.add(sweep.get("sweep").asLong());
      }
    }
    return sweeps.size();
  }

  private static String[] commandThatNeeds(Right right) {
    return switch (right.part()) {
      case "admin" -> new String[] {"topics", "create"};
      case "trainer" -> train("denied", "--updates", "5");
      case "worker" -> worker("0", "denied", 5);
      case "stream" ->
          new String[] {
            "stream", "--http", "127.0.0.1:0", "--state-dir", directory.resolve("denied").toString()
          };
      default ->
          right.type().equals("group")
              ? new String[] {"replay", "--run", "behind", "--verify", "--timeout", "1"}
              : new String[] {"runs", "list"};
    };
  }

  /** A right to make something shows only while it is not there. */
  private static void prepare(Right right) throws Exception {
    assertDone(run("admin", "topics", "create"));
    if (right.operation().equals("Create")) {
      Set<String> made = new TreeSet<>(superUser.listTopics().names().get());
      made.removeIf(
          name ->
              right.part().equals("admin")
                  ? !name.equals("ratchet.dead-letters.v1")
                  : !name.startsWith(right.name()));
      superUser.deleteTopics(made).all().get();
      await()
          .atMost(PATIENCE)
          .until(() -> superUser.listTopics().names().get().stream().noneMatch(made::contains));
    }
  }

  private static String[] train(String run, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--run", run, "--limit", "500", "--checkpoint-dir"));
    arguments.add(directory.resolve("runs").toString());
    arguments.addAll(List.of(more));
    return arguments.toArray(new String[0]);
  }

  private static String[] worker(String number, String run, int updates) {
    return train(
        run,
        "--updates",
        String.valueOf(updates),
        "--batch",
        "200",
        "--workers",
        "2",
        "--worker",
        number);
  }

  private static String tail(String topic, String run) {
    return run("reader", "topics", "tail", topic, "--run", run).out();
  }

  /** Runs a command as a user; one that goes on although it should have failed is interrupted. */
  private static CommandLineRun run(String user, String... arguments) {
    try {
      return with(broker.clientConfig(user).toString(), arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CommandLineRun with(String clientConfig, String... arguments) {
    Map<String, String> environment =
        Map.of("RATCHET_BOOTSTRAP", broker.bootstrap(), "RATCHET_CLIENT_CONFIG", clientConfig);
    CompletableFuture<CommandLineRun> ended = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> ended.complete(CommandLineRun.of(environment, arguments)), "command");
    thread.start();
    try {
      return ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      thread.interrupt();
      throw new AssertionError(String.join(" ", arguments) + " did not end", e);
    }
  }

  private static void assertDone(CommandLineRun run) {
    assertThat(run.exitCode()).as(run.err()).isZero();
  }
}
