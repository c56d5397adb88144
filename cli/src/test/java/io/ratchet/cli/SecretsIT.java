package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.ratchet.broker.EmbeddedBroker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * Secrets in every place that takes one, and in some that do not; every command, when it works and
 * when it does not, with all that {@code --verbose} says: none of them comes out anywhere.
 */
class SecretsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String RUN = "watched";

  /** What all secrets here have in them, {@link GuardedBroker#password} too; nothing else has. */
  private static final String CANARY = "canary-";

  private static final String PAGE_PASSWORD = CANARY + "page";
  private static final String HASH =
      OpenBSDBCrypt.generate(PAGE_PASSWORD.toCharArray(), new byte[16], 4);

  /** These run until they are told to end: not in this process. */
  private static final Set<String> SERVERS = Set.of("broker", "demo", "stream");

  @TempDir static Path directory;

  private static final PrintStream STDERR = System.err;
  private static final ByteArrayOutputStream LOGGED = new ByteArrayOutputStream();

  private static GuardedBroker broker;
  private static Path runs;
  private static String checkpoint;

  /** All that was said, by the command line that said it. */
  private final Map<String, String> said = new LinkedHashMap<>();

  @BeforeAll
  static void start() throws Exception {
    broker = GuardedBroker.start(directory);
    runs = directory.resolve("runs");
    checkpoint = runs.resolve(RUN).resolve("step-40.avro").toString();
    GuardedBroker.makeCertificate(directory, "client");
    writeKey();
    Files.writeString(directory.resolve("chains"), "0,1,2,0,1,2,0\n");
    System.setErr(new PrintStream(LOGGED, true, StandardCharsets.UTF_8)); // where the log goes
  }

  @AfterAll
  static void stop() {
    System.setErr(STDERR);
    Ratchet.level("ROOT", Level.WARN);
    Ratchet.level("kafka", Level.OFF);
    Ratchet.level("org.apache.kafka", Level.OFF);
    if (broker != null) {
      broker.close();
    }
  }

  /** Every command of the program, in an order in which all work. */
  private static Map<String, String> commands() {
    String files = " --checkpoint-dir " + runs;
    Map<String, String> commands = new LinkedHashMap<>();
    commands.put("topics create", "");
    commands.put("train", "--run " + RUN + " --updates 40 --limit 500 --note seen" + files);
    commands.put("topics list", "");
    commands.put("topics tail", "runs");
    commands.put("runs list", "--json");
    commands.put("runs show", RUN);
    commands.put("replay", "--run " + RUN + " --as again --speed max");
    commands.put("export", "--run " + RUN + " --what states --format ndjson --out -");
    commands.put("alerts list", "--run " + RUN);
    commands.put("alerts backtest", "--run " + RUN);
    commands.put("evaluate", "--limit 500 --checkpoint " + checkpoint);
    commands.put("sample", "--n 1 --out - --checkpoint " + checkpoint);
    commands.put("analyze", directory.resolve("chains").toString());
    commands.put("config show", "--origin");
    commands.put("doctor", "--http 127.0.0.1:" + EmbeddedBroker.freePort());
    commands.put("completion", "bash");
    commands.put("runs delete", "again");
    SERVERS.forEach(server -> commands.put(server, ""));
    return commands;
  }

  @Test
  void noCommand_saysWhatIsSecret_andTheSearchWouldFindIt() throws Exception {
    assertThat(leaves("", new CommandLine(new Ratchet())))
        .as("commands of the program, and those that are run here")
        .isEqualTo(commands().keySet());
    String works = clientConfig();
    try (RatchetProcess stream = stream(works)) {
      URI page = URI.create(stream.line());
      commands().forEach((name, arguments) -> works(works, name, arguments));
      assertThat(said).hasSize(commands().size() - SERVERS.size());
      said.put("page", read(page));
      stream.terminate();
      assertThat(stream.waitFor(PATIENCE)).isEqualTo(143);
      said.put("stream", stream.errors());
    }
    demoAndBroker();
    failures();
    said.put("log", LOGGED.toString(StandardCharsets.UTF_8));
    assertThat(said.get("log")).contains("ProducerConfig values").contains("[hidden]");
    assertThat(said.get("stream")).contains("StreamsConfig values");
    said.put("records", records());
    said.put("files", files());
    assertThat(places(CANARY)).isEmpty();
    assertThat(places(HASH)).isEmpty();
    assertThat(places(key().substring(0, 60))).isEmpty();

    // The same search finds what was told to be said.
    works(
        works,
        "train",
        "--run told --updates 5 --limit 500 --note " + CANARY + "told --checkpoint-dir " + runs);
    works(works, "runs show", "told");
    said.put("records", records());
    assertThat(places(CANARY)).contains("records").anyMatch(place -> place.contains("runs show"));
  }

  /** The places in which a text was found. */
  private List<String> places(String text) {
    return said.entrySet().stream()
        .filter(entry -> entry.getValue().contains(text))
        .map(entry -> entry.getKey() + ": " + around(entry.getValue(), text))
        .map(place -> place.startsWith("records: ") ? "records" : place)
        .toList();
  }

  private static String around(String where, String text) {
    int at = where.indexOf(text);
    return where.substring(Math.max(0, at - 120), Math.min(where.length(), at + 20));
  }

  private static Set<String> leaves(String prefix, CommandLine command) {
    Set<String> names = new TreeSet<>();
    command
        .getSubcommands()
        .forEach(
            (name, sub) -> {
              if (sub.getSubcommands().isEmpty()) {
                names.add(prefix + name);
              } else {
                names.addAll(leaves(prefix + name + " ", sub));
              }
            });
    return names;
  }

  // ---- commands that work

  private static String clientConfig(String... replaced) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "ssl.keystore.location=" + directory.resolve("client.p12"),
                "ssl.keystore.type=PKCS12",
                "ssl.keystore.password=" + GuardedBroker.password("client"),
                "ssl.key.password=" + GuardedBroker.password("client"),
                "sasl.oauthbearer.client.credentials.client.secret=" + CANARY + "oauth",
                "sasl.oauthbearer.token.endpoint.url=https://me:" + CANARY + "url@idp/token",
                "my.own.token=" + CANARY + "unknown"));
    all.addAll(List.of(replaced));
    return broker.clientConfig(GuardedBroker.SUPER_USER, all.toArray(new String[0])).toString();
  }

  private void works(String clientConfig, String name, String arguments) {
    if (!SERVERS.contains(name)) {
      CommandLineRun run =
          run(Map.of("RATCHET_CLIENT_CONFIG", clientConfig), "works", name, arguments);
      assertThat(run.exitCode()).as(name + ": " + run.err()).isZero();
    }
  }

  private CommandLineRun run(
      Map<String, String> environment, String when, String name, String arguments) {
    Map<String, String> all = new HashMap<>(Map.of("RATCHET_BOOTSTRAP", broker.bootstrap()));
    all.putAll(environment);
    String line = name + " --verbose " + arguments;
    CommandLineRun run = CommandLineRun.of(all, line.strip().split(" +", -1));
    said.put(when + " " + line, run.out() + run.err());
    return run;
  }

  private static RatchetProcess stream(String clientConfig) throws IOException {
    return RatchetProcess.stream(
        broker.bootstrap(),
        directory.resolve("state"),
        "--verbose",
        "--bucket=10",
        "--window=5",
        "--client-config",
        clientConfig,
        "--web-config",
        webConfig(HASH).toString());
  }

  private static Path webConfig(String hash) throws IOException {
    return Files.writeString(
        directory.resolve("web.yml"),
        """
        tls_server_config: {cert_file: client.pem, key_file: client.key}
        basic_auth_users: {reader: '%s'}
        """
            .formatted(hash));
  }

  private static KeyStore keyStore() throws Exception {
    return KeyStore.getInstance(
        directory.resolve("client.p12").toFile(), GuardedBroker.password("client").toCharArray());
  }

  /** The key in the one form that --web-config takes. */
  private static void writeKey() throws Exception {
    Path file = directory.resolve("client.key");
    Files.writeString(
        file, "-----BEGIN PRIVATE KEY-----\n" + key() + "\n-----END PRIVATE KEY-----\n");
    RatchetProcess.tool("chmod", "600", file.toString()).output(0, PATIENCE);
  }

  private static String key() throws Exception {
    char[] password = GuardedBroker.password("client").toCharArray();
    return Base64.getMimeEncoder(64, new byte[] {'\n'})
        .encodeToString(keyStore().getKey("own", password).getEncoded());
  }

  /** All that the page and its API say to one who knows the password. */
  private static String read(URI page) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("page", keyStore().getCertificate("own"));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
    StringBuilder text = new StringBuilder();
    for (String path : List.of("", "metrics", "healthz", "readyz", "api/v1/runs")) {
      HttpRequest request =
          HttpRequest.newBuilder(page.resolve("/" + path))
              .header(
                  "Authorization",
                  "Basic "
                      + Base64.getEncoder()
                          .encodeToString(
                              ("reader:" + PAGE_PASSWORD).getBytes(StandardCharsets.UTF_8)))
              .build();
      var answer = client.send(request, BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      text.append(answer.headers().map()).append(answer.body());
    }
    return text.toString();
  }

  /** Both make a Kafka of their own, which asks for no password; what they are told is secret. */
  private void demoAndBroker() throws IOException {
    Path idle =
        Files.writeString(
            directory.resolve("idle.properties"),
            "ssl.key.password=%s1\nsasl.jaas.config=%s2\nmine=%s3\n"
                .formatted(CANARY, CANARY, CANARY));
    RatchetProcess.tool("chmod", "600", idle.toString()).output(0, PATIENCE);
    try (RatchetProcess demo =
        RatchetProcess.ratchet(
            "demo",
            "--verbose",
            "--once",
            "--updates=50",
            "--pace=0",
            "--limit=500",
            "--port=0",
            "--http=127.0.0.1:0",
            "--dir=" + directory.resolve("demo"),
            "--client-config=" + idle,
            "--web-config=" + webConfig(HASH))) {
      said.put("demo", demo.output(0, PATIENCE) + demo.errors());
    }
    try (RatchetProcess alone =
        RatchetProcess.ratchet(
            "broker", "--verbose", "--port=0", "--dir=" + directory.resolve("alone"))) {
      alone.line();
      alone.terminate();
      assertThat(alone.waitFor(PATIENCE)).isEqualTo(143);
      said.put("broker", alone.errors());
    }
  }

  // ---- commands that fail

  private void failures() throws Exception {
    String jaas = broker.client(GuardedBroker.SUPER_USER).get("sasl.jaas.config");
    String password = GuardedBroker.password(GuardedBroker.SUPER_USER);
    String nobody = "127.0.0.1:" + EmbeddedBroker.freePort();
    Path escape =
        Files.writeString(
            directory.resolve("escape.properties"), "sasl.jaas.config=" + CANARY + "\\u00zz\n");
    Path lines = Files.writeString(directory.resolve("lines"), "password " + CANARY + "line\n");
    Path pair = Files.writeString(directory.resolve("pair"), "password=" + CANARY + "pair\n");
    Path url = Files.writeString(directory.resolve("url"), "bootstrap me:" + CANARY + "@h:1\n");
    String address = "me:" + CANARY + "address@" + nobody;
    String badKey = clientConfig("ssl.keystore.location=/nowhere/own.p12");
    String badStore = clientConfig("ssl.keystore.password=" + CANARY + "not-it");
    String badTrust = clientConfig("ssl.truststore.password=" + CANARY + "trust");
    String badQuote = clientConfig("sasl.jaas.config=" + jaas.replace(password, "a\"" + password));
    String badEntry = clientConfig("sasl.jaas.config=" + password);
    String badUser = clientConfig("sasl.jaas.config=" + jaas.replace(password, CANARY + "no"));
    String badType = clientConfig("request.timeout.ms=" + "ten");
    for (var command : commands().entrySet()) {
      String name = command.getKey();
      String more = command.getValue();
      if (takes(name, "--timeout") && !more.contains("--checkpoint ")) { // that asks no Kafka
        for (String bad :
            List.of(badKey, badStore, badTrust, badQuote, badEntry, badUser, badType)) {
          fails(Map.of("RATCHET_CLIENT_CONFIG", bad), name, more);
        }
        fails(
            Map.of("RATCHET_CLIENT_CONFIG", clientConfig(), "RATCHET_BOOTSTRAP", nobody),
            name,
            more + " --timeout 1");
        fails(Map.of("RATCHET_BOOTSTRAP", address), name, more);
        fails(Map.of("RATCHET_CLIENT_CONFIG", escape.toString()), name, more);
      }
      if (takes(name, "--web-config")) {
        fails(Map.of("RATCHET_HTTP", address), name, more);
        fails(Map.of("RATCHET_WEB_CONFIG", webConfig(CANARY + "hash").toString()), name, more);
      }
      for (Path file : List.of(lines, pair, url)) {
        fails(Map.of(), name, more + " --config " + file);
      }
      fails(Map.of("RATCHET_PASSWORD", CANARY + "variable"), name, more);
    }
    run(Map.of("RATCHET_BOOTSTRAP", address), "shows", "config show", "--origin");
    fails(Map.of(), "replay", "--run " + RUN + " --speed max --as new --target " + address);
  }

  private static boolean takes(String name, String option) {
    CommandLine command = new CommandLine(new Ratchet());
    for (String word : name.split(" ", -1)) {
      command = command.getSubcommands().get(word);
    }
    return command.getCommandSpec().findOption(option) != null;
  }

  private void fails(Map<String, String> environment, String name, String arguments) {
    boolean server = takes(name, "--http") && SERVERS.contains(name);
    Map<String, String> all = new HashMap<>(environment);
    if (server) {
      all.putIfAbsent("RATCHET_HTTP", "127.0.0.1:0");
    }
    CommandLineRun run = run(all, "fails " + said.size(), name, arguments);
    assertThat(run.exitCode()).as(name + " " + environment + run.out()).isNotZero();
  }

  // ---- where to look

  /** Keys, values and headers of all records of all topics of the product. */
  private static String records() {
    Map<String, Object> properties = new HashMap<>(broker.client(GuardedBroker.SUPER_USER));
    properties.put("bootstrap.servers", broker.bootstrap());
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    StringBuilder text = new StringBuilder();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
      List<TopicPartition> all = new ArrayList<>();
      consumer
          .listTopics()
          .forEach(
              (topic, parts) -> {
                if (!topic.startsWith("__")) {
                  parts.forEach(part -> all.add(new TopicPartition(topic, part.partition())));
                }
              });
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(part -> consumer.position(part) < ends.get(part))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          append(text, record.key());
          append(text, record.value());
          record.headers().forEach(header -> append(text, header.value()));
        }
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, byte[] bytes) {
    if (bytes != null) {
      text.append(new String(bytes, StandardCharsets.ISO_8859_1)).append('\n');
    }
  }

  /** Checkpoints, state, the demo's and the broker's data. */
  private static String files() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String part : List.of("runs", "state", "demo", "alone")) {
      try (Stream<Path> files = Files.walk(directory.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (Files.size(file) < 10 << 20) { // an index of Kafka's is 10 MB of nothing
            append(text, Files.readAllBytes(file));
          }
        }
      }
    }
    return text.toString();
  }
}
