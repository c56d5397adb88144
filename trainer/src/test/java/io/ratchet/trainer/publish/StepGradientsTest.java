package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.trainer.data.Shard;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StepGradientsTest {
  private static final long MINE = 77;

  private final StepGradients worker = StepGradients.ofWorker("r", 1, 1, new Shard(1, 3));

  @Test
  void step_isComplete_withOneGradientOfEachWorker_inTheirOrder() {
    worker.await(5, 9);
    assertThat(worker.take(gradient(1, 2, 5, 9))).isFalse();
    worker.take(gradient(1, 0, 5, 9));
    assertThat(worker.workers(false)).containsExactly(1);
    assertThat(worker.workers(true)).containsExactly(0, 2);
    assertThat(worker.isComplete()).isFalse();
    worker.take(gradient(1, 1, 5, 9));

    assertThat(worker.isComplete()).isTrue();
    assertThat(worker.values())
        .extracting(blocks -> blocks.get("W")[0])
        .containsExactly(0f, 1f, 2f);
    worker.await(6, 10);
    assertThat(worker.isComplete()).isFalse();
  }

  @Test
  void recordsOfOtherRunsStepsAttemptsAndSecondOnes_areNoGradientsOfTheStep() {
    worker.await(5, 9);
    GradientUpdate stranger = gradient(1, 0, 5, 9);
    stranger.setRun("other");
    worker.take(stranger);
    worker.take(gradient(1, 0, 4, 8));
    worker.take(gradient(0, 0, 5, 9));
    worker.take(gradient(1, 7, 5, 9));
    assertThat(worker.workers(true)).isEmpty();

    GradientUpdate first = gradient(1, 0, 5, 9);
    GradientUpdate second = gradient(1, 0, 5, 9);
    second.getBlocks().get(0).setValues(floats(42));
    worker.take(first);
    worker.take(second);
    worker.take(gradient(1, 1, 5, 9));
    worker.take(gradient(1, 2, 5, 9));
    assertThat(worker.values().get(0).get("W")).containsExactly(0f);
  }

  @Test
  void otherParameters_areAFailureOfTheWorkerNamed_andNothingToAReader() {
    worker.await(5, 9);
    assertThatThrownBy(() -> worker.take(gradient(1, 2, 5, 10)))
        .hasMessage(
            "run r, worker 1, step 5: worker 2 has other parameters: digest 000000000000000a, here"
                + " 0000000000000009");

    StepGradients reader = StepGradients.ofReader("r", 1, 1, 3);
    reader.await(5, 9);
    reader.take(gradient(1, 2, 5, 10));
    assertThat(reader.workers(true)).isEmpty();
    reader.take(gradient(1, 2, 5, 9));
    assertThat(reader.workers(true)).containsExactly(2);
  }

  @Test
  void higherAttempt_beginsWhereTheWorkerWaits_andLeavesNothingOfTheOldOne() {
    worker.publishes(MINE);
    worker.await(5, 9);
    worker.take(gradient(1, 0, 5, 9));
    assertThat(worker.take(gradient(2, 2, 5, 9))).isTrue();

    assertThat(worker.attempt()).isEqualTo(2);
    assertThat(worker.workers(true)).containsExactly(2);
    worker.take(gradient(1, 0, 5, 9)); // late, of the old attempt
    assertThat(worker.workers(true)).containsExactly(2);

    assertThatThrownBy(() -> worker.take(gradient(3, 0, 4, 8)))
        .hasMessageContaining("attempt 3 began at step 4: resume every worker with --at-step 4");
  }

  @Test
  void workerThatCatchesUp_goesThroughAttempts_andStopsWhereTheOthersWentBack() {
    worker.await(5, 9);
    assertThat(worker.take(gradient(2, 0, 5, 9))).isTrue();
    worker.take(gradient(2, 1, 4, 8)); // a second one of a step that is over
    for (int w = 0; w < 3; w++) {
      worker.take(gradient(2, w, 5, 9));
    }
    assertThat(worker.isComplete()).isTrue();

    worker.await(6, 10);
    assertThatThrownBy(() -> worker.take(gradient(3, 0, 3, 7)))
        .hasMessageContaining("attempt 3 began at step 3: resume every worker with --at-step 3");
  }

  @Test
  void attemptThatBeganAtTheCheckpoint_isTheLine_andNotTheOneThatMadeTheCheckpoint() {
    StepGradients back = StepGradients.ofWorker("r", 1, 2, new Shard(2, 3));
    StepGradients reader = StepGradients.ofReader("r", 1, 2, 3);
    for (StepGradients each : List.of(back, reader)) {
      each.await(500, 9);
      for (int w = 0; w < 3; w++) {
        each.take(gradient(1, w, 500, 9));
      }
      assertThat(each.workers(true)).isEmpty();
      assertThat(each.take(gradient(2, 0, 500, 9, 0, 2))).isTrue();
      each.take(gradient(2, 1, 500, 9, 0, 2));
      assertThat(each.isComplete()).isTrue();
    }
    assertThat(back.shard()).isEqualTo(new Shard(1, 2));
  }

  @Test
  void attemptThatLeavesAWorkerOut_renumbersTheOthers() {
    StepGradients last = StepGradients.ofWorker("r", 1, 1, new Shard(2, 3));
    for (StepGradients each : List.of(last, worker)) {
      each.publishes(MINE);
      each.await(5, 9);
    }
    GradientUpdate first = gradient(2, 0, 5, 9, 0, 2);
    assertThat(last.take(first)).isTrue();
    assertThat(last.shard()).isEqualTo(new Shard(1, 2));
    assertThat(last.members()).containsExactly(0, 2);
    last.take(mine(gradient(2, 1, 5, 9, 0, 2)));
    assertThat(last.isComplete()).isTrue();

    assertThatThrownBy(() -> worker.take(first))
        .hasMessageContaining("attempt 2 began at step 5 without this worker");
  }

  @Test
  void ofTwoBeginningsOfAnAttempt_theFirstInTheLogHolds() {
    worker.publishes(MINE);
    worker.await(5, 9);
    worker.begin(2);
    assertThatThrownBy(() -> worker.take(proposal(2, 0, 5, 0, 1)))
        .hasMessageContaining("another worker began attempt 2 at the same moment");

    StepGradients other = StepGradients.ofWorker("r", 1, 1, new Shard(1, 3));
    other.publishes(MINE);
    other.await(5, 9);
    assertThat(other.take(proposal(2, 0, 5, 0, 1))).isTrue();
    other.take(proposal(2, 1, 5, 1, 2)); // came second: nobody takes it
    other.take(gradient(2, 0, 5, 9, 0, 1));
    assertThat(other.workers(false)).containsExactly(1);
  }

  @Test
  void proposal_beginsAnAttempt_unlessItsStepWasCompleteBefore() {
    StepGradients reader = StepGradients.ofReader("r", 1, 1, 3);
    for (StepGradients each : List.of(worker, reader)) {
      each.await(5, 9);
      each.take(gradient(1, 0, 5, 9));
      each.take(gradient(1, 1, 5, 9));
      each.take(gradient(1, 2, 5, 9)); // of who was slow, and the proposal comes after it
      assertThat(each.isComplete()).isTrue();
      each.await(6, 10);
      each.take(gradient(1, 0, 6, 10));
      assertThat(each.take(proposal(2, 0, 5, 0, 1))).isFalse();
      assertThat(each.attempt()).isEqualTo(1);
      assertThat(each.workers(true)).containsExactly(0);

      assertThat(each.take(proposal(2, 0, 6, 0, 1))).isTrue();
      each.take(gradient(1, 2, 6, 10)); // now it is this one that comes too late
      assertThat(each.workers(true)).as("a proposal is no gradient").isEmpty();
      each.take(gradient(2, 0, 6, 10, 0, 1));
      each.take(gradient(2, 1, 6, 10, 0, 1));
      assertThat(each.isComplete()).isTrue();
    }
  }

  @Test
  void secondProcessThatIsTheSameWorker_isFound() {
    worker.take(gradient(1, 1, 0, 0)); // before it publishes: its own past
    worker.publishes(MINE);
    worker.await(5, 9);
    worker.take(mine(gradient(1, 1, 5, 9)));
    worker.await(6, 10);
    assertThatThrownBy(() -> worker.take(gradient(1, 1, 6, 10)))
        .hasMessageContaining("another process is worker 1 of this run, too");
  }

  @Test
  void logWithAHole_isAFailure_andNoWaitForEver() {
    worker.await(5, 9);
    assertThatThrownBy(() -> worker.take(gradient(1, 0, 6, 10)))
        .hasMessageContaining("the log has gradients of step 6 before those of mine");
  }

  private static GradientUpdate mine(GradientUpdate update) {
    update.setIncarnation(MINE);
    return update;
  }

  private static GradientUpdate proposal(int attempt, int worker, long step, Integer... members) {
    GradientUpdate proposal = gradient(attempt, worker, step, 0, members);
    proposal.setBlocks(List.of());
    return proposal;
  }

  /** Its one value is the worker's number. */
  private static GradientUpdate gradient(
      int attempt, int worker, long step, long digest, Integer... members) {
    return GradientUpdate.newBuilder()
        .setRun("r")
        .setAttempt(attempt)
        .setWorker(worker)
        .setIncarnation(worker)
        .setSequence(0)
        .setStep(step)
        .setParametersDigest(digest)
        .setBlocks(List.of(new GradientBlock("W", List.of(1), floats(worker), 1.0)))
        .setWorkers(members.length == 0 ? 3 : members.length)
        .setMembers(List.of(members))
        .build();
  }

  private static ByteBuffer floats(float value) {
    return ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).flip();
  }
}
