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
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.SslConfigs;
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

  private boolean warned;

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
    if (!warned) {
      warned = true;
      if (!properties.keySet().stream().allMatch(ClientOptions::mayBeShown)) {
        SecretFile.warnIfShared(clientConfig);
      }
      if (properties.containsKey(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG)) {
        SecretFile.warnIfShared(Path.of(properties.get(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG)));
      }
    }
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

  /** What Kafka knows and does not call a password; the unknown may be one, so it is hidden. */
  static boolean mayBeShown(String key) {
    for (ConfigDef known :
        Set.of(
            AdminClientConfig.configDef(),
            ProducerConfig.configDef(),
            ConsumerConfig.configDef())) {
      ConfigKey definition = known.configKeys().get(key);
      if (definition != null) {
        return definition.type != ConfigDef.Type.PASSWORD;
      }
    }
    return false;
  }
}
