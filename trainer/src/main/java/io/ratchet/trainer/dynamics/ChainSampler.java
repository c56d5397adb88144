package io.ratchet.trainer.dynamics;

/**
 * A kernel that moves every chain by one transition: step(randomness, state) gives a new state and
 * what happened. It keeps nothing between calls but its parameters; randomness comes with the
 * chains, diagnostics go into the sweep.
 */
public interface ChainSampler {

  /**
   * Makes the chains ready for sweeps with the current parameters; to be called after each change
   * of them. What a chain holds is kept, what follows from it is drawn again.
   */
  void begin(Chains chains, Sweep scratch);

  /**
   * Applies the kernel once to every chain.
   *
   * @param chains read, moved on and their streams advanced
   * @param sweep overwritten with what happened
   */
  void step(Chains chains, Sweep sweep);
}
