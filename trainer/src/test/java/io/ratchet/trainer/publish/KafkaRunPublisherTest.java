package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaRunPublisherTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_795_305_600_000L), ZoneOffset.UTC);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration NO_PATIENCE = Duration.ofMillis(50);

  @TempDir Path folder;
  private final FakeBroker broker = new FakeBroker();

  @Test
  void everyFieldOfASweep_isInItsRecord() {
    KafkaRunPublisher publisher = start(settings());
    publisher.offer(
        new SweepObservation(
            7,
            new byte[] {0, 2},
            new byte[] {1, 0},
            new float[] {0.5f, -1.25f},
            new float[] {1, 0, 0, 0, 0.5f, 0.5f},
            new byte[] {3, (byte) 255},
            new float[] {0.25f, 0.25f, 0.5f},
            new byte[] {5}));
    publisher.offer(sweep(8));
    close(publisher);

    ChainStates full = broker.chainStates().get(0);
    assertThat(full.getRun()).isEqualTo("run-1");
    assertThat(full.getAttempt()).isEqualTo(2);
    assertThat(full.getWorker()).isEqualTo(1);
    assertThat(full.getIncarnation()).isEqualTo(42);
    assertThat(full.getWorkers()).isEqualTo(3);
    assertThat(full.getChainOffset()).isEqualTo(2);
    assertThat(full.getChains()).isEqualTo(6);
    assertThat(full.getStartStep()).isEqualTo(5);
    assertThat(full.getStep()).isEqualTo(7);
    assertThat(full.getSweep()).isZero();
    assertThat(full.getEnd()).isFalse();
    assertThat(full.getExpectation()).isEqualTo(Expectation.IRREVERSIBLE);
    assertThat(full.getStates()).isEqualTo(3);
    assertThat(full.getEncoding()).isEqualTo(StateEncoding.UINT8);
    assertThat(full.getFrom()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 2}));
    assertThat(full.getTo()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 0}));
    assertThat(littleEndian(full.getPathEntropy()).getFloat(4)).isEqualTo(-1.25f);
    assertThat(littleEndian(full.getSoftTo()).getFloat(16)).isEqualTo(0.5f);
    assertThat(full.getClasses()).isEqualTo(ByteBuffer.wrap(new byte[] {3, (byte) 255}));
    assertThat(littleEndian(full.getClassReference()).getDouble(8)).isEqualTo(0.75);
    assertThat(littleEndian(full.getDataLatent()).getFloat(8)).isEqualTo(0.5f);
    assertThat(full.getSamples()).isEqualTo(ByteBuffer.wrap(new byte[] {5}));
    assertThat(full.getVisible()).isEqualTo(4);
    assertThat(full.getTimestampMillis()).isEqualTo(CLOCK.millis());

    ChainStates least = broker.chainStates().get(1);
    assertThat(least.getPathEntropy()).isNull();
    assertThat(least.getSoftTo()).isNull();
    assertThat(least.getClasses()).isNull();
    assertThat(least.getClassReference()).isNull();
    assertThat(least.getDataLatent()).isNull();
    assertThat(least.getSamples()).isNull();
  }

  @Test
  void everyFieldOfAnUpdate_isInItsRecord() {
    KafkaRunPublisher publisher = start(settings());
    publisher.offer(
        new UpdateObservation(
            5,
            List.of(
                new UpdateObservation.Block("W", new int[] {1, 2}, new float[] {3, 4}, 5),
                new UpdateObservation.Block("b", new int[] {1}, null, 0.5)),
            17L,
            -163.5,
            0.25,
            0.01,
            1234));
    publisher.offer(new UpdateObservation(6, List.of(), null, Double.NaN, Double.NaN, 0.01, 1));
    close(publisher);

    List<GradientUpdate> updates =
        broker.sent(FakeBroker.TOPICS.gradientUpdates()).stream()
            .map(r -> (GradientUpdate) FakeBroker.decoded(r))
            .toList();
    GradientUpdate update = updates.get(0);
    assertThat(update.getSequence()).isZero();
    assertThat(update.getStep()).isEqualTo(5);
    assertThat(update.getBlocks()).hasSize(2);
    assertThat(update.getBlocks().get(0).getName()).isEqualTo("W");
    assertThat(update.getBlocks().get(0).getShape()).containsExactly(1, 2);
    assertThat(littleEndian(update.getBlocks().get(0).getValues()).getFloat(4)).isEqualTo(4);
    assertThat(update.getBlocks().get(0).getNorm()).isEqualTo(5);
    assertThat(update.getBlocks().get(1).getValues()).isNull();
    assertThat(update.getParametersDigest()).isEqualTo(17);
    assertThat(update.getLogLikelihood()).isEqualTo(-163.5);
    assertThat(update.getGradientAngle()).isEqualTo(0.25);
    assertThat(update.getLearningRate()).isEqualTo(0.01);
    assertThat(update.getUpdateMicros()).isEqualTo(1234);
    assertThat(update.getTimestampMillis()).isEqualTo(CLOCK.millis());
    assertThat(updates.get(1).getSequence()).isEqualTo(1);
    assertThat(updates.get(1).getLogLikelihood()).as("not known").isNull();
    assertThat(updates.get(1).getGradientAngle()).as("not known").isNull();
  }

  @Test
  void everythingOfARun_liesInItsPartition_underItsKey() {
    KafkaRunPublisher publisher = start(settings());
    offer(publisher, 0, 3);
    publisher.offer(new UpdateObservation(0, List.of(), null, 0, 0, 0, 0));
    close(publisher);
    for (Topics.Topic topic :
        new Topics.Topic[] {FakeBroker.TOPICS.chainStates(), FakeBroker.TOPICS.gradientUpdates()}) {
      assertThat(broker.sent(topic))
          .isNotEmpty()
          .allMatch(r -> r.partition() == Topics.partitionFor("run-1", 6))
          .allMatch(r -> new String(r.key(), StandardCharsets.UTF_8).equals("run-1"));
    }
  }

  @Test
  void end_isSentOnlyWhenAllBeforeItIsAcknowledged() {
    broker.setAcknowledging(false);
    KafkaRunPublisher publisher = start(settings());
    offer(publisher, 0, 3);
    await().until(() -> broker.sweeps().size() == 3);
    Thread closing = new Thread(() -> close(publisher));
    closing.start();
    await().during(Duration.ofMillis(100)).until(() -> broker.sweeps().size() == 3);
    completeAll();
    await().until(() -> broker.sweeps().size() == 4);
    ChainStates end = broker.chainStates().get(3);
    assertThat(end.getEnd()).isTrue();
    assertThat(end.getSweep()).isEqualTo(3);
    assertThat(end.getStep()).isEqualTo(9);
    assertThat(end.getFrom().remaining()).isZero();
    assertThat(end.getTo().remaining()).isZero();
    await()
        .until(
            () -> {
              completeAll();
              return !closing.isAlive();
            });
  }

  @Test
  void brokerThatIsAwayAtTheStart_getsEverythingInOrderLater() {
    broker.setAway(true);
    KafkaRunPublisher publisher = start(settings().withQueueRecords(1024));
    offer(publisher, 0, 600);
    await().until(publisher::isBrokerAway);
    await().until(() -> publisher.spilled() > 0);
    assertThat(broker.sweeps()).isEmpty();
    broker.setAway(false);
    offer(publisher, 600, 610);
    assertThat(close(publisher)).isTrue();
    assertThat(broker.sweeps()).isEqualTo(range(0, 611)); // the last is end
    assertThat(publisher.dropped()).isZero();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void brokerThatGoesAndComes_getsEverySweepInOrder() {
    KafkaRunPublisher publisher = start(settings().withQueueRecords(1024));
    for (int round = 0; round < 3; round++) {
      int first = 1000 * round;
      long spilled = publisher.spilled();
      offer(publisher, first, first + 300);
      await().until(() -> broker.sweeps().size() == first + 300);
      broker.setAway(true);
      offer(publisher, first + 300, first + 1000);
      await().until(() -> publisher.spilled() > spilled);
      broker.setAway(false);
      await().until(() -> broker.sweeps().size() == first + 1000);
    }
    assertThat(close(publisher)).isTrue();
    assertThat(broker.sweeps()).isEqualTo(range(0, 3001));
    assertThat(publisher.dropped()).isZero();
  }

  @Test
  void producerThatFailsForGood_isReplaced_andWhatItHeldIsSentFirst() {
    broker.setAcknowledging(false);
    KafkaRunPublisher publisher = start(settings());
    offer(publisher, 0, 5);
    await().until(() -> broker.sweeps().size() == 5);
    broker.producer().completeNext(); // sweep 0, or the heartbeat before it
    broker.setAcknowledging(true);
    broker.producer().errorNext(new OutOfOrderSequenceException("broken for good"));
    offer(publisher, 5, 8);
    assertThat(close(publisher)).isTrue();
    assertThat(broker.producers()).hasSize(2);
    assertThat(broker.producers().get(0).closed()).isTrue();
    List<Long> firstSeen = new ArrayList<>();
    broker.sweeps().stream().filter(s -> !firstSeen.contains(s)).forEach(firstSeen::add);
    assertThat(firstSeen).isEqualTo(range(0, 9));
    assertThat(publisher.dropped()).isZero();
  }

  @Test
  void recordThatTheBrokerWillNeverTake_isCountedAndNotRepeated() {
    KafkaRunPublisher publisher = start(settings());
    await().until(() -> !broker.producers().isEmpty());
    broker.producer().sendException = new RecordTooLargeException("too large");
    offer(publisher, 0, 1);
    await().until(() -> publisher.dropped() >= 1);
    broker.producer().sendException = null;
    offer(publisher, 1, 2);
    assertThat(close(publisher)).isTrue();
    assertThat(broker.sweeps()).isEqualTo(range(1, 3));
  }

  @Test
  void queueAndSpillFull_dropsAndCounts_andTheGapShows() {
    broker.setAway(true);
    KafkaRunPublisher publisher = start(settings().withQueueRecords(8).withSpillBytes(2_000));
    for (int i = 0; publisher.dropped() < 5; i++) {
      publisher.offer(sweep(i));
    }
    long offered = publisher.nextSweep();
    long dropped = publisher.dropped();
    broker.setAway(false);
    await().until(() -> broker.sweeps().size() == offered - dropped);
    offer(publisher, (int) offered, (int) offered + 1);
    assertThat(close(publisher)).isTrue();
    List<Long> sweeps = broker.sweeps();
    assertThat(sweeps).isSorted().doesNotHaveDuplicates();
    assertThat(sweeps).hasSize((int) (offered - dropped) + 2).endsWith(offered, offered + 1);
    assertThat(publisher.dropped()).isEqualTo(dropped);
  }

  @Test
  void whatCannotBeDeliveredInTime_isLeftAndSentFirstByTheNextProcess() {
    KafkaRunPublisher first = start(settings());
    offer(first, 0, 3);
    await().until(() -> broker.sweeps().size() == 3);
    broker.setAway(true);
    offer(first, 3, 10);
    assertThat(first.close(WorkerState.INTERRUPTED, 10, "", NO_PATIENCE)).isFalse();
    assertThat(KafkaRunPublisher.spillFile(folder, identity(2).run(), 1)).exists();
    assertThat(first.dropped()).isZero();

    broker.setAway(false);
    KafkaRunPublisher second =
        KafkaRunPublisher.start(settings(), identity(3), run(), CLOCK, broker);
    offer(second, 10, 12);
    assertThat(close(second)).isTrue();
    List<ChainStates> sent = broker.chainStates();
    assertThat(sent.stream().filter(r -> r.getAttempt() == 2).map(ChainStates::getSweep).toList())
        .isEqualTo(range(0, 11));
    assertThat(sent.stream().filter(ChainStates::getEnd).map(ChainStates::getAttempt).toList())
        .containsExactly(2, 3);
    assertThat(sent.stream().map(ChainStates::getAttempt).toList()).isSorted();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatAnEarlierRunOfTheNameLeft_isForgotten_unlessItIsStillTrained() {
    broker.setAway(true);
    KafkaRunPublisher former = start(settings());
    offer(former, 0, 10);
    assertThatThrownBy(() -> KafkaRunPublisher.forgetUnsent(folder, "run-1", 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("in use");
    former.close(WorkerState.INTERRUPTED, 10, "", NO_PATIENCE);
    assertThat(folder).isNotEmptyDirectory();

    KafkaRunPublisher.forgetUnsent(folder, "run-1", 1);
    KafkaRunPublisher.forgetUnsent(folder, "run-1", 1);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void observation_isSafe_whenItIsAcknowledged_orInTheSpillFile_notBefore() {
    broker.setAcknowledging(false);
    KafkaRunPublisher publisher = start(settings().withQueueRecords(8));
    offer(publisher, 0, 3);
    await().until(() -> broker.sweeps().size() == 3);
    assertThat(publisher.mark()).isEqualTo(3);
    assertThat(publisher.isSafe(1)).isFalse();
    while (broker.producer().completeNext()) {}
    await().until(() -> publisher.isSafe(3));
    assertThat(publisher.isSafe(4)).isFalse();

    broker.setAway(true);
    broker.setAcknowledging(true);
    for (int i = 3; i < 13; i++) { // more than the queue holds: the oldest go to the file
      publisher.offer(sweep(i));
      await().until(() -> publisher.spilled() > 0 || publisher.nextSweep() < 8);
    }
    await().until(() -> publisher.isSafe(4));
    assertThat(publisher.isSafe(publisher.mark() + 1)).isFalse();
    assertThat(publisher.close(WorkerState.INTERRUPTED, 13, "", NO_PATIENCE)).isFalse();
  }

  @Test
  void unacknowledged_isLeftBeforeWhatWaits() throws IOException {
    broker.setAcknowledging(false);
    KafkaRunPublisher first = start(settings());
    offer(first, 0, 4);
    await().until(() -> broker.sweeps().size() == 4);
    broker.setAway(true);
    offer(first, 4, 6);
    assertThat(first.close(WorkerState.INTERRUPTED, 6, "", NO_PATIENCE)).isFalse();

    FakeBroker next = new FakeBroker();
    KafkaRunPublisher second = KafkaRunPublisher.start(settings(), identity(3), null, CLOCK, next);
    assertThat(close(second)).isTrue();
    assertThat(next.sweeps()).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 0L);
  }

  @Test
  void spillFolderThatCannotBeWritten_isAnInputError() throws IOException {
    Path file = Files.createFile(folder.resolve("a-file"));
    PublishSettings settings =
        PublishSettings.of(Map.of(), FakeBroker.TOPICS, file.resolve("below"));
    assertThatThrownBy(() -> start(settings))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a-file");
  }

  @Test
  void secondPublisherOfTheSameWorker_isRefused() {
    KafkaRunPublisher first = start(settings());
    assertThatThrownBy(() -> start(settings()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("in use");
    close(first);
  }

  @Test
  void constructorThatFails_isTriedAgain_offTheTrainingThread() {
    int[] calls = {0};
    KafkaRunPublisher publisher =
        KafkaRunPublisher.start(
            settings(),
            identity(2),
            null,
            CLOCK,
            () -> {
              if (calls[0]++ < 2) {
                throw new KafkaException("No resolvable bootstrap urls");
              }
              return broker.get();
            });
    offer(publisher, 0, 3);
    assertThat(close(publisher)).isTrue();
    assertThat(broker.sweeps()).isEqualTo(range(0, 4));
    assertThat(calls[0]).isEqualTo(3);
  }

  @Test
  void run_isRegisteredBeforeAnythingElse_andTheWorkerSpeaks() {
    Duration soon = Duration.ofMillis(20);
    KafkaRunPublisher publisher =
        KafkaRunPublisher.start(
            settings().withHeartbeat(soon, Duration.ofSeconds(1), Duration.ofMillis(100)),
            identity(2),
            run(),
            CLOCK,
            broker);
    publisher.offer(new UpdateObservation(5, List.of(), null, 0, 0, 0, 0));
    await().until(() -> states().contains(WorkerState.STALLED)); // then nothing happens
    publisher.offer(new UpdateObservation(6, List.of(), null, 0, 0, 0, 0));
    await()
        .until(
            () ->
                states().lastIndexOf(WorkerState.RUNNING) > states().indexOf(WorkerState.STALLED));
    assertThat(publisher.close(WorkerState.FAILED, 7, "out of memory", PATIENCE)).isTrue();

    assertThat(broker.producer().history().get(0).topic())
        .isEqualTo(FakeBroker.TOPICS.runs().name());
    assertThat(FakeBroker.decoded(broker.producer().history().get(0))).isEqualTo(run());
    List<Worker> words = words();
    assertThat(words.get(0).getState()).isEqualTo(WorkerState.RUNNING);
    assertThat(words.get(0).getPromisedIntervalMillis()).isEqualTo(1_000);
    assertThat(words.get(0).getHeartbeatMillis()).isEqualTo(CLOCK.millis());
    Worker last = words.get(words.size() - 1);
    assertThat(last.getState()).isEqualTo(WorkerState.FAILED);
    assertThat(last.getStep()).isEqualTo(7);
    assertThat(last.getMessage()).isEqualTo("out of memory");
    assertThat(last.getIncarnation()).isEqualTo(42);
    var history = broker.producer().history();
    assertThat(new String(history.get(history.size() - 1).key(), StandardCharsets.UTF_8))
        .isEqualTo("run-1/1");
  }

  @Test
  void observationAfterTheClose_isDroppedAndCounted() {
    KafkaRunPublisher publisher = start(settings());
    close(publisher);
    publisher.offer(sweep(0));
    assertThat(publisher.dropped()).isEqualTo(1);
    assertThat(publisher.nextSweep()).isEqualTo(1);
  }

  @Test
  void oneOfSeveral_onlySpeaksOfItself_untilAnAttemptBegins() {
    KafkaRunPublisher publisher = start(settings().ofSeveral());
    await().atMost(PATIENCE).until(() -> !words().isEmpty());
    assertThat(close(publisher)).isTrue();
    assertThat(broker.chainStates()).as("not even an end").isEmpty();

    KafkaRunPublisher second = start(settings().ofSeveral());
    second.begin(identity(4), run());
    offer(second, 5, 7);
    second.begin(identity(5), null);
    offer(second, 6, 8);
    assertThat(second.mark()).isEqualTo(6);
    assertThat(close(second)).isTrue();
    assertThat(broker.sweeps()).containsExactly(0L, 1L, 0L, 1L, 2L);
    assertThat(broker.chainStates())
        .extracting(ChainStates::getAttempt)
        .containsExactly(4, 4, 5, 5, 5);
    assertThat(broker.chainStates().get(4).getEnd()).isTrue();
    assertThat(broker.sent(FakeBroker.TOPICS.runs()))
        .extracting(FakeBroker::decoded)
        .filteredOn(Run.class::isInstance)
        .hasSize(1);
  }

  @Test
  void whatAWorkerWaitsFor_isInItsWord() {
    KafkaRunPublisher publisher =
        start(
            settings()
                .withHeartbeat(Duration.ofMillis(5), Duration.ofSeconds(1), Duration.ofMinutes(1))
                .ofSeveral());
    publisher.waits("waits for worker 2 at step 7");
    await().atMost(PATIENCE).until(() -> lastWord().getState() == WorkerState.STALLED);
    assertThat(lastWord().getMessage()).isEqualTo("waits for worker 2 at step 7");
    publisher.waits("");
    await().atMost(PATIENCE).until(() -> lastWord().getState() == WorkerState.RUNNING);
    close(publisher);
  }

  @Test
  void awaitedGradient_waitsForTheSweepsBeforeIt_whereAnotherBrokerTakesIt() {
    broker.setAcknowledging(false);
    broker.setTwoLeaders();
    KafkaRunPublisher publisher = start(settings().ofSeveral());
    publisher.begin(identity(3), null);
    publisher.offer(sweep(5));
    publisher.offer(update(5));
    await().atMost(PATIENCE).until(() -> broker.sweeps().size() == 1);
    await()
        .during(Duration.ofMillis(200))
        .atMost(PATIENCE)
        .until(() -> broker.sent(FakeBroker.TOPICS.gradientUpdates()).isEmpty());
    completeAll();
    await()
        .atMost(PATIENCE)
        .until(() -> broker.sent(FakeBroker.TOPICS.gradientUpdates()).size() == 1);
    publisher.close(WorkerState.FAILED, 5, "", NO_PATIENCE);
  }

  @Test
  void awaitedGradient_goesWithItsSweeps_toOneBroker_andIsNotKeptForALaterProcess() {
    broker.setAcknowledging(false);
    KafkaRunPublisher publisher = start(settings().ofSeveral());
    publisher.begin(identity(3), null);
    publisher.offer(sweep(5));
    publisher.offer(update(5));
    await()
        .atMost(PATIENCE)
        .until(() -> broker.sent(FakeBroker.TOPICS.gradientUpdates()).size() == 1);
    assertThat(publisher.close(WorkerState.FAILED, 5, "", NO_PATIENCE)).isFalse();

    broker.setAcknowledging(true);
    KafkaRunPublisher next = start(settings().ofSeveral());
    assertThat(close(next)).isTrue();
    assertThat(broker.sweeps()).as("sweep and end, sent again").containsExactly(0L, 0L, 1L);
    assertThat(broker.sent(FakeBroker.TOPICS.gradientUpdates())).hasSize(1);
  }

  private Worker lastWord() {
    List<Worker> words = words();
    return words.isEmpty() ? new Worker() : words.get(words.size() - 1);
  }

  private static UpdateObservation update(long step) {
    return new UpdateObservation(step, List.of(), 17L, -1, Double.NaN, 0.01, 1);
  }

  private List<Worker> words() {
    return broker.sent(FakeBroker.TOPICS.runs()).stream()
        .map(FakeBroker::decoded)
        .filter(Worker.class::isInstance)
        .map(Worker.class::cast)
        .toList();
  }

  private List<WorkerState> states() {
    return words().stream().map(Worker::getState).toList();
  }

  private void completeAll() {
    while (broker.producer().completeNext()) {}
  }

  private KafkaRunPublisher start(PublishSettings settings) {
    return KafkaRunPublisher.start(settings, identity(2), null, CLOCK, broker);
  }

  private static boolean close(KafkaRunPublisher publisher) {
    return publisher.close(WorkerState.FINISHED, 9, "", PATIENCE);
  }

  private PublishSettings settings() {
    return PublishSettings.of(Map.of("bootstrap.servers", "fake:9092"), FakeBroker.TOPICS, folder);
  }

  private static RunIdentity identity(int attempt) {
    return new RunIdentity(
        "run-1",
        attempt,
        1,
        42,
        3,
        2,
        6,
        5,
        Expectation.IRREVERSIBLE,
        3,
        4,
        new double[] {0.25, 0.75});
  }

  private static Run run() {
    return Run.newBuilder().setRun("run-1").setAttempt(2).setCreatedMillis(1).build();
  }

  private static SweepObservation sweep(long step) {
    return new SweepObservation(
        step, new byte[] {0, 1}, new byte[] {1, 2}, null, null, null, null, null);
  }

  private static void offer(KafkaRunPublisher publisher, int from, int to) {
    for (int i = from; i < to; i++) {
      publisher.offer(sweep(i));
    }
  }

  private static List<Long> range(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  private static ByteBuffer littleEndian(ByteBuffer bytes) {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }
}
