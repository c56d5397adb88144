package io.ratchet.trainer.publish;

/**
 * The port through which a training thread tells what it does.
 *
 * <p>No method blocks, does I/O or throws because of what happens to the observer: an observation
 * is taken, or it is dropped, counted, and its number is used up so that the gap shows. The arrays
 * of an observation belong to the publisher from the call on.
 */
public interface RunPublisher {

  /** Offers what one sweep did to the chains. */
  void offer(SweepObservation sweep);

  /** Offers one parameter update. */
  void offer(UpdateObservation update);

  /** Number that the next offered sweep will carry: 0, 1, 2, ... within an attempt. */
  long nextSweep();

  /** Number that the next offered update will carry: 0, 1, 2, ... within an attempt. */
  long nextUpdate();

  /** A publisher that counts and forgets: for training that nobody watches, and for tests. */
  static RunPublisher none() {
    return new RunPublisher() {
      private long sweeps;
      private long updates;

      @Override
      public void offer(SweepObservation sweep) {
        sweeps++;
      }

      @Override
      public void offer(UpdateObservation update) {
        updates++;
      }

      @Override
      public long nextSweep() {
        return sweeps;
      }

      @Override
      public long nextUpdate() {
        return updates;
      }
    };
  }
}
