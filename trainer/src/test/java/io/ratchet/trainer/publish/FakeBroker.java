package io.ratchet.trainer.publish;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A broker of mock producers: it can be away, silent, or broken for good, at any time. */
final class FakeBroker implements Supplier<Producer<byte[], byte[]>> {
  static final Topics TOPICS = Topics.of("ratchet.");

  private final List<MockProducer<byte[], byte[]>> producers = new CopyOnWriteArrayList<>();
  private volatile boolean away;
  private volatile boolean acknowledging = true;
  private volatile boolean twoLeaders;

  @Override
  public Producer<byte[], byte[]> get() {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(
            cluster(), acknowledging, null, new ByteArraySerializer(), new ByteArraySerializer());
    setAway(producer);
    producers.add(producer);
    return producer;
  }

  private Cluster cluster() {
    Node[] nodes = {new Node(1, "fake", 9092), new Node(2, "other", 9092)};
    List<PartitionInfo> partitions = new ArrayList<>();
    for (Topics.Topic topic : TOPICS.all()) {
      boolean isOther = twoLeaders && topic.equals(TOPICS.gradientUpdates());
      Node node = nodes[isOther ? 1 : 0];
      for (int p = 0; p < Topics.DEFAULT_PARTITIONS; p++) {
        partitions.add(new PartitionInfo(topic.name(), p, node, nodes, nodes));
      }
    }
    Collection<Node> all = List.of(nodes);
    return new Cluster("fake", all, partitions, Set.of(), Set.of());
  }

  /** From now on, calls time out as they do when there is no metadata. */
  void setAway(boolean away) {
    this.away = away;
    producers.forEach(this::setAway);
  }

  private void setAway(MockProducer<byte[], byte[]> producer) {
    TimeoutException timeout = away ? new TimeoutException("not present in metadata") : null;
    producer.partitionsForException = timeout;
    producer.sendException = timeout;
  }

  /** From now on the gradients have another leader than the rest. */
  void setTwoLeaders() {
    twoLeaders = true;
  }

  /** Whether producers made from now on acknowledge by themselves. */
  void setAcknowledging(boolean acknowledging) {
    this.acknowledging = acknowledging;
  }

  List<MockProducer<byte[], byte[]>> producers() {
    return Collections.unmodifiableList(producers);
  }

  MockProducer<byte[], byte[]> producer() {
    return producers.get(producers.size() - 1);
  }

  /** All that was sent to a topic, in order. */
  List<ProducerRecord<byte[], byte[]>> sent(Topics.Topic topic) {
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (MockProducer<byte[], byte[]> producer : producers) {
      for (ProducerRecord<byte[], byte[]> record : producer.history()) {
        if (record.topic().equals(topic.name())) {
          sent.add(record);
        }
      }
    }
    return sent;
  }

  List<ChainStates> chainStates() {
    return sent(TOPICS.chainStates()).stream().map(r -> (ChainStates) decoded(r)).toList();
  }

  /** Sweep numbers in the order in which they were sent. */
  List<Long> sweeps() {
    return chainStates().stream().map(ChainStates::getSweep).toList();
  }

  static SpecificRecord decoded(ProducerRecord<byte[], byte[]> record) {
    try {
      return RecordCodec.decode(record.value());
    } catch (DecodeException e) {
      throw new AssertionError(e);
    }
  }
}
