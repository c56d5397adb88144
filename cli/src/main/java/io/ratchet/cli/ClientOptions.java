package io.ratchet.cli;

import io.ratchet.schema.Topics;
import io.ratchet.trainer.InputException;
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
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
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

  /** The complaint about a user's file whose user, password or certificates Kafka refuses. */
  InputException refused(String bootstrap, AuthenticationException refusal) {
    String reason =
        refusal instanceof SslAuthenticationException
            ? "TLS with Kafka at "
                + bootstrap
                + " failed ("
                + root(refusal)
                + "), allowed: certificates of either side that the other trusts, see"
                + " ssl.truststore.location and ssl.keystore.location"
            : "Kafka at "
                + bootstrap
                + " refuses this user ("
                + root(refusal)
                + "), allowed: a name and a password that it knows, see sasl.mechanism and"
                + " sasl.jaas.config";
    return Check.refused("--client-config", clientConfig, reason);
  }

  /**
   * The complaint about a user's file of which no client can be made. Kafka's own about a JAAS
   * entry may quote what it took a part of the password for; so it is neither said nor passed on.
   */
  InputException unusable(KafkaException failure) {
    String reason = root(failure);
    boolean jaas = reason.contains("JAAS") || reason.contains("Login");
    return Check.refused(
        "--client-config",
        clientConfig,
        jaas
            ? "sasl.jaas.config, allowed: MODULE required KEY=\"VALUE\" ...; with every \" in a"
                + " value as \\\\\""
            : "cannot be used (" + reason + ")");
  }

  private static String root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.toString() : root.getMessage();
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
