package io.ratchet.cli;

import io.ratchet.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;

/**
 * A Kafka with locks on its doors: clients need TLS and a password, and may do nothing that was not
 * granted to them. Its certificate and passwords are made anew each time.
 */
final class GuardedBroker implements AutoCloseable {
  /** Who may do everything. */
  static final String SUPER_USER = "kafka";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final EmbeddedBroker broker;
  private final Path directory;

  private GuardedBroker(EmbeddedBroker broker, Path directory) {
    this.broker = broker;
    this.directory = directory;
  }

  /** Starts one that knows these users, and the super user. */
  static GuardedBroker start(Path directory, String... users) throws IOException {
    makeCertificate(directory, "broker");
    StringBuilder passwords = new StringBuilder(login(SUPER_USER));
    passwords.append(" user_%s=\"%s\"".formatted(SUPER_USER, password(SUPER_USER)));
    for (String user : users) {
      passwords.append(" user_%s=\"%s\"".formatted(user, password(user)));
    }
    Map<String, String> settings = new HashMap<>();
    settings.put("listener.security.protocol.map", "CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT");
    settings.put("sasl.enabled.mechanisms", "PLAIN");
    settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
    settings.put("listener.name.client.plain.sasl.jaas.config", passwords + ";");
    settings.put("ssl.keystore.location", directory.resolve("broker.p12").toString());
    settings.put("ssl.keystore.type", "PKCS12");
    settings.put("ssl.keystore.password", password("broker"));
    settings.put("ssl.truststore.location", directory.resolve("broker.pem").toString());
    settings.put("ssl.truststore.type", "PEM");
    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:ANONYMOUS;User:" + SUPER_USER); // the controller's listener
    return new GuardedBroker(
        EmbeddedBroker.start(directory.resolve("kafka"), 0, settings), directory);
  }

  /** A key and the certificate that it signs itself: NAME.p12 and NAME.pem. */
  static void makeCertificate(Path directory, String name) {
    keytool(
        directory,
        name,
        "-genkeypair -alias own -keyalg EC -groupname secp256r1 -validity 1 -dname CN=localhost"
            + " -ext san=ip:127.0.0.1,dns:localhost");
    keytool(
        directory, name, "-exportcert -alias own -rfc -file " + directory.resolve(name + ".pem"));
  }

  private static void keytool(Path directory, String name, String arguments) {
    String[] command =
        (Path.of(System.getProperty("java.home"), "bin", "keytool")
                + " "
                + arguments
                + " -storetype PKCS12 -keystore "
                + directory.resolve(name + ".p12")
                + " -storepass "
                + password(name))
            .split(" ", -1);
    RatchetProcess.tool(command).output(0, PATIENCE);
  }

  /** The password of a user or of a key store; no other text has it in it. */
  static String password(String user) {
    return "canary-" + Integer.toHexString(user.hashCode()) + "-" + ProcessHandle.current().pid();
  }

  private static String login(String user) {
    return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\""
        .formatted(user, password(user));
  }

  String bootstrap() {
    return broker.bootstrap();
  }

  /** What a user's --client-config says. */
  Map<String, String> client(String user) {
    return Map.of(
        "security.protocol", "SASL_SSL",
        "sasl.mechanism", "PLAIN",
        "sasl.jaas.config", login(user) + ";",
        "ssl.truststore.type", "PEM",
        "ssl.truststore.location", directory.resolve("broker.pem").toString());
  }

  /** A file for --client-config, with some of its properties replaced by key=value. */
  Path clientConfig(String user, String... replaced) throws IOException {
    Properties properties = new Properties();
    properties.putAll(client(user));
    for (String pair : replaced) {
      String[] parts = pair.split("=", 2);
      properties.setProperty(parts[0], parts[1]);
    }
    Path file = directory.resolve(user + "-" + Arrays.hashCode(replaced) + ".properties");
    try (var out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
    RatchetProcess.tool("chmod", "600", file.toString()).output(0, PATIENCE);
    return file;
  }

  /** The client of a user. */
  Admin admin(String user) {
    Map<String, Object> properties = new HashMap<>(client(user));
    properties.put("bootstrap.servers", bootstrap());
    return Admin.create(properties);
  }

  @Override
  public void close() {
    broker.close();
  }
}
