package io.ratchet.benchmarks;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.StateEncoding;
import io.ratchet.thermodynamics.GroupedCounts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/** States of many chains as a run publishes them: step by step, chain i at position i. */
final class RecordedChains {
  static final int CHAINS = 512;
  static final int GROUPS = 32;
  static final int STATES = 10;

  private static final long SEED = 20_261_122L;

  /** [steps + 1][CHAINS], row-major. */
  private final byte[] states;

  private final int steps;

  private RecordedChains(byte[] states, int steps) {
    this.states = states;
    this.steps = steps;
  }

  /**
   * Chains of a random kernel, at least as many transitions as asked for.
   *
   * @param transitions transitions of all chains
   */
  static RecordedChains simulate(int transitions) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(SEED);
    // Each state has 256 equally likely successors, some of them the same.
    byte[] next = new byte[STATES << 8];
    for (int i = 0; i < next.length; i++) {
      next[i] = (byte) Math.min(random.nextInt(STATES), random.nextInt(STATES));
    }
    int steps = (transitions + CHAINS - 1) / CHAINS;
    byte[] states = new byte[(steps + 1) * CHAINS];
    long bits = 0;
    for (int i = CHAINS; i < states.length; i++) {
      bits = i % 8 == 0 ? random.nextLong() : bits >>> 8;
      states[i] = next[states[i - CHAINS] << 8 | (int) (bits & 0xFF)];
    }
    return new RecordedChains(states, steps);
  }

  /**
   * The record of a step of a run's only worker that sweeps once a step.
   *
   * @param from state of each chain before it: a byte each, two from K = 257 on
   * @param to state of each chain after it
   */
  static ChainStates sweep(String run, int step, int states, ByteBuffer from, ByteBuffer to) {
    return ChainStates.newBuilder()
        .setRun(run)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setWorkers(1)
        .setChainOffset(0)
        .setChains(states > 256 ? from.remaining() / 2 : from.remaining())
        .setStartStep(0)
        .setStep(step)
        .setSweep(step)
        .setExpectation(Expectation.IRREVERSIBLE)
        .setStates(states)
        .setEncoding(states > 256 ? StateEncoding.UINT16_LE : StateEncoding.UINT8)
        .setFrom(from)
        .setTo(to)
        .build();
  }

  /** States as a record has them: a byte each, two from K = 257 on. */
  static byte[] bytes(int[] chains, int states) {
    int width = states > 256 ? 2 : 1;
    ByteBuffer bytes = ByteBuffer.allocate(width * chains.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int state : chains) {
      if (width == 1) {
        bytes.put((byte) state);
      } else {
        bytes.putShort((short) state);
      }
    }
    return bytes.array();
  }

  byte[] states() {
    return states;
  }

  /** Number of steps recorded. */
  int steps() {
    return steps;
  }

  /** Transitions of all chains. */
  int transitions() {
    return steps * CHAINS;
  }

  /** Counts every transition. */
  GroupedCounts count() {
    GroupedCounts counts = GroupedCounts.empty(GROUPS, STATES);
    counts.addSweeps(states, CHAINS);
    return counts;
  }

  /** The same, one transition at a time. */
  GroupedCounts countOneByOne() {
    GroupedCounts counts = GroupedCounts.empty(GROUPS, STATES);
    for (int step = 0, i = 0; step < steps; step++) {
      for (int chain = 0; chain < CHAINS; chain++, i++) {
        counts.add(chain % GROUPS, states[i], states[i + CHAINS]);
      }
    }
    return counts;
  }
}
