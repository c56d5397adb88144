package io.ratchet.trainer.publish;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** An embedded broker with the product's topics, which a test can stop and start again. */
final class RealBroker implements AutoCloseable {
  static final Topics TOPICS = Topics.of("ratchet.");

  private final Path folder;
  private EmbeddedBroker broker;
  private final String address;

  private RealBroker(Path folder, EmbeddedBroker broker) {
    this.folder = folder;
    this.broker = broker;
    this.address = broker.bootstrap();
  }

  static RealBroker start(Path folder) {
    return new RealBroker(folder, EmbeddedBroker.start(folder, 0));
  }

  /** The same address after every start. */
  Map<String, String> client() {
    return Map.of("bootstrap.servers", address);
  }

  String address() {
    return address;
  }

  void createTopics() throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>copyOf(client()))) {
      List<NewTopic> topics = new ArrayList<>();
      for (Topic topic : TOPICS.all()) {
        topics.add(
            new NewTopic(topic.name(), Optional.of(Topics.DEFAULT_PARTITIONS), Optional.empty())
                .configs(topic.config(true)));
      }
      admin.createTopics(topics).all().get();
    }
  }

  void stop() {
    broker.close();
  }

  void startAgain() {
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    broker = EmbeddedBroker.start(folder, port);
  }

  /** Everything in a topic, by partition and offset. */
  List<ConsumerRecord<byte[], byte[]>> read(Topic topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(Map.<String, Object>copyOf(client()), bytes, bytes)) {
      for (var info : consumer.partitionsFor(topic.name())) {
        TopicPartition partition = new TopicPartition(topic.name(), info.partition());
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (consumer.position(partition) < end) {
          consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        }
      }
    }
    return records;
  }

  List<ChainStates> chainStates() throws Exception {
    List<ChainStates> states = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : read(TOPICS.chainStates())) {
      states.add(RecordCodec.decode(record.value(), ChainStates.class));
    }
    return states;
  }

  @Override
  public void close() {
    broker.close();
  }
}
