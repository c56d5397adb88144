package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTopologyTest {
  private static final WindowSettings SETTINGS = new WindowSettings(5, 5, 3, 0.05);

  @TempDir private Path directory;
  private TopologyFixture stream;

  @BeforeEach
  void start() {
    stream = new TopologyFixture(SETTINGS, directory);
  }

  @AfterEach
  void stop() {
    stream.close();
  }

  /** Else nobody could tell a process that reads nothing from one that is not there. */
  @Test
  void beforeTheFirstRecord_itsTopicsAreCounted_atZero() {
    for (String topic : List.of("ratchet.chain-states.v1", "ratchet.gradient-updates.v1")) {
      assertThat(stream.metrics())
          .contains("ratchet_stream_records_total{topic=\"" + topic + "\",} 0.0");
    }
  }

  @Test
  void theDescription_isTheGoldenOne() throws IOException {
    String description =
        MetricsTopology.build(
                TopologyFixture.TOPICS,
                6,
                WindowSettings.DEFAULT,
                new PrometheusExporter("test", Clock.systemUTC()))
            .describe()
            .toString();
    try (var golden = getClass().getResourceAsStream("topology.txt")) {
      assertThat(description.strip())
          .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8).strip());
    }
  }

  @Test
  void whatDoesNotDecode_goesToTheDeadLetters_withReasonAndOrigin_andStopsNothing() {
    byte[] huge = new byte[Topics.MAX_RESULT_BYTES + 1];
    stream.sendStates("key".getBytes(StandardCharsets.UTF_8), huge);
    stream.sendStates(null, null);
    stream.send(Sweeps.plain("run-a", 0, 0).build());
    List<TestRecord<byte[], byte[]>> letters = stream.deadLetters();
    assertThat(letters).hasSize(2);
    TestRecord<byte[], byte[]> first = letters.get(0);
    assertThat(first.key()).isEqualTo("key".getBytes(StandardCharsets.UTF_8));
    assertThat(first.value()).hasSize(Topics.MAX_RESULT_BYTES);
    assertThat(header(first, "reason")).isEqualTo("undecodable");
    assertThat(header(first, "topic")).isEqualTo("ratchet.chain-states.v1");
    assertThat(header(first, "partition")).isEqualTo("0");
    assertThat(header(first, "offset")).isEqualTo("0");
    assertThat(header(first, "length")).isEqualTo(Integer.toString(huge.length));
    assertThat(letters.get(1).value()).isNull();
    assertThat(stream.metric("ratchet_stream_accepted_total")).isEqualTo(1);
    assertThat(stream.metric("ratchet_stream_rejected_total{reason=\"undecodable\",}"))
        .isEqualTo(2);
  }

  @Test
  void aRecordWhoseKeyIsNotItsRun_liesInTheWrongPartition() {
    stream.sendStates(
        "run-b".getBytes(StandardCharsets.UTF_8),
        RecordCodec.encode(Sweeps.plain("run-a", 0, 0).build()));
    assertThat(stream.deadLetters())
        .singleElement()
        .satisfies(letter -> assertThat(header(letter, "reason")).isEqualTo("wrong-partition"));
  }

  @Test
  void aStateBeyondK_isInvalid() {
    stream.send(
        Sweeps.plain("run-a", 0, 0).setTo(java.nio.ByteBuffer.wrap(new byte[] {3})).build());
    assertThat(stream.deadLetters())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(header(letter, "reason")).isEqualTo("invalid");
              assertThat(header(letter, "detail")).contains("0 -> 3").contains("0 to 2");
            });
  }

  @Test
  void runsAreApart_howeverTheirRecordsAreMixed() {
    List<ChainStates> one = attempt("run-a", 1);
    List<ChainStates> other = attempt("run-b", 2);
    for (int i = 0; i < one.size(); i++) {
      stream.send(one.get(i));
      stream.send(other.get(i));
    }
    List<Thermodynamics> mixed = stream.windows();
    List<Thermodynamics> apart = new ArrayList<>();
    stream.restart();
    try (TopologyFixture alone = new TopologyFixture(SETTINGS, directory.resolve("alone"))) {
      one.forEach(alone::send);
      other.forEach(alone::send);
      apart.addAll(alone.windows());
    }
    assertThat(mixed).hasSize(20).containsExactlyInAnyOrderElementsOf(apart);
  }

  @Test
  void gauges_areSetWhenAWindowClosesAndWhenAnUpdatePasses() {
    attempt("run-a", 3).forEach(stream::send);
    List<Thermodynamics> windows = stream.windows();
    Thermodynamics last = windows.get(windows.size() - 1);
    assertThat(
            stream.metric("ratchet_entropy_production_nats{run=\"run-a\",estimator=\"counts\",}"))
        .isEqualTo(last.getEntropyProduction().getValue());
    assertThat(stream.metric("ratchet_window_transitions{run=\"run-a\",}"))
        .isEqualTo((double) last.getTransitions());
    assertThat(stream.metric("ratchet_stream_latency_seconds_count")).isEqualTo(windows.size());
    assertThat(stream.metric("ratchet_log_likelihood_nats{run=\"run-a\",}")).isNaN();
    GradientUpdate observed = update("run-a", -7.5);
    observed.setGradientAngle(0.75);
    stream.sendGradient("run-a", observed);
    assertThat(stream.metric("ratchet_log_likelihood_nats{run=\"run-a\",}")).isEqualTo(-7.5);
    assertThat(stream.metric("ratchet_gradient_norm{run=\"run-a\",block=\"W\",}")).isEqualTo(2);
    assertThat(stream.metric("ratchet_step{run=\"run-a\",}")).isEqualTo(12);
    stream.sendGradient("run-a", update("run-a", Double.NaN));
    observed.setGradientAngle(4.0);
    stream.sendGradient("run-a", observed);
    assertThat(stream.deadLetters()).hasSize(2);
    assertThat(stream.metric("ratchet_log_likelihood_nats{run=\"run-a\",}")).isEqualTo(-7.5);
  }

  @Test
  void aNewFlag_isForNewRunsOnly() {
    List<ChainStates> records = attempt("run-a", 4);
    records.subList(0, 20).forEach(stream::send);
    List<Thermodynamics> before = stream.windows();
    try (TopologyFixture changed =
        new TopologyFixture(new WindowSettings(50, 5, 3, 0.05), directory.resolve("changed"))) {
      changed.adopt(stream);
      records.subList(20, records.size()).forEach(changed::send);
      assertThat(changed.windows())
          .isNotEmpty()
          .allSatisfy(window -> assertThat(window.getBucketSteps()).isEqualTo(5))
          .first()
          .satisfies(
              window ->
                  assertThat(window.getSequence())
                      .isEqualTo(before.get(before.size() - 1).getSequence() + 1));
    }
  }

  @Test
  void aRecordWithoutATimestamp_takesTheHighestSoFar() {
    assertThat(MetricsTopology.timestamp(stamped(7), 9)).isEqualTo(7);
    assertThat(MetricsTopology.timestamp(stamped(-1), 9)).isEqualTo(9);
    assertThat(MetricsTopology.timestamp(stamped(-1_000), -1)).isZero();
  }

  private static ConsumerRecord<Object, Object> stamped(long timestamp) {
    return new ConsumerRecord<>(
        "topic",
        0,
        0,
        timestamp,
        TimestampType.CREATE_TIME,
        0,
        0,
        null,
        null,
        new RecordHeaders(),
        Optional.empty());
  }

  private static GradientUpdate update(String run, double logLikelihood) {
    return GradientUpdate.newBuilder()
        .setRun(run)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(7)
        .setSequence(11)
        .setStep(11)
        .setBlocks(List.of(new GradientBlock("W", List.of(2, 3), null, 2.0)))
        .setLogLikelihood(logLikelihood)
        .build();
  }

  /** Fifty steps of one worker: ten buckets. */
  private static List<ChainStates> attempt(String run, long seed) {
    List<ChainStates> records = new ArrayList<>();
    Random random = new Random(seed);
    for (int step = 0; step <= 50; step++) {
      ChainStates.Builder sweep = Sweeps.plain(run, step, step).setChains(40);
      Sweeps.fill(sweep, 40, random);
      records.add(sweep.build());
    }
    return records;
  }

  private static String header(TestRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return new String(header.value(), StandardCharsets.UTF_8);
  }
}
