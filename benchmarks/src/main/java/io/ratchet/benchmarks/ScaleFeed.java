package io.ratchet.benchmarks;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.stream.StreamSettings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Runs that send sweeps side by side, and how far the stream has come with them. */
final class ScaleFeed implements AutoCloseable {
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  /** Sweeps simulated; runs go through them again and again, each from elsewhere. */
  private static final int RECORDED = 512;

  /**
   * Runs that live side by side.
   *
   * @param name what their ids begin with
   * @param runs how many
   * @param workers of each
   * @param chains of each worker
   * @param states K
   */
  record Shape(String name, int runs, int workers, int chains, int states) {}

  private final Shape shape;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Admin admin;
  private final byte[][] recorded = new byte[RECORDED + 1][];
  private int registered;
  private int[] steps = new int[0];

  ScaleFeed(BrokerProcess broker, Shape shape) {
    this.shape = shape;
    producer = broker.producer();
    admin = Admin.create(new HashMap<>(broker.client()));
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(20_261_130L);
    int[] next = random.ints(shape.states * 16L, 0, shape.states).toArray();
    int[] chains = new int[shape.chains];
    for (int step = 0; step <= RECORDED; step++) {
      recorded[step] = RecordedChains.bytes(chains, shape.states);
      for (int chain = 0; chain < shape.chains; chain++) {
        chains[chain] = next[chains[chain] * 16 + random.nextInt(16)];
      }
    }
  }

  /** Registers runs until there are all of the shape, each with one update. */
  void register() throws Exception {
    steps = new int[shape.runs];
    for (; registered < shape.runs; registered++) {
      String run = id(registered);
      send(
          TOPICS.runs(),
          run,
          Run.newBuilder()
              .setRun(run)
              .setAttempt(1)
              .setCreatedMillis(System.currentTimeMillis())
              .setModel("latent-cycle")
              .setAlgorithm("two-step")
              .setExpectation(Expectation.IRREVERSIBLE)
              .setStates(shape.states)
              .setVisible(784)
              .setChains(shape.workers * shape.chains)
              .setUpdates(1_000_000)
              .setSeed(1)
              .setData("glyphs")
              .setDataDigest("")
              .setExamples(4_000)
              .setClassNames(List.of())
              .setSettings(Map.of())
              .setVersions(Map.of())
              .build());
      send(
          TOPICS.runs(),
          run + "/0",
          Worker.newBuilder()
              .setRun(run)
              .setAttempt(1)
              .setWorker(0)
              .setIncarnation(1)
              .setStep(0)
              .setState(WorkerState.RUNNING)
              .setHeartbeatMillis(System.currentTimeMillis())
              .setPromisedIntervalMillis(Duration.ofDays(1).toMillis())
              .build());
      send(
          TOPICS.gradientUpdates(),
          run,
          GradientUpdate.newBuilder()
              .setRun(run)
              .setAttempt(1)
              .setWorker(0)
              .setIncarnation(1)
              .setSequence(0)
              .setStep(0)
              .setBlocks(
                  Stream.of("W", "b", "U", "a")
                      .map(block -> new GradientBlock(block, List.of(1), null, Math.PI))
                      .toList())
              .setLogLikelihood(-Math.E)
              .setTimestampMillis(System.currentTimeMillis())
              .build());
    }
    producer.flush();
  }

  /** The next sweep of every worker of one run. */
  void sweep(int number) {
    int step = steps[number]++;
    for (int worker = 0; worker < shape.workers; worker++) {
      int at = (step + 7 * number + 31 * worker) % RECORDED;
      send(
          TOPICS.chainStates(),
          id(number),
          ChainStates.newBuilder()
              .setRun(id(number))
              .setAttempt(1)
              .setWorker(worker)
              .setIncarnation(1)
              .setWorkers(shape.workers)
              .setChainOffset(worker * shape.chains)
              .setChains(shape.workers * shape.chains)
              .setStartStep(0)
              .setStep(step)
              .setSweep(step)
              .setExpectation(Expectation.IRREVERSIBLE)
              .setStates(shape.states)
              .setEncoding(shape.states > 256 ? StateEncoding.UINT16_LE : StateEncoding.UINT8)
              .setFrom(ByteBuffer.wrap(recorded[at]))
              .setTo(ByteBuffer.wrap(recorded[at + 1]))
              .setTimestampMillis(System.currentTimeMillis())
              .build());
    }
  }

  /** So many steps of every run, as fast as they go into the log. */
  void sweepAll(int count) {
    for (int step = 0; step < count; step++) {
      for (int run = 0; run < shape.runs; run++) {
        sweep(run);
      }
    }
    producer.flush();
  }

  /** Records of so many steps of every run. */
  long records(int count) {
    return (long) count * shape.runs * shape.workers;
  }

  /**
   * Sweeps at a rate, one run after the other.
   *
   * @return records that the stream has not committed when the last has been sent
   */
  long sweepAtRate(double perSecond, Duration duration) throws Exception {
    long start = System.nanoTime();
    long sent = 0;
    for (int run = 0;
        System.nanoTime() - start < duration.toNanos();
        run = (run + 1) % shape.runs) {
      sweep(run);
      sent += shape.workers;
      LockSupport.parkNanos(start + (long) (sent / perSecond * 1e9) - System.nanoTime());
    }
    producer.flush();
    return lag();
  }

  /** Waits until the stream has committed all. */
  void awaitAll() throws Exception {
    while (lag() > 0) {
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** Records of the input that the stream has not committed. */
  long lag() throws Exception {
    Map<TopicPartition, Long> done = new HashMap<>();
    admin
        .listConsumerGroupOffsets(StreamSettings.DEFAULT_APPLICATION_ID)
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach((partition, at) -> done.put(partition, at == null ? 0 : at.offset()));
    Map<TopicPartition, OffsetSpec> input = new HashMap<>();
    for (int partition = 0; partition < Topics.DEFAULT_PARTITIONS; partition++) {
      input.put(new TopicPartition(TOPICS.chainStates().name(), partition), OffsetSpec.latest());
    }
    long lag = 0;
    for (var end : admin.listOffsets(input).all().get().entrySet()) {
      lag += end.getValue().offset() - done.getOrDefault(end.getKey(), 0L);
    }
    return lag;
  }

  /** Partitions of the sweeps that an instance works on. */
  int partitionsOf(String instance) throws Exception {
    int partitions = 0;
    for (MemberDescription member :
        admin
            .describeConsumerGroups(List.of(StreamSettings.DEFAULT_APPLICATION_ID))
            .all()
            .get()
            .get(StreamSettings.DEFAULT_APPLICATION_ID)
            .members()) {
      if (member.groupInstanceId().orElse("").startsWith(instance)) {
        for (TopicPartition partition : member.assignment().topicPartitions()) {
          partitions += partition.topic().equals(TOPICS.chainStates().name()) ? 1 : 0;
        }
      }
    }
    return partitions;
  }

  /** Bytes of topics in the broker whose names end so. */
  long topicBytes(String ending) throws Exception {
    List<Integer> nodes =
        admin.describeCluster().nodes().get().stream().map(node -> node.id()).toList();
    return admin.describeLogDirs(nodes).allDescriptions().get().values().stream()
        .flatMap(directories -> directories.values().stream())
        .flatMap(directory -> directory.replicaInfos().entrySet().stream())
        .filter(replica -> replica.getKey().topic().endsWith(ending))
        .collect(Collectors.summingLong(replica -> replica.getValue().size()));
  }

  private String id(int number) {
    return shape.name + "-" + number;
  }

  private void send(Topic topic, String key, SpecificRecord value) {
    var unused =
        producer.send(
            new ProducerRecord<>(
                topic.name(), key.getBytes(StandardCharsets.UTF_8), RecordCodec.encode(value)));
  }

  @Override
  public void close() {
    producer.close();
    admin.close();
  }
}
