package io.ratchet.cli;

import io.ratchet.schema.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine.Option;

/** How to talk to a Kafka, wherever it is. */
final class ClientOptions {
  @Option(
      names = "--client-config",
      paramLabel = "FILE",
      description = "Kafka client properties, e.g. for TLS and SASL, passed through.")
  private Path clientConfig;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      defaultValue = Topics.DEFAULT_PREFIX,
      description = "Prefix of the topics' names. Default: ${DEFAULT-VALUE}")
  private String topicPrefix;

  String topicPrefix() {
    return topicPrefix;
  }

  Topics topics() {
    try {
      return Topics.of(topicPrefix);
    } catch (IllegalArgumentException e) {
      throw Check.refused(
          "--topic-prefix", topicPrefix, "allowed: up to 200 letters, digits, '.', '_' and '-'");
    }
  }

  /** Properties for every Kafka client: those of the user's file and the address. */
  Map<String, String> properties(String bootstrap) {
    Map<String, String> properties = read(clientConfig);
    properties.put("bootstrap.servers", bootstrap);
    return properties;
  }

  /** The properties of a user's file; none without one. */
  static Map<String, String> read(Path clientConfig) {
    Map<String, String> properties = new HashMap<>();
    if (clientConfig == null) {
      return properties;
    }
    Properties file = new Properties();
    try (InputStream in = Files.newInputStream(clientConfig)) {
      file.load(in);
    } catch (NoSuchFileException e) {
      throw Check.refused("--client-config", clientConfig, "no such file");
    } catch (IOException | IllegalArgumentException e) {
      throw Check.refused(
          "--client-config", clientConfig, "allowed: a properties file (" + e.getMessage() + ")");
    }
    file.stringPropertyNames().forEach(key -> properties.put(key, file.getProperty(key)));
    return properties;
  }
}
