package io.ratchet.stream;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.StateEncoding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;

/** Chain-states records for tests. */
public final class Sweeps {
  private Sweeps() {}

  /** A well-formed sweep of the only worker, with one chain that stays in state 0 of 3. */
  public static ChainStates.Builder plain(String run, long sweep, long step) {
    return ChainStates.newBuilder()
        .setRun(run)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(7)
        .setWorkers(1)
        .setChainOffset(0)
        .setChains(1)
        .setStartStep(0)
        .setStep(step)
        .setSweep(sweep)
        .setExpectation(Expectation.IRREVERSIBLE)
        .setStates(3)
        .setEncoding(StateEncoding.UINT8)
        .setFrom(ByteBuffer.wrap(new byte[1]))
        .setTo(ByteBuffer.wrap(new byte[1]));
  }

  /** Random transitions of the builder's K, with random observables now and then. */
  static void fill(ChainStates.Builder sweep, int chains, RandomGenerator random) {
    int states = sweep.getStates();
    boolean wide = random.nextInt(4) == 0;
    ByteBuffer from = bytes(chains * (wide ? 2 : 1));
    ByteBuffer to = bytes(chains * (wide ? 2 : 1));
    for (int chain = 0; chain < chains; chain++) {
      int left = random.nextInt(states);
      // A drift round the ring, so that there is something to estimate.
      int entered = (left + (random.nextInt(3) == 0 ? 0 : 1)) % states;
      if (wide) {
        from.putShort((short) left);
        to.putShort((short) entered);
      } else {
        from.put((byte) left);
        to.put((byte) entered);
      }
    }
    sweep
        .setEncoding(wide ? StateEncoding.UINT16_LE : StateEncoding.UINT8)
        .setFrom(from.flip())
        .setTo(to.flip());
    if (random.nextInt(3) == 0) {
      sweep.setPathEntropy(floats(chains, () -> (float) random.nextGaussian()));
    }
    if (random.nextInt(3) == 0) {
      sweep.setSoftTo(rows(chains, states, random));
      sweep.setDataLatent(rows(1, states, random));
    }
    if (random.nextInt(3) == 0) {
      ByteBuffer classes = bytes(chains);
      for (int chain = 0; chain < chains; chain++) {
        classes.put((byte) (random.nextInt(5) == 0 ? 255 : random.nextInt(2)));
      }
      sweep.setClasses(classes.flip());
      double share = random.nextInt(1, 8) / 8.0;
      sweep.setClassReference(bytes(16).putDouble(share).putDouble(1 - share).flip());
    }
  }

  /** Little-endian, like everything that is published. */
  public static ByteBuffer bytes(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  private interface FloatSource {
    float next();
  }

  private static ByteBuffer floats(int count, FloatSource source) {
    ByteBuffer floats = bytes(count * Float.BYTES);
    for (int i = 0; i < count; i++) {
      floats.putFloat(source.next());
    }
    return floats.flip();
  }

  private static ByteBuffer rows(int rows, int states, RandomGenerator random) {
    ByteBuffer floats = bytes(rows * states * Float.BYTES);
    for (int row = 0; row < rows; row++) {
      double[] weights = random.doubles(states, 1e-3, 1).toArray();
      double sum = 0;
      for (double weight : weights) {
        sum += weight;
      }
      for (double weight : weights) {
        floats.putFloat((float) (weight / sum));
      }
    }
    return floats.flip();
  }
}
