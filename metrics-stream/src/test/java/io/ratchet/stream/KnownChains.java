package io.ratchet.stream;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.StateEncoding;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Sweeps of persistent chains on a ring of three states whose law is known and may change from step
 * to step: one on with probability {@code on}, one back with {@code back}, else where it is. Its
 * entropy production is (on - back) ln(on/back) nats per transition.
 */
public final class KnownChains {
  static final int STATES = 3;

  private final String run;
  private final Expectation expectation;
  private final int[] states;
  private final Random random = new Random(20261122);
  private final List<ChainStates> records = new ArrayList<>();
  private int attempt = 1;
  private long startStep;
  private long step;
  private long sweep;

  public KnownChains(String run, Expectation expectation, int chains) {
    this.run = run;
    this.expectation = expectation;
    states = new int[chains];
    for (int chain = 0; chain < chains; chain++) {
      states[chain] = chain % STATES;
    }
  }

  /** Goes on for a number of steps, one sweep each. */
  public KnownChains run(int steps, double on, double back) {
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
      records.add(sweep().setFrom(ByteBuffer.wrap(from)).setTo(ByteBuffer.wrap(to)).build());
      step++;
    }
    return this;
  }

  /** Lets steps pass of which no sweep is published. */
  public KnownChains skip(int steps) {
    step += steps;
    return this;
  }

  /** Resumes at a step as a new attempt. */
  public KnownChains resume(long atStep) {
    attempt++;
    startStep = atStep;
    step = atStep;
    sweep = 0;
    return this;
  }

  public KnownChains end() {
    ByteBuffer nothing = ByteBuffer.allocate(0);
    records.add(sweep().setFrom(nothing).setTo(nothing).setEnd(true).build());
    return this;
  }

  /** What was published so far. */
  public List<ChainStates> records() {
    return List.copyOf(records);
  }

  private ChainStates.Builder sweep() {
    return Sweeps.plain(run, sweep++, step)
        .setAttempt(attempt)
        .setIncarnation(attempt)
        .setStartStep(startStep)
        .setChains(states.length)
        .setStates(STATES)
        .setExpectation(expectation)
        .setEncoding(StateEncoding.UINT8);
  }
}
