package io.ratchet.stream;

import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.page.HttpSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Everything that one instance of the stream is told.
 *
 * @param clientProperties Kafka client properties, {@code bootstrap.servers} among them; passed
 *     through to every client
 * @param topicPrefix prefix of the topics' names
 * @param applicationId name that all instances share that divide the work between them
 * @param instanceId name of this instance among them, or null for one of its own that it remembers
 *     in its state directory
 * @param stateDirectory where this instance keeps its state; one instance at a time
 * @param threads threads that work on partitions
 * @param windows how the steps of new runs are cut into windows
 * @param http where metrics and page are served
 * @param embeddedBroker whether the broker is this product's own: topics are then kept for ever
 * @param timeout how long to wait for a first answer of Kafka
 */
public record StreamSettings(
    Map<String, String> clientProperties,
    String topicPrefix,
    String applicationId,
    String instanceId,
    Path stateDirectory,
    int threads,
    WindowSettings windows,
    HttpSettings http,
    boolean embeddedBroker,
    Duration timeout) {
  /** Name of the application: consumer group, prefix of transactional ids and of changelogs. */
  public static final String DEFAULT_APPLICATION_ID = "ratchet-stream";

  /** Checks what the clients would not. */
  public StreamSettings {
    clientProperties = Map.copyOf(clientProperties);
    if (!clientProperties.containsKey("bootstrap.servers")) {
      throw new IllegalArgumentException("bootstrap.servers is not among the client properties");
    }
    if (!(threads >= 1 && threads <= 64)) {
      throw new IllegalArgumentException("threads " + threads + ": must be 1 to 64");
    }
    if (timeout.toSeconds() < 1) {
      throw new IllegalArgumentException("timeout " + timeout + ": must be 1 s or more");
    }
  }

  /** Defaults for one instance that uses the given Kafka and state directory. */
  public static StreamSettings of(Map<String, String> clientProperties, Path stateDirectory) {
    return new StreamSettings(
        clientProperties,
        Topics.DEFAULT_PREFIX,
        DEFAULT_APPLICATION_ID,
        null,
        stateDirectory,
        1,
        WindowSettings.DEFAULT,
        HttpSettings.loopback(0),
        false,
        Duration.ofSeconds(10));
  }

  /** Addresses of the brokers. */
  public String bootstrap() {
    return clientProperties.get("bootstrap.servers");
  }

  /** The catalogue of topics under the prefix. */
  public Topics topics() {
    return Topics.of(topicPrefix);
  }
}
