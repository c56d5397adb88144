package io.ratchet.trainer.publish;

import io.ratchet.schema.Expectation;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A publisher in a process of its own, which a test can kill: offers sweeps for as long as it lives
 * and says on standard output when so many went through the spill file, or one was dropped.
 */
final class PublisherProcess {
  private PublisherProcess() {}

  public static void main(String[] args) throws Exception {
    long spilledWanted = Long.parseLong(args[2]);
    PublishSettings settings =
        PublishSettings.of(
            Map.of("bootstrap.servers", args[0]), RealBroker.TOPICS, Path.of(args[1]));
    KafkaRunPublisher publisher =
        KafkaRunPublisher.start(settings, identity(1), null, Clock.systemUTC());
    boolean said = false;
    for (long step = 0; ; step++) {
      publisher.offer(sweep(step));
      if (!said && (publisher.spilled() >= spilledWanted || publisher.dropped() > 0)) {
        said = true;
        System.out.println(publisher.spilled() + " " + publisher.dropped());
      }
      if (step % 10 == 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  static RunIdentity identity(int attempt) {
    return new RunIdentity(
        "killed-run", attempt, 0, attempt, 1, 0, 2, 0, Expectation.UNKNOWN, 3, 4, null);
  }

  static SweepObservation sweep(long step) {
    return new SweepObservation(
        step, new byte[] {0, 1}, new byte[] {1, 2}, null, null, null, null, null);
  }
}
