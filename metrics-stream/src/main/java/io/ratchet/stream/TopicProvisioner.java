package io.ratchet.stream;

import io.ratchet.schema.Denial;
import io.ratchet.schema.ReleasedSchemas;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the topics of the catalogue exist, with equal numbers of partitions, that the
 * schemas lie in theirs, and that what will be done with them is allowed. Existing topics keep
 * their settings. Topics that this user may not see are somebody else's business, and so are the
 * schemas for one who may not write them: whoever made the topics has published them.
 */
public final class TopicProvisioner {
  private static final Logger LOG = LoggerFactory.getLogger(TopicProvisioner.class);

  /** Before this version a producer that comes back late can tear a transaction. */
  private static final short SAFE_TRANSACTIONS = 2;

  private final Map<String, Object> clientProperties;
  private final Topics topics;
  private final Rights rights;
  private final boolean embeddedBroker;
  private final Duration timeout;

  /**
   * A provisioner.
   *
   * @param clientProperties Kafka client properties, {@code bootstrap.servers} among them
   * @param topics the catalogue
   * @param rights what will be done with the topics, and so must be allowed
   * @param embeddedBroker whether the broker is this product's own: retention is then for ever and
   *     there is one replica
   * @param timeout how long to wait for Kafka
   */
  public TopicProvisioner(
      Map<String, ?> clientProperties,
      Topics topics,
      Rights rights,
      boolean embeddedBroker,
      Duration timeout) {
    this.clientProperties = new HashMap<>(clientProperties);
    this.topics = topics;
    this.rights = rights;
    this.embeddedBroker = embeddedBroker;
    this.timeout = timeout;
    String millis = Long.toString(timeout.toMillis());
    this.clientProperties.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
  }

  /**
   * Creates what is missing and publishes the schemas.
   *
   * @return the number of partitions of every topic
   * @throws BrokerUnreachableException if Kafka does not answer in time
   * @throws IllegalStateException if existing topics differ in their number of partitions, or Kafka
   *     refuses, or does not allow what will be done; the message says what
   */
  public int provision() throws BrokerUnreachableException, InterruptedException {
    return provision(Map.of(), Topics.DEFAULT_PARTITIONS);
  }

  /**
   * Creates what is missing, with topic settings of the user's own, and publishes the schemas.
   *
   * @param override by topic name, Kafka topic settings that replace those of the catalogue, e.g.
   *     {@code retention.ms}
   * @param ifNew number of partitions if no topic exists yet
   */
  public int provision(Map<String, Map<String, String>> override, int ifNew)
      throws BrokerUnreachableException, InterruptedException {
    try (Admin admin = admin()) {
      await(admin.describeCluster().nodes());
      warnOfOldTransactions(admin);
      Seen before = look(admin, names());
      int partitions = equalPartitions(before).orElse(ifNew);
      List<NewTopic> missing = new ArrayList<>();
      for (Topic topic : topics.all()) {
        if (before.missing(topic.name())) {
          missing.add(newTopic(topic, partitions, override.getOrDefault(topic.name(), Map.of())));
        }
      }
      create(admin, missing, false);
      Seen seen = awaitLeaders(admin);
      seen.require(rights);
      if (seen.allows(topics.schemas().name(), AclOperation.WRITE)) {
        publishSchemas();
      } else {
        LOG.info("the schemas are left to those who may write {}", topics.schemas().name());
      }
      return equalPartitions(seen).orElse(partitions);
    } catch (KafkaException e) {
      throw rephrase(e);
    }
  }

  private void create(Admin admin, List<NewTopic> missing, boolean onlyAsk)
      throws BrokerUnreachableException, InterruptedException {
    var options = new CreateTopicsOptions().validateOnly(onlyAsk);
    Map<String, KafkaFuture<Void>> created = admin.createTopics(missing, options).values();
    Map<String, NewTopic> forbidden = new TreeMap<>();
    String reason = "";
    for (NewTopic topic : missing) {
      try {
        await(created.get(topic.name()));
      } catch (IllegalStateException e) {
        Throwable cause = e.getCause();
        if (cause instanceof AuthorizationException) {
          throw new IllegalStateException(
              Denial.message(address(), "Create", "topic " + topic.name()), e);
        }
        boolean setting =
            cause instanceof InvalidConfigurationException
                || cause instanceof PolicyViolationException;
        if (setting && topic.configs().containsKey(TopicConfig.COMPRESSION_TYPE_CONFIG)) {
          forbidden.put(topic.name(), asSent(topic));
          reason = e.getMessage();
        } else if (!(cause instanceof TopicExistsException)) { // another instance was faster
          throw e;
        }
      }
    }
    if (!forbidden.isEmpty()) {
      LOG.warn(
          "without {}, which is not allowed ({}), what is small on its way may fill the heap of its"
              + " readers: {}",
          TopicConfig.COMPRESSION_TYPE_CONFIG,
          reason,
          String.join(", ", forbidden.keySet()));
      create(admin, List.copyOf(forbidden.values()), onlyAsk);
    }
  }

  /** The same topic, whose records stay as they are sent: some managed Kafkas know no other. */
  private static NewTopic asSent(NewTopic topic) {
    Map<String, String> config = new HashMap<>(topic.configs());
    config.remove(TopicConfig.COMPRESSION_TYPE_CONFIG);
    return new NewTopic(topic.name(), topic.numPartitions(), topic.replicationFactor())
        .configs(config);
  }

  /**
   * Ids of those of the given topics that exist: a topic that is made again has another. Kafka
   * Streams makes the others, and was seen to wait for ever where it may not.
   *
   * @param needed what must be allowed with those that exist; the others it must be allowed to make
   * @return id by name, in the order of the names
   * @throws IllegalStateException if it is not allowed
   */
  Map<String, String> ids(List<String> names, Rights needed)
      throws BrokerUnreachableException, InterruptedException {
    Map<String, String> ids = new TreeMap<>();
    try (Admin admin = admin()) {
      Seen seen = look(admin, names);
      seen.require(needed);
      List<NewTopic> missing =
          names.stream()
              .filter(seen::missing)
              .map(name -> new NewTopic(name, Optional.empty(), Optional.empty()))
              .toList();
      create(admin, missing, true);
      seen.topics.forEach((name, topic) -> ids.put(name, topic.topicId().toString()));
      return ids;
    } catch (KafkaException e) {
      throw rephrase(e);
    }
  }

  private Admin admin() {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.put("default.api.timeout.ms", Long.toString(timeout.toMillis()));
    return Admin.create(properties);
  }

  private NewTopic newTopic(Topic topic, int partitions, Map<String, String> override) {
    Map<String, String> config = new HashMap<>(topic.config(embeddedBroker));
    config.putAll(override);
    Optional<Short> replicas = embeddedBroker ? Optional.of((short) 1) : Optional.empty();
    return new NewTopic(topic.name(), Optional.of(partitions), replicas).configs(config);
  }

  /**
   * What this user sees of topics.
   *
   * @param topics those that exist, by name
   * @param hidden those that it may not see
   */
  private record Seen(
      Map<String, TopicDescription> topics,
      Set<String> hidden,
      List<String> asked,
      String address) {
    boolean missing(String name) {
      return !topics.containsKey(name) && !hidden.contains(name);
    }

    boolean allows(String name, AclOperation operation) {
      return topics.containsKey(name) && allowed(name).contains(operation);
    }

    private Set<AclOperation> allowed(String name) {
      if (hidden.contains(name)) {
        return Set.of();
      }
      Set<AclOperation> allowed = topics.get(name).authorizedOperations();
      // It was described: without Describe among them, the broker does not say.
      return allowed == null || !allowed.contains(AclOperation.DESCRIBE)
          ? EnumSet.allOf(AclOperation.class)
          : allowed;
    }

    void require(Rights rights) {
      for (String name : asked) {
        if (!missing(name)) {
          rights.require(name, allowed(name), address);
        }
      }
    }
  }

  private List<String> names() {
    return topics.all().stream().map(Topic::name).toList();
  }

  private Seen look(Admin admin, List<String> names)
      throws BrokerUnreachableException, InterruptedException {
    Map<String, TopicDescription> found = new TreeMap<>();
    Set<String> hidden = new TreeSet<>();
    var options = new DescribeTopicsOptions().includeAuthorizedOperations(true);
    for (var each : admin.describeTopics(names, options).topicNameValues().entrySet()) {
      try {
        found.put(each.getKey(), await(each.getValue()));
      } catch (IllegalStateException e) {
        if (e.getCause() instanceof TopicAuthorizationException) {
          hidden.add(each.getKey());
        } else if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
      }
    }
    return new Seen(found, hidden, names, address());
  }

  private static Optional<Integer> equalPartitions(Seen seen) {
    Map<String, Integer> partitions = new TreeMap<>();
    seen.topics.forEach((name, topic) -> partitions.put(name, topic.partitions().size()));
    if (partitions.values().stream().distinct().count() > 1) {
      throw new IllegalStateException(
          "the topics must have equal numbers of partitions, and have " + partitions);
    }
    return partitions.values().stream().findFirst();
  }

  /** A record that is sent to a topic without a leader waits for a metadata refresh, or is lost. */
  private Seen awaitLeaders(Admin admin) throws BrokerUnreachableException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      Seen seen = look(admin, names());
      boolean led =
          names().stream().noneMatch(seen::missing)
              && seen.topics.values().stream()
                  .flatMap(description -> description.partitions().stream())
                  .allMatch(partition -> partition.leader() != null);
      if (led) {
        return seen;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "topics have no leader after " + timeout.toSeconds() + " s: " + seen.topics.keySet());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private void publishSchemas() throws BrokerUnreachableException, InterruptedException {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(timeout.toMillis()));
    properties.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1"); // KAFKA-15591
    ByteArraySerializer bytes = new ByteArraySerializer();
    List<Future<?>> sent = new ArrayList<>();
    try (Producer<byte[], byte[]> producer = new KafkaProducer<>(properties, bytes, bytes)) {
      ReleasedSchemas.jsonByFingerprint()
          .forEach(
              (fingerprint, json) ->
                  sent.add(
                      producer.send(
                          new ProducerRecord<>(
                              topics.schemas().name(),
                              fingerprint.getBytes(StandardCharsets.UTF_8),
                              json.getBytes(StandardCharsets.UTF_8)))));
      for (Future<?> each : sent) {
        await(each);
      }
    }
  }

  private void warnOfOldTransactions(Admin admin)
      throws BrokerUnreachableException, InterruptedException {
    FinalizedVersionRange range;
    try {
      range =
          await(admin.describeFeatures().featureMetadata())
              .finalizedFeatures()
              .get("transaction.version");
    } catch (IllegalStateException e) {
      LOG.warn("cannot tell the transaction.version of the cluster: {}", e.getMessage());
      return;
    }
    if (range == null || range.maxVersionLevel() < SAFE_TRANSACTIONS) {
      LOG.warn(
          "the cluster has transaction.version {}; below {} a late producer can tear a transaction,"
              + " so a window may count a sweep twice or not at all after a failure",
          range == null ? 0 : range.maxVersionLevel(),
          SAFE_TRANSACTIONS);
    }
  }

  private <T> T await(Future<T> future) throws BrokerUnreachableException, InterruptedException {
    try {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw unreachable(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException) {
        throw unreachable(e.getCause());
      }
      throw new IllegalStateException(
          "Kafka at " + address() + ": " + e.getCause().getMessage(), e.getCause());
    }
  }

  /** A name that does not resolve is reported as a bad setting, with the reason as its cause. */
  private RuntimeException rephrase(KafkaException e) throws BrokerUnreachableException {
    String text = e.getMessage() + " " + e.getCause();
    if (e instanceof TimeoutException || text.contains("No resolvable bootstrap")) {
      throw unreachable(e);
    }
    return e;
  }

  private BrokerUnreachableException unreachable(Throwable cause) {
    return new BrokerUnreachableException(address(), timeout, cause);
  }

  private String address() {
    return String.valueOf(clientProperties.get("bootstrap.servers"));
  }
}
