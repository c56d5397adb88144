package io.ratchet.trainer.publish;

import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.trainer.data.Shard;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The gradients of one step after the other, as the records of a run's partition hold them: one of
 * each worker, of one attempt, made by the parameters at hand.
 *
 * <p>The records are given in the order of the log, and that order decides: the first record of a
 * higher attempt begins it, and with it says who takes part; of two records of a worker the first
 * counts. A record without blocks is no gradient, but proposes an attempt without those who are
 * gone: it begins it unless the gradients of its step were complete before. So all who read the log
 * see the same gradients, and no clock takes part. A step that was complete in a superseded attempt
 * stays as it was: the next attempt begins where the last complete step ended, or makes the same
 * bits again.
 *
 * <p>A reader may be one of the workers, or anyone who wants the parameters of a past step. The
 * latter passes over gradients of other parameters; to a worker they are the failure that the
 * digest is there to find.
 */
public final class StepGradients {

  /** Number of a reader that is none of the workers. */
  private static final int NOBODY = -1;

  private final String run;
  private int worker;
  private int workers;
  private int attempt;

  /** Lower attempts are superseded, whatever of them is still to be read. */
  private final int least;

  /** Who of the attempt before takes part, as the attempt's first record said; null: not read. */
  private List<Integer> members;

  /** Whether this process began the attempt, of all workers, and that is not read yet. */
  private boolean mine;

  /** Own incarnation, once this process publishes: there must be no other. Else null. */
  private Long incarnation;

  private GradientUpdate[] received;
  private int missing;
  private long step;
  private long digest;

  private StepGradients(String run, int attempt, int least, int worker, int workers) {
    this.run = run;
    this.attempt = attempt;
    this.least = least;
    this.worker = worker;
    this.workers = workers;
    await(0, 0);
  }

  /**
   * What a worker reads.
   *
   * @param attempt of the checkpoint that it goes on from, 0 for none
   * @param least the attempt that goes on from that checkpoint: the same, or a later one
   */
  static StepGradients ofWorker(String run, int attempt, int least, Shard shard) {
    return new StepGradients(run, attempt, least, shard.worker(), shard.workers());
  }

  /**
   * What anyone else reads.
   *
   * @param attempt of the checkpoint that it goes on from
   * @param least the attempt that goes on from that checkpoint: the same, or a later one
   * @param workers that the run had then
   */
  public static StepGradients ofReader(String run, int attempt, int least, int workers) {
    return new StepGradients(run, attempt, least, NOBODY, workers);
  }

  /** Goes to a step; the digest is that of the parameters that its gradients are made with. */
  public void await(long step, long digest) {
    this.step = step;
    this.digest = digest;
    clear();
  }

  private void clear() {
    received = new GradientUpdate[workers];
    missing = workers;
  }

  /** From now on this process publishes: what others do to its attempt or its number matters. */
  void publishes(long incarnation) {
    this.incarnation = incarnation;
  }

  /**
   * Begins an attempt of all workers at the present step, which lacks the gradient of this one;
   * another process may have begun it before, and the log will tell.
   */
  void begin(int attempt) {
    this.attempt = attempt;
    members = null;
    mine = true;
    clear();
  }

  /**
   * Takes the next record of the partition.
   *
   * @return whether it began an attempt
   * @throws IllegalStateException if a worker cannot go on: its own or another's parameters are not
   *     what they should be, or the others went on without it
   */
  public boolean take(GradientUpdate update) {
    if (!update.getRun().equals(run) || update.getAttempt() < Math.max(attempt, least)) {
      return false;
    }
    if (worker != NOBODY && update.getStep() > step) { // not one without all of mine before it
      throw failure("the log has gradients of step " + update.getStep() + " before those of mine");
    }
    boolean begins = update.getAttempt() > attempt;
    if (begins && !update.getMembers().isEmpty() && update.getStep() < step) {
      return false; // proposed while the last gradient of that step was on its way before it
    }
    if (begins) {
      join(update);
    } else if (members == null) {
      decide(update);
    }
    boolean isProposal = update.getBlocks().isEmpty();
    if (!isProposal && update.getStep() == step && update.getMembers().equals(members)) {
      receive(update);
    }
    return begins;
  }

  /** Takes part in an attempt that another process began. */
  private void join(GradientUpdate first) {
    List<Integer> next = first.getMembers();
    boolean leavesOut = !next.isEmpty();
    String begun = "attempt " + first.getAttempt() + " began at step " + first.getStep();
    if (worker != NOBODY) {
      if (leavesOut && !next.contains(worker)) {
        throw failure(begun + " without this worker");
      }
      if (first.getStep() < step) { // not yet recorded when my step was: the others went back
        throw failure(begun + ": resume every worker with --at-step " + first.getStep());
      }
      if (!leavesOut && first.getWorkers() != workers) {
        throw failure(begun + " with " + first.getWorkers() + " workers, not " + workers);
      }
      if (leavesOut) {
        worker = next.indexOf(worker);
        workers = next.size();
      }
    } else {
      workers = first.getWorkers();
    }
    attempt = first.getAttempt();
    members = next;
    mine = false;
    clear();
  }

  /** The first record of the present attempt that is read says who takes part. */
  private void decide(GradientUpdate first) {
    if (mine && !first.getMembers().isEmpty()) {
      throw failure("another worker began attempt " + attempt + " at the same moment; resume this");
    }
    members = first.getMembers();
    mine = false;
  }

  private void receive(GradientUpdate update) {
    int from = update.getWorker();
    if (from < 0 || from >= workers) {
      return;
    }
    if (from == worker && incarnation != null && update.getIncarnation() != incarnation) {
      throw failure("another process is worker " + worker + " of this run, too");
    }
    if (received[from] != null) {
      return;
    }
    Long made = update.getParametersDigest();
    if (made == null || made != digest) {
      if (worker == NOBODY) {
        return;
      }
      throw failure(
          String.format(
              "worker %d has other parameters: digest %016x, here %016x", from, made, digest));
    }
    received[from] = update;
    missing--;
  }

  private IllegalStateException failure(String why) {
    return new IllegalStateException(
        "run " + run + ", worker " + worker + ", step " + step + ": " + why);
  }

  /** Whether there is one of each worker. */
  public boolean isComplete() {
    return missing == 0;
  }

  /** Whether there is one of this worker. */
  boolean hasOwn() {
    return received[worker] != null;
  }

  /** Workers without a gradient, or with one, ascending. */
  List<Integer> workers(boolean with) {
    List<Integer> some = new ArrayList<>();
    for (int w = 0; w < workers; w++) {
      if ((received[w] != null) == with) {
        some.add(w);
      }
    }
    return some;
  }

  /** The gradients of all workers, in their order: float32 values by the block's name. */
  public List<Map<String, float[]>> values() {
    List<Map<String, float[]>> values = new ArrayList<>();
    for (GradientUpdate update : received) {
      Map<String, float[]> blocks = new HashMap<>();
      for (GradientBlock block : update.getBlocks()) {
        if (block.getValues() == null) {
          throw failure("the log has no values of block " + block.getName());
        }
        FloatBuffer floats =
            block.getValues().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] array = new float[floats.remaining()];
        floats.get(array);
        blocks.put(block.getName(), array);
      }
      values.add(blocks);
    }
    return values;
  }

  /** Learning rate of the update; only when complete. */
  public double learningRate() {
    return received[0].getLearningRate();
  }

  /** The attempt that the log is in, as far as it was read. */
  int attempt() {
    return attempt;
  }

  /** Who takes part in it; empty for all. */
  List<Integer> members() {
    return members == null ? List.of() : members;
  }

  /** What this worker has of the run in it. */
  Shard shard() {
    return new Shard(worker, workers);
  }
}
