package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.page.HttpSettings;
import io.ratchet.trainer.publish.KafkaRunPublisher;
import io.ratchet.trainer.publish.PublishSettings;
import io.ratchet.trainer.publish.RunIdentity;
import io.ratchet.trainer.publish.SweepObservation;
import io.ratchet.trainer.publish.UpdateObservation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Python client beside the Java producer: same states, same bytes, same windows. */
final class PythonClientIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);
  private static final Path CLIENT = Path.of(System.getProperty("ratchet.root"), "clients/python");
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochSecond(1_500_000_000), ZoneOffset.UTC);

  @TempDir static Path directory;
  private static EmbeddedBroker broker;
  private static StreamApplication stream;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        new ProcessBuilder("/usr/bin/python3", "-c", "import confluent_kafka, avro.io, numpy")
                .start()
                .onExit()
                .join()
                .exitValue()
            == 0,
        "Debian's python3-confluent-kafka, python3-avro and python3-numpy are not installed");
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
    StreamSettings defaults = StreamSettings.of(client(), directory.resolve("state"));
    stream =
        StreamApplication.start(
            new StreamSettings(
                client(),
                Topics.DEFAULT_PREFIX,
                StreamSettings.DEFAULT_APPLICATION_ID,
                null,
                defaults.stateDirectory(),
                1,
                new WindowSettings(10, 5, 20, 0.05),
                HttpSettings.loopback(0),
                true,
                defaults.timeout()),
            Clock.systemUTC());
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

  private static Map<String, String> client() {
    return Map.of("bootstrap.servers", broker.bootstrap());
  }

  @Test
  void itsOwnTests_pass() {
    RatchetProcess tests = python("-m", "unittest", "discover", CLIENT.resolve("tests").toString());
    assertThat(tests.output(0, PATIENCE)).isEmpty(); // unittest talks on standard error
    assertThat(tests.errors()).contains("\nOK\n");
  }

  @Test
  void sameStates_areTheJavaProducersRecordsAndWindows_inEveryBit_acrossAResume()
      throws IOException {
    List<Recorded> attempts = List.of(new Recorded(12, 0, 100, 1), new Recorded(12, 60, 60, 2));
    for (Recorded attempt : attempts) {
      JsonNode said = republish("by-python", attempt, attempt.startStep > 0);
      assertThat(said.get("attempt").asInt()).isEqualTo(attempt.number);
      assertThat(said.get("dropped").asInt()).isZero();
      attempt.publish("by-java");
    }
    // Ten buckets of the first attempt, six of the second.
    assertSameHistory("by-java", "by-python", 16, 100 + 60 + 2);
    assertThat(windows("by-python").get(15).getAttempt()).isEqualTo(2);

    assertThat(last("by-python", Run.class))
        .satisfies(
            run -> {
              assertThat(run.getModel()).isEqualTo("recorded");
              assertThat(run.getAttempt()).isEqualTo(2);
              assertThat(run.getStartStep()).isEqualTo(60);
              assertThat(run.getCreatedMillis()).isEqualTo(CLOCK.millis());
            });
    Worker theirs = last("by-python", Worker.class);
    Worker ours = last("by-java", Worker.class);
    theirs.setRun(ours.getRun());
    assertThat(theirs).isEqualTo(ours);
    assertThat(theirs.getState()).isEqualTo(WorkerState.FINISHED);

    readsBack("by-python", attempts.get(0));
  }

  @Test
  void moreThan256States_areTwoBytesEach() throws IOException {
    Recorded wide = new Recorded(257, 0, 20, 1);
    republish("wide-python", wide, false);
    wide.publish("wide-java");
    assertSameHistory("wide-java", "wide-python", 2, 21);
  }

  @Test
  void aRunIdThatIsTaken_isRefused() throws IOException {
    Recorded once = new Recorded(3, 0, 1, 1);
    republish("taken", once, false);
    RatchetProcess again = republishing("taken", once, false);
    assertThat(again.output(1, PATIENCE)).isEmpty();
    assertThat(again.errors())
        .contains("run 'taken' exists already; choose another id, or resume=True");
  }

  @Test
  void theExampleIsReversible_andItsBugRaisesTheAlert() throws IOException {
    for (String run : List.of("sound", "with-bug")) {
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  CLIENT.resolve("examples/numpy_sampler.py").toString(),
                  "--bootstrap",
                  broker.bootstrap(),
                  "--run",
                  run,
                  "--steps",
                  "300",
                  "--pace",
                  "0"));
      if (run.equals("with-bug")) {
        arguments.add("--bug");
      }
      assertThat(python(arguments.toArray(new String[0])).output(0, PATIENCE))
          .contains("300 steps, ")
          .contains(" 0 dropped");
      await().atMost(PATIENCE).until(() -> windows(run).size() == 30);
    }
    List<Alert> alerts = records(TOPICS.alerts(), "with-bug", Alert.class);
    assertThat(alerts).extracting(Alert::getKind).containsExactly(AlertKind.IRREVERSIBLE);
    assertThat(records(TOPICS.alerts(), "sound", Alert.class)).isEmpty();
    // Forward with probability p: (2p - 1) ln(p/(1 - p)) nats per transition; p = 0.7.
    Thermodynamics window = windows("with-bug").get(29);
    double half =
        window.getEntropyProduction().getUpper() - window.getEntropyProduction().getValue();
    assertThat(window.getEntropyProduction().getValue())
        .isCloseTo(0.4 * Math.log(7.0 / 3), within(2 * half)) // 95 % is one half; 2 is 99.99 %
        .isGreaterThan(4 * half);
  }

  /** The last window holds the whole file, so it must be what the file says. */
  @Test
  void aFileOfStates_isWatched_andGivesWhatAnalyzeSays() throws IOException {
    Random random = new Random(5);
    List<String> lines = new ArrayList<>(List.of("# one chain a line"));
    for (int chain = 0; chain < 40; chain++) {
      int[] state = {random.nextInt(6)};
      lines.add(
          random
              .ints(50, 0, 4)
              .map(way -> state[0] = (state[0] + (way > 0 ? 1 : 5)) % 6)
              .mapToObj(String::valueOf)
              .collect(Collectors.joining(",")));
    }
    Path file = Files.write(directory.resolve("chains.csv"), lines);
    assertThat(
            python(
                    CLIENT.resolve("examples/publish_csv.py").toString(),
                    file.toString(),
                    "--bootstrap",
                    broker.bootstrap(),
                    "--run",
                    "my-csv",
                    "--pace",
                    "0")
                .output(0, PATIENCE))
        .isEqualTo("40 chains, 49 steps, 0 dropped\n");
    await().atMost(PATIENCE).until(() -> windows("my-csv").size() == 5);
    Thermodynamics window = windows("my-csv").get(4);
    JsonNode analysis = json(CommandLineRun.of("analyze", "--json", file.toString()).out());
    assertThat(window.getTransitions()).isEqualTo(analysis.get("transitions").asLong());
    assertThat(window.getStates()).isEqualTo(analysis.get("states").asInt());
    assertThat(window.getEntropyProduction().getValue())
        .isCloseTo(analysis.at("/entropyProduction/value").asDouble(), within(1e-12))
        .isPositive();
  }

  private static void assertSameHistory(String java, String python, int windows, int sweeps) {
    await()
        .atMost(PATIENCE)
        .until(() -> windows(java).size() >= windows && windows(python).size() >= windows);
    assertThat(records(TOPICS.chainStates(), python, ChainStates.class)).hasSize(sweeps);
    assertSame(TOPICS.chainStates(), ChainStates.class, java, python);
    assertSame(TOPICS.gradientUpdates(), GradientUpdate.class, java, python);
    assertThat(windows(python)).hasSize(windows);
    assertSame(TOPICS.thermodynamics(), Thermodynamics.class, java, python);
    assertThat(windows(python).get(windows - 1).getEntropyProduction().getValue()).isPositive();
  }

  /** Every byte is the same but the run id. */
  private static <T extends SpecificRecord> void assertSame(
      Topic topic, Class<T> type, String java, String python) {
    List<T> ours = records(topic, java, type);
    List<T> theirs = records(topic, python, type);
    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < ours.size(); i++) {
      theirs.get(i).put(0, java);
      assertThat(RecordCodec.encode(theirs.get(i)))
          .as("%s %d of %s", type.getSimpleName(), i, python)
          .isEqualTo(RecordCodec.encode(ours.get(i)));
    }
  }

  /** What Python reads are the records' numbers, in every bit, and the page's. */
  private static void readsBack(String run, Recorded first) throws IOException {
    JsonNode seen =
        RecordJson.MAPPER.readTree(
            python(
                    CLIENT.resolve("tests/read_back.py").toString(),
                    "--bootstrap",
                    broker.bootstrap(),
                    "--page",
                    stream.uri().toString(),
                    "--run",
                    run)
                .output(0, PATIENCE));
    List<Thermodynamics> windows = windows(run);
    for (int i = 0; i < windows.size(); i++) {
      Thermodynamics window = windows.get(i);
      JsonNode columns = seen.get("windows");
      assertThat(columns.get("sequence").get(i).asLong()).isEqualTo(window.getSequence());
      assertThat(columns.get("toStep").get(i).asLong()).isEqualTo(window.getToStep());
      assertThat(columns.get("transitions").get(i).asLong()).isEqualTo(window.getTransitions());
      assertThat(columns.get("status").get(i).asText()).isEqualTo(window.getStatus().name());
      assertDouble(columns, "entropyProduction.value", i, window.getEntropyProduction().getValue());
      assertDouble(columns, "entropyProduction.upper", i, window.getEntropyProduction().getUpper());
      assertDouble(
          columns,
          "softEntropyProduction.value",
          i,
          window.getSoftEntropyProduction() == null
              ? null
              : window.getSoftEntropyProduction().getValue());
      assertDouble(
          columns, "reversibilityTest.pValue", i, window.getReversibilityTest().getPValue());
      assertDouble(columns, "relaxationTime", i, window.getRelaxationTime());
    }
    Thermodynamics last = windows.get(windows.size() - 1);
    long[][] counts = new long[first.states][first.states];
    ByteBuffer triples = last.getCounts().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    while (triples.hasRemaining()) {
      counts[triples.getShort()][triples.getShort()] = triples.getLong();
    }
    assertThat(seen.get("counts")).hasToString(RecordJson.MAPPER.valueToTree(counts).toString());
    JsonNode values = seen.at("/curve/value");
    assertThat(values.get(values.size() - 1).doubleValue())
        .isEqualTo(last.getEntropyProduction().getValue());
    assertThat(seen.get("updates").get(0).doubleValue()).isEqualTo(-1.0);
    assertThat(seen.at("/workers")).last().asString().contains("FINISHED");
    if (seen.has("frame")) { // pandas is there
      assertThat(seen.at("/frame/0").asInt()).isEqualTo(windows.size());
    }
  }

  private static void assertDouble(JsonNode columns, String name, int row, Double expected) {
    JsonNode value = columns.get(name).get(row);
    assertThat(value.isNull() ? null : value.doubleValue())
        .as("%s of window %d", name, row)
        .isEqualTo(expected);
  }

  private static JsonNode republish(String run, Recorded recorded, boolean resume)
      throws IOException {
    return json(republishing(run, recorded, resume).output(0, PATIENCE));
  }

  private static RatchetProcess republishing(String run, Recorded recorded, boolean resume)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                CLIENT.resolve("tests/republish.py").toString(),
                "--bootstrap",
                broker.bootstrap(),
                "--run",
                run,
                recorded.write().toString()));
    if (resume) {
      arguments.add("--resume");
    }
    return python(arguments.toArray(new String[0]));
  }

  private static RatchetProcess python(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("env", "PYTHONPATH=" + CLIENT, "/usr/bin/python3", "-B"));
    command.addAll(List.of(arguments));
    return RatchetProcess.tool(command.toArray(new String[0]));
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return RecordJson.MAPPER.readTree(text);
  }

  private static List<Thermodynamics> windows(String run) {
    return records(TOPICS.thermodynamics(), run, Thermodynamics.class);
  }

  private static <T extends SpecificRecord> T last(String run, Class<T> type) {
    List<T> all = records(TOPICS.runs(), run, type);
    return all.get(all.size() - 1);
  }

  private static <T extends SpecificRecord> List<T> records(
      Topic topic, String run, Class<T> type) {
    List<T> records = new ArrayList<>();
    try (TopicReader reader =
        TopicReader.open(client(), topic, topic.key() == Topics.Key.RUN ? run : null)) {
      reader.readToEnd(
          record -> {
            String key = new String(record.key(), StandardCharsets.UTF_8);
            if (!key.equals(run) && !key.equals(Topics.workerKey(run, 0))) {
              return;
            }
            try {
              SpecificRecord value = RecordCodec.decode(record.value());
              if (type.isInstance(value)) {
                records.add(type.cast(value));
              }
            } catch (DecodeException e) {
              throw new AssertionError(e);
            }
          });
    }
    return records;
  }

  /**
   * What one attempt of a sampler did, made from a seed: written to a file for Python, published by
   * the trainer's own publisher. The gradients' squares are exact, so that a norm has no rounding.
   */
  private static final class Recorded {
    private static final int CHAINS = 40;
    private static final int VISIBLE = 9;

    private final int states;
    private final long startStep;
    private final int steps;
    private final int number;
    private final ByteBuffer file = ByteBuffer.allocate(1 << 22).order(ByteOrder.LITTLE_ENDIAN);
    private final List<SweepObservation> sweeps = new ArrayList<>();
    private final List<UpdateObservation> updates = new ArrayList<>();

    Recorded(int states, long startStep, int steps, int number) {
      this.states = states;
      this.startStep = startStep;
      this.steps = steps;
      this.number = number;
      Random random = new Random(states + startStep);
      file.put(
          "{\"states\":%d,\"chains\":%d,\"startStep\":%d,\"steps\":%d}\n"
              .formatted(states, CHAINS, startStep, steps)
              .getBytes(StandardCharsets.UTF_8));
      int[] now = random.ints(CHAINS, 0, states).toArray();
      for (long step = startStep; step < startStep + steps; step++) {
        int[] from = now.clone();
        Arrays.setAll(now, c -> (from[c] + (random.nextInt(4) > 0 ? 1 : states - 1)) % states);
        add(step, from, now, random);
      }
    }

    private void add(long step, int[] from, int[] to, Random random) {
      boolean observed = step % 2 == 0;
      file.asIntBuffer().put(from).put(to);
      file.position(file.position() + 2 * Integer.BYTES * CHAINS);
      float[] path = observed ? floats(CHAINS, random) : null;
      byte[] classes = observed ? bits(CHAINS, random) : null;
      float[] latent = observed ? floats(states, random) : null;
      byte[] samples = observed ? packed(bits(VISIBLE, random), bits(VISIBLE, random)) : null;
      float[] soft = observed && states <= 256 ? floats(CHAINS * states, random) : null;
      sweeps.add(
          new SweepObservation(
              step, packed(from), packed(to), path, soft, classes, latent, samples));
      float[] gradient = new float[6];
      double squares = 0;
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = random.nextInt(9) - 4;
        squares += gradient[i] * gradient[i];
        file.putFloat(gradient[i]);
      }
      updates.add(
          new UpdateObservation(
              step,
              List.of(
                  new UpdateObservation.Block("W", new int[] {3, 2}, gradient, Math.sqrt(squares))),
              step,
              -1.0 / (step + 1),
              Double.NaN,
              0.125,
              250_000));
    }

    private float[] floats(int n, Random random) {
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = random.nextFloat();
        file.putFloat(values[i]);
      }
      return values;
    }

    private byte[] bits(int n, Random random) {
      byte[] values = new byte[n];
      for (int i = 0; i < n; i++) {
        values[i] = (byte) random.nextInt(2);
      }
      file.put(values);
      return values;
    }

    private static byte[] packed(byte[]... visibles) {
      ByteBuffer bytes = ByteBuffer.allocate(visibles.length * 2);
      for (byte[] visible : visibles) {
        BitSet set = new BitSet();
        for (int i = 0; i < visible.length; i++) {
          set.set(i, visible[i] == 1);
        }
        bytes.put(Arrays.copyOf(set.toByteArray(), 2));
      }
      return bytes.array();
    }

    private byte[] packed(int[] values) {
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * (states <= 256 ? 1 : 2))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (int value : values) {
        if (states <= 256) {
          bytes.put((byte) value);
        } else {
          bytes.putShort((short) value);
        }
      }
      return bytes.array();
    }

    Path write() throws IOException {
      Path path = Files.createTempFile(directory, "recorded", ".bin");
      try (OutputStream out = Files.newOutputStream(path)) {
        out.write(file.array(), 0, file.position());
      }
      return path;
    }

    void publish(String run) {
      RunIdentity identity =
          new RunIdentity(
              run,
              number,
              0,
              7,
              1,
              0,
              CHAINS,
              startStep,
              Expectation.IRREVERSIBLE,
              states,
              VISIBLE,
              new double[] {0.25, 0.75});
      KafkaRunPublisher publisher =
          KafkaRunPublisher.start(
              PublishSettings.of(client(), TOPICS, directory.resolve("spill")),
              identity,
              null,
              CLOCK);
      for (int i = 0; i < steps; i++) {
        publisher.offer(sweeps.get(i));
        publisher.offer(updates.get(i));
      }
      assertThat(publisher.close(WorkerState.FINISHED, startStep + steps, "", PATIENCE)).isTrue();
    }
  }
}
