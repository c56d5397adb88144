package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.stream.replay.Comparison;
import io.ratchet.trainer.publish.ClientProperties;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done with a recorded run: verified, sent again, exported, judged again, hidden. */
final class HistoryIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String RUN = "recorded";
  private static final String RING = "ring";
  private static final int UPDATES = 240;
  private static final int RING_STEPS = 90;
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  @TempDir static Path directory;
  private static RatchetProcess broker;
  private static RatchetProcess stream;
  private static String bootstrap;

  @BeforeAll
  static void record() {
    broker = RatchetProcess.broker(directory.resolve("kafka"), 0);
    bootstrap = broker.line();
    stream = startStream();
    String unused =
        RatchetProcess.ratchet(
                "train",
                "--bootstrap",
                bootstrap,
                "--run",
                RUN,
                "--data",
                "glyphs",
                "--limit",
                "500",
                "--updates",
                UPDATES + "",
                "--observe-every",
                "2",
                "--checkpoint-dir",
                directory.resolve("runs") + "")
            .output(0, PATIENCE);
    produce(TOPICS.chainStates(), RING, ring(RING));
    await().atMost(PATIENCE).until(() -> windows(TOPICS, RUN).size() == UPDATES / 10);
    await().atMost(PATIENCE).until(() -> windows(TOPICS, RING).size() == RING_STEPS / 10);
  }

  private static RatchetProcess startStream() {
    RatchetProcess started =
        RatchetProcess.stream(
            bootstrap,
            directory.resolve("state"),
            "--bucket",
            "10",
            "--window",
            "5",
            "--floor",
            "0.5");
    started.line();
    return started;
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

  /** 64 chains on three states, of which the first third turns and the rest has no current. */
  private static List<byte[]> ring(String run) {
    Random random = new Random(5);
    byte[] states = new byte[64];
    List<byte[]> records = new ArrayList<>();
    for (int step = 0; step <= RING_STEPS; step++) {
      boolean end = step == RING_STEPS;
      byte[] from = end ? new byte[0] : states.clone();
      for (int chain = 0; chain < from.length; chain++) {
        double back = step < RING_STEPS / 3 ? 0.05 : 0.45;
        states[chain] = (byte) ((states[chain] + (random.nextDouble() < back ? 2 : 1)) % 3);
        if (step >= RING_STEPS / 3 && random.nextDouble() < 0.1) {
          states[chain] = from[chain];
        }
      }
      records.add(
          RecordCodec.encode(
              ChainStates.newBuilder()
                  .setRun(run)
                  .setAttempt(1)
                  .setWorker(0)
                  .setIncarnation(3)
                  .setWorkers(1)
                  .setChainOffset(0)
                  .setChains(64)
                  .setStartStep(0)
                  .setStep(step)
                  .setSweep(step)
                  .setEnd(end)
                  .setExpectation(Expectation.IRREVERSIBLE)
                  .setStates(3)
                  .setEncoding(StateEncoding.UINT8)
                  .setFrom(ByteBuffer.wrap(from))
                  .setTo(ByteBuffer.wrap(end ? new byte[0] : states.clone()))
                  .build()));
    }
    return records;
  }

  private static void produce(Topic topic, String key, List<byte[]> values) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            ClientProperties.bounded(Map.of("bootstrap.servers", bootstrap)),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (byte[] value : values) {
        var unused =
            producer.send(
                new ProducerRecord<>(topic.name(), key.getBytes(StandardCharsets.UTF_8), value));
      }
    }
  }

  private static List<byte[]> values(Topic topic, String run) {
    List<byte[]> values = new ArrayList<>();
    try (TopicReader reader =
        TopicReader.open(Map.of("bootstrap.servers", bootstrap), topic, run)) {
      reader.readToEnd(
          record -> {
            if (TopicReader.key(record).equals(run)) {
              values.add(record.value());
            }
          });
    }
    return values;
  }

  private static List<byte[]> windows(Topics topics, String run) {
    return values(topics.thermodynamics(), run);
  }

  /** Copies a run to topics of another prefix, which no stream reads. */
  private static Topics copy(
      String prefix,
      String run,
      UnaryOperator<List<byte[]>> sweeps,
      UnaryOperator<List<byte[]>> windows) {
    Topics topics = Topics.of(prefix);
    assertThat(ratchet("topics", "create", "--topic-prefix", prefix).exitCode()).isZero();
    produce(topics.chainStates(), run, sweeps.apply(values(TOPICS.chainStates(), run)));
    produce(topics.thermodynamics(), run, windows.apply(windows(TOPICS, run)));
    produce(topics.alerts(), run, values(TOPICS.alerts(), run));
    return topics;
  }

  private static CommandLineRun ratchet(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--bootstrap", bootstrap));
    return CommandLineRun.of(all.toArray(new String[0]));
  }

  private static CommandLineRun verify(String prefix, String run) {
    return ratchet("replay", "--run", run, "--verify", "--timeout", "3", "--topic-prefix", prefix);
  }

  private static byte[] changed(byte[] window) {
    try {
      Thermodynamics record = RecordCodec.decode(window, Thermodynamics.class);
      double value = record.getEntropyProduction().getValue();
      record.getEntropyProduction().setValue(Math.nextUp(value)); // the last bit of one number
      return RecordCodec.encode(record);
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void verify_findsWhatWasPublished_inTheLog_byteForByte() {
    CommandLineRun trained = verify("ratchet.", RUN);
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(trained.out()).startsWith(RUN + ": 24 windows and ").contains(" 241 records");

    // Of a run whose producer never registered, with an alert.
    CommandLineRun ring = verify("ratchet.", RING);
    assertThat(ring.exitCode()).as(ring.err()).isZero();
    assertThat(ring.out()).startsWith(RING + ": 9 windows and 1 alerts ").contains(" 91 records");
  }

  @Test
  void verify_failsForALostSweep_aChangedBit_aLostWindow_andOneTooMany() {
    copy("same.", RING, sweeps -> sweeps, windows -> windows);
    assertThat(verify("same.", RING).exitCode()).isZero();

    copy("lost.", RING, sweeps -> without(sweeps, 33), windows -> windows);
    CommandLineRun lost = verify("lost.", RING);
    assertThat(lost.exitCode()).isEqualTo(3);
    assertThat(lost.err())
        .startsWith(
            "ratchet: run ring: window 3: transitions was published as 2560, the log gives");

    copy(
        "bit.",
        RING,
        sweeps -> sweeps,
        windows -> {
          windows.set(5, changed(windows.get(5)));
          return windows;
        });
    CommandLineRun bit = verify("bit.", RING);
    assertThat(bit.exitCode()).isEqualTo(3);
    assertThat(bit.err()).contains("window 5: entropyProduction.value was published as ");

    copy("gone.", RING, sweeps -> sweeps, windows -> without(windows, 8));
    CommandLineRun gone = verify("gone.", RING);
    assertThat(gone.exitCode()).isEqualTo(3);
    assertThat(gone.err())
        .contains("window 8 and 0 more that the log calls for were not published");

    copy(
        "twice.",
        RING,
        sweeps -> sweeps,
        windows -> {
          windows.add(windows.get(8));
          return windows;
        });
    CommandLineRun twice = verify("twice.", RING);
    assertThat(twice.exitCode()).isEqualTo(3);
    assertThat(twice.err()).contains("window 9 and 0 more were published that the log does not");
  }

  @Test
  void verify_tellsWhatIsStillToCome_fromWhatIsMissing() {
    List<byte[]> records = ring("slow");
    produce(TOPICS.chainStates(), "slow", records.subList(0, 45));
    await().atMost(PATIENCE).until(() -> windows(TOPICS, "slow").size() == 4);
    stream.close();
    produce(TOPICS.chainStates(), "slow", records.subList(45, records.size()));
    CommandLineRun early = ratchet("replay", "--run", "slow", "--verify", "--timeout", "2");
    assertThat(early.exitCode()).isEqualTo(1);
    assertThat(early.err())
        .contains(
            "5 windows and ", "are still to come: the stream has 46 records of its partition");
    stream = startStream();
    await().atMost(PATIENCE).until(() -> windows(TOPICS, "slow").size() == RING_STEPS / 10);
    CommandLineRun verified = verify("ratchet.", "slow");
    assertThat(verified.exitCode()).as(verified.err()).isZero();
  }

  private static List<byte[]> without(List<byte[]> values, int index) {
    values.remove(index);
    return values;
  }

  @Test
  void replay_ofTheWholeRun_saysTheSame_atAnySpeed() throws JsonProcessingException {
    for (String speed : List.of("max", "100x", "1x")) {
      String as = "again-at-" + speed;
      CommandLineRun replayed =
          ratchet(
              "replay", "--run", RUN, "--as", as, "--speed", speed, "--verify", "--timeout", "60");
      assertThat(replayed.exitCode()).as(replayed.err()).isZero();
      assertThat(replayed.out().lines())
          .contains(as)
          .anyMatch(line -> line.startsWith(as + ": 24 windows"));

      Comparison comparison = new Comparison("window");
      windows(TOPICS, RUN).forEach(comparison::expect);
      windows(TOPICS, as).forEach(comparison::published);
      assertThat(comparison.result()).isEmpty();
      assertThat(comparison.equal()).isEqualTo(24);
      assertThat(values(TOPICS.gradientUpdates(), as)).hasSize(UPDATES);
      JsonNode shown = RecordJson.MAPPER.readTree(ratchet("runs", "show", as, "--json").out());
      assertThat(shown.get("state").asText()).isEqualTo("finished");
      assertThat(shown.get("notes").asText()).isEqualTo("replay of recorded from step 0");
    }
    CommandLineRun taken = ratchet("replay", "--run", RUN, "--as", "again-at-max");
    assertThat(taken.exitCode()).isEqualTo(2);
    assertThat(taken.err()).startsWith("ratchet: --as: again-at-max, exists already");
    CommandLineRun unregistered = ratchet("replay", "--run", RUN, "--as", RING);
    assertThat(unregistered.exitCode()).isEqualTo(2);
    assertThat(unregistered.err()).startsWith("ratchet: --as: ring, exists already");
  }

  @Test
  void replay_toAnotherKafka_isTheSameThere() {
    try (RatchetProcess other = RatchetProcess.broker(directory.resolve("other"), 0)) {
      String address = other.line();
      CommandLineRun sent =
          ratchet("replay", "--run", RUN, "--as", "there", "--speed", "max", "--target", address);
      assertThat(sent.exitCode()).as(sent.err()).isZero();
      CommandLineRun listed = CommandLineRun.of("runs", "list", "--bootstrap", address);
      assertThat(listed.out()).contains("there");
      try (TopicReader there =
          TopicReader.open(Map.of("bootstrap.servers", address), TOPICS.chainStates(), "there")) {
        List<byte[]> sweeps = new ArrayList<>();
        there.readToEnd(record -> sweeps.add(record.value()));
        assertThat(sweeps).hasSize(UPDATES + 1);
      }
      assertThat(ratchet("runs", "show", "there").exitCode()).isEqualTo(2); // not here
    }
  }

  @Test
  void replay_ofAStretch_isARunOfItsOwn() throws DecodeException {
    CommandLineRun replayed =
        ratchet(
            "replay",
            "--run",
            RUN,
            "--as",
            "stretch",
            "--from-step",
            "105",
            "--to-step",
            "164",
            "--speed",
            "max",
            "--verify",
            "--timeout",
            "60");
    assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    List<byte[]> sweeps = values(TOPICS.chainStates(), "stretch");
    assertThat(sweeps).hasSize(61); // and an end
    ChainStates first = RecordCodec.decode(sweeps.get(0), ChainStates.class);
    assertThat(first.getSweep()).isZero();
    assertThat(first.getStartStep()).isEqualTo(105);
    assertThat(RecordCodec.decode(sweeps.get(60), ChainStates.class).getEnd()).isTrue();
    List<byte[]> windows = windows(TOPICS, "stretch");
    assertThat(windows).hasSize(7);
    assertThat(RecordCodec.decode(windows.get(0), Thermodynamics.class).getTransitions())
        .isEqualTo(5 * 100);

    CommandLineRun more = ratchet("replay", "--run", RUN, "--to-step", "240", "--as", "more");
    assertThat(more.exitCode()).isEqualTo(1);
    assertThat(more.err()).contains("goes to step 239; --to-step 240 asks for more");
    CommandLineRun after = ratchet("replay", "--run", RUN, "--from-step", "240", "--as", "after");
    assertThat(after.exitCode()).isEqualTo(1);
    assertThat(after.err()).contains("goes to step 239; --from-step 240 asks for more");
    assertThat(ratchet("runs", "show", "after").exitCode()).isEqualTo(2); // nothing was begun
  }

  @Test
  void whatRetentionTook_isSaid_andNotAskedForIsNotMissed() throws Exception {
    Topics topics = copy("cut.", RING, sweeps -> sweeps, windows -> windows);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      int partition = Topics.partitionFor(RING, Topics.DEFAULT_PARTITIONS);
      admin
          .deleteRecords(
              Map.of(
                  new TopicPartition(topics.chainStates().name(), partition),
                  RecordsToDelete.beforeOffset(20)))
          .all()
          .get();
    }
    CommandLineRun verified = verify("cut.", RING);
    assertThat(verified.exitCode()).isEqualTo(1);
    assertThat(verified.err()).contains("complete from step 21 only");

    String out = directory.resolve("cut.ndjson").toString();
    CommandLineRun all = exportCut(out);
    assertThat(all.exitCode()).isEqualTo(1);
    assertThat(all.err()).contains("complete from step 21 on; --from-step 0 asks for more");
    assertThat(new File(out)).doesNotExist();
    CommandLineRun rest = exportCut(out, "--from-step", "21");
    assertThat(rest.exitCode()).as(rest.err()).isZero();
    assertThat(Files.readAllLines(Path.of(out))).hasSize(RING_STEPS - 21 + 1);
  }

  @Test
  void retention_isOfTheTopicsThatGrow_orOfTheOneThatIsNamed() {
    CommandLineRun created =
        ratchet(
            "topics",
            "create",
            "--topic-prefix",
            "kept.",
            "--retention",
            "90d",
            "--retention",
            "alerts=400d");
    assertThat(created.exitCode()).as(created.err()).isZero();
    List<String> listed =
        ratchet("topics", "list", "--topic-prefix", "kept.").out().lines().toList();
    assertThat(listed)
        .anyMatch(line -> line.startsWith("kept.chain-states.v1 ") && line.contains(" 90 days"))
        .anyMatch(line -> line.startsWith("kept.gradient-updates.v1 ") && line.contains("90 days"))
        .anyMatch(line -> line.startsWith("kept.thermodynamics.v1 ") && line.contains("for ever"))
        .anyMatch(line -> line.startsWith("kept.alerts.v1 ") && line.contains("400 days"))
        .anyMatch(line -> line.startsWith("kept.dead-letters.v1 ") && line.contains("7 days"));
  }

  private static CommandLineRun exportCut(String out, String... more) {
    String[] states = {
      "export", "--run", RING, "--what", "states", "--format", "ndjson", "--topic-prefix", "cut."
    };
    List<String> arguments = new ArrayList<>(List.of(states));
    arguments.addAll(List.of("--out", out));
    arguments.addAll(List.of(more));
    return ratchet(arguments.toArray(new String[0]));
  }

  @Test
  void onATerminal_exportAndReplay_showHowFarTheyAre() {
    for (List<String> arguments :
        List.of(
            List.of("export", "--run", RUN, "--what", "states"),
            List.of("replay", "--run", RUN, "--as", "shown", "--speed", "max"),
            List.of("replay", "--run", RUN, "--verify"))) {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-Dratchet.terminal=err", // as the launcher says it
                  "-cp",
                  System.getProperty("java.class.path"),
                  Ratchet.class.getName()));
      command.addAll(arguments);
      command.addAll(List.of("--bootstrap", bootstrap));
      RatchetProcess process = RatchetProcess.tool(command.toArray(new String[0]));
      assertThat(process.output(0, PATIENCE)).isNotEmpty();
      assertThat(process.errors()).as(arguments.toString()).contains(" 100% [");
    }
  }

  @Test
  void export_isComplete_inEveryForm() throws Exception {
    Path csv = directory.resolve("windows.csv");
    CommandLineRun metrics =
        ratchet("export", "--run", RUN, "--what", "metrics", "--format", "csv", "--out", csv + "");
    assertThat(metrics.exitCode()).as(metrics.err()).isZero();
    List<String> rows = Files.readAllLines(csv);
    assertThat(rows).hasSize(25);
    int column = Arrays.asList(rows.get(0).split(",", -1)).indexOf("entropyProduction.value");
    Thermodynamics third = RecordCodec.decode(windows(TOPICS, RUN).get(2), Thermodynamics.class);
    // Before this column no cell has a comma but the list of missing workers, which is empty.
    assertThat(Double.parseDouble(rows.get(3).split(",", -1)[column]))
        .isEqualTo(third.getEntropyProduction().getValue());

    for (String what : List.of("metrics", "alerts", "report")) {
      CommandLineRun more = ratchet("export", "--run", RUN, "--what", what, "--to-step", "240");
      assertThat(more.exitCode()).isEqualTo(1);
      assertThat(more.err()).contains("goes to step 239; --to-step 240 asks for more");
    }

    CommandLineRun lines =
        ratchet("export", "--run", RUN, "--what", "gradients", "--format", "ndjson", "--out", "-");
    assertThat(lines.exitCode()).isZero();
    assertThat(lines.out().lines()).hasSize(UPDATES);
    JsonNode eighth =
        RecordJson.MAPPER.readTree(lines.out().lines().skip(7).findFirst().orElseThrow());
    assertThat(eighth.get("step").asInt()).isEqualTo(7);

    Path avro = directory.resolve("sweeps.avro");
    assertThat(
            ratchet(
                    "export",
                    "--run",
                    RUN,
                    "--what",
                    "states",
                    "--format",
                    "avro",
                    "--out",
                    avro + "")
                .exitCode())
        .isZero();
    List<byte[]> sweeps = values(TOPICS.chainStates(), RUN);
    int at = 0;
    try (DataFileReader<ChainStates> reader =
        new DataFileReader<>(avro.toFile(), new SpecificDatumReader<>(ChainStates.class))) {
      for (ChainStates sweep : reader) {
        assertThat(RecordCodec.encode(sweep)).isEqualTo(sweeps.get(at++));
      }
    }
    assertThat(at).isEqualTo(UPDATES + 1);

    Path html = directory.resolve("report.html");
    assertThat(ratchet("export", "--run", RING, "--what", "report", "--out", html + "").exitCode())
        .isZero();
    assertThat(Files.readString(html))
        .contains("<svg", "collapsed to reversibility")
        .endsWith("</html>\n");
    assertThat(ratchet("export", "--run", RUN, "--what", "report", "--out", "-").out())
        .contains("<h2>Log-likelihood", "<h2>Gradient norms", "<td>state<td>finished");
    try (var left = Files.list(directory)) {
      assertThat(left.filter(file -> file.getFileName().toString().startsWith("."))).isEmpty();
    }
  }

  @Test
  void anExportThatCannotBeWritten_leavesWhatWasThere() throws Exception {
    CommandLineRun nowhere =
        ratchet("export", "--run", RUN, "--what", "metrics", "--out", directory + "/none/a.csv");
    assertThat(nowhere.exitCode()).isEqualTo(2);
    assertThat(nowhere.err()).startsWith("ratchet: --out: ");

    Path old = directory.resolve("old.csv");
    Files.writeString(old, "old");
    OutputFile broken = OutputFile.create("--out", old);
    broken.write("half".getBytes(StandardCharsets.UTF_8));
    broken.close();
    assertThat(Files.readString(old)).isEqualTo("old");
  }

  @Test
  void alerts_areListed_andBacktested() throws Exception {
    CommandLineRun listed = ratchet("alerts", "list", "--run", RING, "--json");
    assertThat(listed.exitCode()).as(listed.err()).isZero();
    List<byte[]> alerts = values(TOPICS.alerts(), RING);
    assertThat(alerts).hasSize(1);
    Alert alert = RecordCodec.decode(alerts.get(0), Alert.class);
    JsonNode shown = RecordJson.MAPPER.readTree(listed.out());
    assertThat(shown.get("kind").asText()).isEqualTo("COLLAPSE");
    assertThat(shown.get("toStep").asLong()).isEqualTo(alert.getToStep()).isBetween(30L, 90L);
    assertThat(shown.get("vanishedCycle").get("states")).hasSize(3);
    assertThat(ratchet("alerts", "list", "--run", RING).out()).contains("collapse", "raised");

    JsonNode same = backtest();
    assertThat(same.get("alarms").asInt()).isEqualTo(1);
    assertThat(same.get("windows").asInt()).isEqualTo(9);
    assertThat(same.get("alarmsPer1000Windows").asDouble()).isEqualTo(1_000.0 / 9);
    assertThat(same.get("falseAlarms").isNull()).isTrue(); // it has no soft counts
    // 3,200 transitions a window are too few for a floor of 0.02, which asks for 5,000.
    JsonNode low = backtest("--floor", "0.02");
    assertThat(low.get("judged").asInt()).isZero();
    assertThat(low.get("alarms").asInt()).isZero();
    // All three laws are below a floor of 50 nats from the first whole window on.
    JsonNode high = backtest("--floor", "50");
    assertThat(high.get("alerts").get(0).get("toStep").asInt()).isLessThan(80);
  }

  private static JsonNode backtest(String... more) throws JsonProcessingException {
    List<String> arguments =
        new ArrayList<>(List.of("alerts", "backtest", "--run", RING, "--json"));
    arguments.addAll(List.of(more));
    CommandLineRun run = ratchet(arguments.toArray(new String[0]));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return RecordJson.MAPPER.readTree(run.out());
  }

  /** Registered long ago by a producer that sends no heartbeats. */
  @Test
  void aRunWithoutHeartbeats_isHeardOfByItsWindows() throws JsonProcessingException {
    String run = "without-heartbeats";
    Run registered = Run.newBuilder().setRun(run).setAttempt(1).setCreatedMillis(0).build();
    produce(TOPICS.runs(), run, List.of(RecordCodec.encode(registered)));
    assertThat(state(run)).isEqualTo("unknown");

    produce(TOPICS.chainStates(), run, ring(run));
    await().atMost(PATIENCE).until(() -> !windows(TOPICS, run).isEmpty());
    assertThat(state(run)).isEqualTo("running");
  }

  private static String state(String run) throws JsonProcessingException {
    CommandLineRun shown = ratchet("runs", "show", run, "--json");
    assertThat(shown.exitCode()).as(shown.err()).isZero();
    return RecordJson.MAPPER.readTree(shown.out()).get("state").asText();
  }

  @Test
  void aDeletedRun_isHiddenForGood() {
    assertThat(
            ratchet("replay", "--run", RING, "--as", "to-be-hidden", "--speed", "max").exitCode())
        .isZero();
    assertThat(ratchet("runs", "list").out()).contains("to-be-hidden");
    CommandLineRun deleted = ratchet("runs", "delete", "to-be-hidden");
    assertThat(deleted.exitCode()).as(deleted.err()).isZero();
    assertThat(deleted.err()).contains("records stay", "never free again");
    assertThat(ratchet("runs", "list").out()).doesNotContain("to-be-hidden");
    assertThat(ratchet("runs", "show", "to-be-hidden").exitCode()).isEqualTo(2);
    assertThat(ratchet("runs", "delete", "to-be-hidden").exitCode()).isEqualTo(2);
    assertThat(verify("ratchet.", "to-be-hidden").exitCode()).isEqualTo(2);
    CommandLineRun again = ratchet("replay", "--run", RING, "--as", "to-be-hidden");
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(ratchet("export", "--run", "to-be-hidden", "--what", "states").exitCode())
        .isEqualTo(2);
  }
}
