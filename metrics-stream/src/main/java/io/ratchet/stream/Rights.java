package io.ratchet.stream;

import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import io.ratchet.schema.Denial;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/**
 * What a part of the product does with the topics, so what Kafka must allow it. Asked for before
 * the work begins: a training that ends after days should not learn then that it may not publish.
 * The lists of docs/operations.md are these and what Kafka Streams needs.
 */
public final class Rights {
  private final Map<String, List<AclOperation>> byTopic;

  private Rights(Map<String, List<AclOperation>> byTopic) {
    this.byTopic = byTopic;
  }

  /** Of whoever makes the topics for the others. */
  public static Rights ofAdmin(Topics topics) {
    Rights rights = new Rights(new LinkedHashMap<>());
    topics.all().forEach(topic -> rights.add(topic, DESCRIBE));
    return rights.add(topics.schemas(), WRITE);
  }

  /** Of whoever publishes a run, by training or from a recording. */
  public static Rights ofTrainer(Topics topics) {
    return new Rights(new LinkedHashMap<>())
        .add(topics.runs(), READ, WRITE)
        .add(topics.chainStates(), WRITE)
        .add(topics.gradientUpdates(), WRITE);
  }

  /** Of one worker of several, who goes on by what all have written. */
  public static Rights ofWorker(Topics topics) {
    return ofTrainer(topics).add(topics.gradientUpdates(), READ, WRITE);
  }

  /** Of the stream and its page. */
  static Rights ofStream(Topics topics) {
    return new Rights(new LinkedHashMap<>())
        .add(topics.chainStates(), READ)
        .add(topics.gradientUpdates(), READ)
        .add(topics.runs(), READ)
        .add(topics.thermodynamics(), READ, WRITE)
        .add(topics.alerts(), READ, WRITE)
        .add(topics.deadLetters(), WRITE);
  }

  /** Of the stream with the changelogs of its stores, which are there from its first start on. */
  static Rights ofChangelogs(List<String> names) {
    Map<String, List<AclOperation>> byTopic = new LinkedHashMap<>();
    names.forEach(name -> byTopic.put(name, List.of(READ, WRITE)));
    return new Rights(byTopic);
  }

  private Rights add(Topic topic, AclOperation... operations) {
    byTopic.put(topic.name(), List.of(operations));
    return this;
  }

  /**
   * Refuses to begin if a right is missing.
   *
   * @param allowed what Kafka allows with a topic; nothing for one that may not even be seen
   * @throws IllegalStateException that names the first right that is missing
   */
  void require(String topic, Set<AclOperation> allowed, String address) {
    for (AclOperation operation : byTopic.getOrDefault(topic, List.of())) {
      if (!allowed.contains(operation)) {
        throw new IllegalStateException(Denial.message(address, word(operation), "topic " + topic));
      }
    }
  }

  /** As kafka-acls.sh writes it. */
  private static String word(AclOperation operation) {
    return operation.name().charAt(0) + operation.name().substring(1).toLowerCase(Locale.ROOT);
  }
}
