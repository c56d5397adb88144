package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Topics;
import io.ratchet.trainer.publish.ClientProperties;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A stranger's sampler: 64 chains on a ring of three states, published by a plain producer without
 * a word to the runs topic. Its law is known and may change from step to step.
 */
final class RingRun implements AutoCloseable {
  private static final int STATES = 3;
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  private final String run;
  private final Expectation expectation;
  private final KafkaProducer<String, byte[]> producer;
  private final int[] states = new int[64];
  private final Random random = new Random(20261122);
  private final List<Future<RecordMetadata>> sent = new ArrayList<>();
  private long step;

  RingRun(String bootstrap, String run, Expectation expectation) {
    this.run = run;
    this.expectation = expectation;
    producer =
        new KafkaProducer<>(
            ClientProperties.bounded(Map.of("bootstrap.servers", bootstrap)),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  /** Nine steps on for one back: 1.76 nats per transition. */
  void turn(int steps) {
    publish(steps, 0.72, 0.08);
  }

  /** As often on as back: no entropy production. */
  void balance(int steps) {
    publish(steps, 0.4, 0.4);
  }

  private void publish(int steps, double on, double back) {
    for (int i = 0; i < steps; i++) {
      byte[] from = new byte[states.length];
      byte[] to = new byte[states.length];
      for (int chain = 0; chain < states.length; chain++) {
        from[chain] = (byte) states[chain];
        double u = random.nextDouble();
        int move = u < on ? 1 : u < on + back ? 2 : 0;
        states[chain] = (states[chain] + move) % STATES;
        to[chain] = (byte) states[chain];
      }
      send(RecordCodec.encode(sweep(from, to)));
      step++;
    }
    acknowledged();
  }

  /** Something under the run's key that is no record at all, where runs register too. */
  void publishNonsense() {
    byte[] nonsense = {1, 2, 3};
    send(nonsense);
    sent.add(producer.send(new ProducerRecord<>(TOPICS.runs().name(), run, nonsense)));
    acknowledged();
  }

  private void send(byte[] value) {
    sent.add(producer.send(new ProducerRecord<>(TOPICS.chainStates().name(), run, value)));
  }

  private void acknowledged() {
    producer.flush();
    assertThat(sent).allSatisfy(each -> assertThat(each.get().hasOffset()).isTrue());
    sent.clear();
  }

  private ChainStates sweep(byte[] from, byte[] to) {
    return ChainStates.newBuilder()
        .setRun(run)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(7)
        .setWorkers(1)
        .setChainOffset(0)
        .setChains(states.length)
        .setStartStep(0)
        .setStep(step)
        .setSweep(step)
        .setExpectation(expectation)
        .setStates(STATES)
        .setEncoding(StateEncoding.UINT8)
        .setFrom(ByteBuffer.wrap(from))
        .setTo(ByteBuffer.wrap(to))
        .build();
  }

  @Override
  public void close() {
    producer.close();
  }
}
