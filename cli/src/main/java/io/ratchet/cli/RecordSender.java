package io.ratchet.cli;

import io.ratchet.schema.Denial;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.trainer.publish.ClientProperties;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TopicAuthorizationException;

/** Sends records of the contract; the first that Kafka refuses is told at the next occasion. */
final class RecordSender implements AutoCloseable {
  private final String address;
  private final KafkaProducer<byte[], byte[]> producer;
  private volatile Exception failure;

  private RecordSender(String address, KafkaProducer<byte[], byte[]> producer) {
    this.address = address;
    this.producer = producer;
  }

  /**
   * Connects.
   *
   * @param client Kafka client properties
   */
  static RecordSender open(Map<String, String> client) {
    return new RecordSender(
        client.get("bootstrap.servers"), new KafkaProducer<>(ClientProperties.bounded(client)));
  }

  /** Sends a record; Kafka finds the partition from the key. */
  void send(Topic topic, String key, SpecificRecord record) {
    check();
    var unused = // the callback gets all that the future would tell
        producer.send(
            new ProducerRecord<>(
                topic.name(), key.getBytes(StandardCharsets.UTF_8), RecordCodec.encode(record)),
            (metadata, refusal) -> {
              if (refusal != null && failure == null) {
                failure = refusal;
              }
            });
  }

  /** Waits until everything has arrived. */
  void flush() {
    producer.flush();
    check();
  }

  private void check() {
    if (failure != null) {
      if (failure instanceof TopicAuthorizationException denied) {
        String topics = String.join(", ", new TreeSet<>(denied.unauthorizedTopics()));
        throw new IllegalStateException(
            Denial.message(address, "Write", "topic " + topics), failure);
      }
      throw new IllegalStateException("Kafka took no record: " + failure.getMessage(), failure);
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
