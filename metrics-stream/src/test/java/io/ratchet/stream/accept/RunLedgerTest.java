package io.ratchet.stream.accept;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.stream.Sweeps;
import io.ratchet.stream.accept.Event.Accepted;
import io.ratchet.stream.accept.Event.AttemptBegan;
import io.ratchet.stream.accept.Event.BucketClosed;
import io.ratchet.stream.accept.Event.BucketDropped;
import io.ratchet.stream.accept.Event.Duplicate;
import io.ratchet.stream.accept.Event.Late;
import io.ratchet.stream.accept.Event.Rejected;
import io.ratchet.stream.accept.Event.Waiting;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules one by one; {@code B = 10}, {@code R = 5}, {@code grace = 2}. */
class RunLedgerTest {
  private static final WindowSettings SETTINGS = new WindowSettings(10, 5, 2, 0.05);

  private final RunLedger ledger = RunLedger.open(SETTINGS);
  private long offset;

  @Test
  void sweepsInOrder_areAccepted_andClosingABucketNeedsAStepBeyondIt() {
    assertThat(offer(sweep(0, 0))).singleElement().isInstanceOf(Accepted.class);
    assertThat(offer(sweep(1, 9))).singleElement().isInstanceOf(Accepted.class);
    assertThat(offer(sweep(2, 10)))
        .satisfiesExactly(
            accepted -> assertThat(((Accepted) accepted).bucket()).isEqualTo(1),
            closed -> assertThat(((BucketClosed) closed).bucket()).isZero());
  }

  @Test
  void anotherShapeThanTheFirst_isAMismatch_evenOfAnOldAttempt() {
    offer(sweep(0, 0));
    offer(sweep(0, 50).setAttempt(2).setStartStep(50));
    assertRejected(offer(sweep(1, 50).setAttempt(2).setStartStep(49)), Reason.MISMATCH);
    assertRejected(offer(sweep(1, 1).setChains(9)), Reason.MISMATCH);
    assertRejected(offer(sweep(1, 1)), Reason.SUPERSEDED);
  }

  @Test
  void aWorkerBeyondTheirNumber_isAMismatch_andOpensNoAttempt() {
    assertRejected(offer(sweep(0, 0).setWorker(1)), Reason.MISMATCH);
    assertThat(ledger.attempt()).isZero();
  }

  @Test
  void theFirstIncarnation_ownsTheWorker() {
    offer(sweep(0, 0));
    assertRejected(offer(sweep(1, 0).setIncarnation(8)), Reason.SECOND_PRODUCER);
    assertThat(offer(sweep(1, 0))).singleElement().isInstanceOf(Accepted.class);
  }

  @Test
  void anEarlySweep_waits_andIsAppliedWhenTheMissingOneComes() {
    assertThat(offer(sweep(1, 1))).singleElement().isInstanceOf(Waiting.class);
    assertThat(offer(sweep(1, 1))).singleElement().isInstanceOf(Duplicate.class);
    assertThat(offer(sweep(0, 0)))
        .extracting(event -> ((Accepted) event).arrival().sweep().number())
        .containsExactly(0L, 1L);
  }

  @Test
  void sixtyFourAhead_waits_andOneMoreMovesTheLineTo64BeforeIt() {
    offer(sweep(0, 0));
    assertThat(offer(sweep(64, 5))).singleElement().isInstanceOf(Waiting.class);
    assertThat(ledger.tally().gaps()).isZero();
    // The line goes from 0 to 1 = 65 - 64: sweep 1 is missing.
    assertThat(offer(sweep(65, 5))).singleElement().isInstanceOf(Waiting.class);
    assertThat(ledger.tally().gaps()).isEqualTo(1);
    assertThat(offer(sweep(1, 0))).singleElement().isInstanceOf(Duplicate.class);
    assertThat(offer(sweep(2, 3)))
        .singleElement()
        .satisfies(event -> assertThat(((Accepted) event).gaps()).isEqualTo(1));
  }

  @Test
  void waitingSweepsThatTheLinePasses_areAppliedInOrder() {
    offer(sweep(5, 1));
    offer(sweep(3, 1));
    List<Event> events = offer(sweep(100, 2));
    assertThat(events)
        .satisfiesExactly(
            three -> assertThat(((Accepted) three).gaps()).isEqualTo(3),
            five -> assertThat(((Accepted) five).gaps()).isEqualTo(1),
            hundred -> assertThat(hundred).isInstanceOf(Waiting.class));
    assertThat(ledger.tally().gaps()).isEqualTo(37 - 2);
  }

  @Test
  void moreThan16MiBWaiting_moveTheLineToTheEarliest() {
    offer(sweep(0, 0));
    for (int n = 2; n < 10; n++) {
      assertThat(offer(sweep(n, 0), 2 << 20)).singleElement().isInstanceOf(Waiting.class);
    }
    assertThat(offer(sweep(30, 0), 1))
        .hasSize(9)
        .element(1)
        .satisfies(event -> assertThat(((Accepted) event).gaps()).isEqualTo(1));
    assertThat(ledger.tally().waiting()).isEqualTo(1);
  }

  /** Else a run of 4,096 workers could make 64 GiB wait. */
  @Test
  void moreThan64MiBWaitingOfAllWorkers_moveTheLineOfTheOneThatSends() {
    int workers = 9;
    for (int worker = 0; worker < workers - 1; worker++) {
      for (int n = 1; n < 5; n++) { // 8 MiB of each of eight
        assertThat(offer(of(worker, workers, n), 2 << 20))
            .singleElement()
            .isInstanceOf(Waiting.class);
      }
    }
    assertThat(offer(of(8, workers, 1), 1))
        .as("it waits for nothing any more")
        .satisfiesExactly(
            waiting -> assertThat(waiting).isInstanceOf(Waiting.class),
            accepted -> assertThat(((Accepted) accepted).gaps()).isEqualTo(1));
    assertThat(offer(of(0, workers, 0), 1)).as("the others are as they were").hasSize(5);
    assertThat(offer(of(8, workers, 3), 1)).singleElement().isInstanceOf(Waiting.class);
  }

  private static ChainStates.Builder of(int worker, int workers, long number) {
    return sweep(number, 0)
        .setWorker(worker)
        .setWorkers(workers)
        .setChains(workers)
        .setChainOffset(worker);
  }

  @Test
  void theEnd_movesTheLineToItself_andNothingComesAfterIt() {
    offer(sweep(0, 0));
    offer(sweep(2, 12));
    offer(sweep(9, 15));
    List<Event> events = offer(end(5, 13));
    assertThat(events).filteredOn(Accepted.class::isInstance).hasSize(2);
    assertThat(events)
        .filteredOn(BucketClosed.class::isInstance)
        .extracting(event -> ((BucketClosed) event).bucket())
        .containsExactly(0L, 1L);
    assertRejected(events.stream().filter(Rejected.class::isInstance).toList(), Reason.AFTER_END);
    assertRejected(offer(sweep(6, 14)), Reason.AFTER_END);
    assertThat(offer(sweep(3, 12))).singleElement().isInstanceOf(Duplicate.class);
    assertThat(ledger.tally().gaps()).isEqualTo(3);
    assertThat(ledger.hasEnded()).isTrue();
  }

  @Test
  void aBucketWaitsForAllWorkers_butNotBeyondTheGrace() {
    offer(two(0, 0, 0));
    assertThat(offer(two(0, 1, 25))).hasSize(1); // the other has not passed bucket 0
    assertThat(offer(two(0, 2, 30)))
        .last()
        .satisfies(
            event -> {
              BucketClosed closed = (BucketClosed) event;
              assertThat(closed.bucket()).isZero();
              assertThat(closed.missingWorkers()).containsExactly(1);
            });
    assertThat(offer(two(1, 0, 3))).first().isInstanceOf(Late.class);
    assertThat(offer(two(1, 1, 11))).first().isInstanceOf(Accepted.class);
  }

  @Test
  void theFirstWorkerToEnd_doesNotCloseTheBucketsOfTheOthers() {
    offer(two(0, 0, 0));
    offer(two(1, 0, 0));
    assertThat(offer(two(0, 1, 19).setEnd(true))).hasSize(1);
    assertThat(offer(two(1, 1, 5))).first().isInstanceOf(Accepted.class);
    assertThat(offer(two(1, 2, 19).setEnd(true)))
        .filteredOn(BucketClosed.class::isInstance)
        .allSatisfy(event -> assertThat(((BucketClosed) event).missingWorkers()).isEmpty())
        .hasSize(2);
  }

  @Test
  void aHigherAttempt_closesWhatItDoesNotRepeat_andDropsTheRest() {
    offer(two(0, 0, 4));
    offer(two(0, 1, 14));
    offer(two(0, 2, 24));
    offer(two(0, 9, 24));
    List<Event> events = offer(two(0, 0, 20).setAttempt(2).setStartStep(20));
    assertRejected(events.subList(0, 1), Reason.SUPERSEDED);
    assertThat(events.subList(1, 3))
        .extracting(event -> ((BucketClosed) event).bucket())
        .containsExactly(0L, 1L);
    assertThat(((BucketClosed) events.get(1)).missingWorkers()).containsExactly(1);
    assertThat(((BucketClosed) events.get(2)).missingWorkers()).containsExactly(1);
    assertThat(((BucketDropped) events.get(3)).bucket()).isEqualTo(2);
    assertThat(events.get(4)).isEqualTo(new AttemptBegan(2, 1));
    assertThat(events.get(5)).isInstanceOf(Accepted.class);
  }

  @Test
  void aStepThatGoesBack_isRejected_andLeavesTheLineAlone() {
    offer(sweep(0, 5));
    assertRejected(offer(sweep(1, 4)), Reason.STEP_ORDER);
    offer(sweep(3, 7));
    assertRejected(offer(sweep(2, 8)), Reason.STEP_ORDER);
    assertThat(offer(sweep(1, 5))).singleElement().isInstanceOf(Accepted.class);
  }

  @Test
  void stepsMayJumpByAnyAmount_andOnlyEmptyBucketsNearFullOnesAreTold() {
    offer(sweep(0, 0));
    List<Event> events = offer(sweep(1, SweepReader.MAX_STEP));
    assertThat(events)
        .filteredOn(BucketClosed.class::isInstance)
        .extracting(event -> ((BucketClosed) event).empty())
        .containsExactly(false, true, true, true, true, true, true, true, true, true);
    assertThat(offer(sweep(2, SweepReader.MAX_STEP))).singleElement().isInstanceOf(Accepted.class);
  }

  private List<Event> offer(ChainStates.Builder record) {
    return offer(record, 100);
  }

  private List<Event> offer(ChainStates.Builder record, int bytes) {
    try {
      Sweep sweep = SweepReader.open(RecordCodec.encode(record.build())).sweep();
      List<Event> events = ledger.offer(new Arrival(sweep, new byte[bytes], offset++));
      Tally tally = ledger.tally();
      assertThat(
              tally.accepted()
                  + tally.duplicate()
                  + tally.late()
                  + tally.rejected()
                  + tally.waiting())
          .isEqualTo(tally.arrived())
          .isEqualTo(offset);
      return new ArrayList<>(events);
    } catch (RejectedException e) {
      throw new AssertionError(e);
    }
  }

  private static ChainStates.Builder sweep(long number, long step) {
    return Sweeps.plain("r", number, step);
  }

  private static ChainStates.Builder end(long number, long step) {
    return sweep(number, step)
        .setEnd(true)
        .setFrom(ByteBuffer.allocate(0))
        .setTo(ByteBuffer.allocate(0));
  }

  private static ChainStates.Builder two(int worker, long number, long step) {
    return sweep(number, step).setWorker(worker).setWorkers(2).setChains(2).setChainOffset(worker);
  }

  private static void assertRejected(List<Event> events, Reason reason) {
    assertThat(events)
        .singleElement()
        .satisfies(event -> assertThat(((Rejected) event).reason()).isEqualTo(reason));
  }
}
