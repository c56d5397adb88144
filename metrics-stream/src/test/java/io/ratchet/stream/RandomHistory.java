package io.ratchet.stream;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.stream.accept.WindowSettings;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What may arrive of a run: one to three attempts of one to three workers, interleaved; duplicates,
 * swaps, sweeps that are dropped and sent again later or never, a second producer, records of
 * another shape, ends that come early, late or not at all.
 *
 * @param settings how the run is cut
 * @param records its chain states, in the order of their offsets
 */
public record RandomHistory(WindowSettings settings, List<ChainStates> records) {

  /** A history with everything that may go wrong. */
  public static RandomHistory of(String run, long seed) {
    Random random = new Random(seed);
    return of(run, settings(random), random);
  }

  /** Any settings. */
  static WindowSettings settings(Random random) {
    return new WindowSettings(
        random.nextInt(1, 6), 5 * random.nextInt(1, 3), random.nextInt(0, 5), 0.05);
  }

  /** The same under given settings. */
  static RandomHistory of(String run, WindowSettings settings, Random random) {
    List<ChainStates> records = new ArrayList<>();
    int states = random.nextInt(1, 6);
    long startStep = random.nextInt(0, 20);
    int attempts = random.nextInt(1, 4);
    for (int attempt = 1; attempt <= attempts; attempt++) {
      long steps = random.nextInt(20, 90);
      List<List<ChainStates>> workers =
          workers(run, attempt, states, startStep, steps, 1 + random.nextInt(3), random);
      workers.forEach(worker -> disturb(worker, random));
      int before = records.size();
      interleave(workers, records, random);
      stragglers(records, before, random);
      startStep = Math.max(0, startStep + random.nextLong(-5, steps + 5));
    }
    return new RandomHistory(settings, records);
  }

  /** Sweeps of one attempt in perfect order, worker by worker, the ends included. */
  static List<List<ChainStates>> workers(
      String run, int attempt, int states, long startStep, long steps, int workers, Random random) {
    return workers(run, attempt, states, startStep, steps, workers, random.nextInt(1, 5), random);
  }

  /** The same with a given number of chains a worker. */
  static List<List<ChainStates>> workers(
      String run,
      int attempt,
      int states,
      long startStep,
      long steps,
      int workers,
      int chains,
      Random random) {
    int sweepsPerStep = random.nextInt(1, 3);
    int every = random.nextInt(1, 3);
    List<List<ChainStates>> all = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      List<ChainStates> own = new ArrayList<>();
      ChainStates.Builder each =
          Sweeps.plain(run, 0, 0)
              .setAttempt(attempt)
              .setWorker(worker)
              .setWorkers(workers)
              .setIncarnation(random.nextLong())
              .setChainOffset(worker * chains)
              .setChains(workers * chains)
              .setStates(states)
              .setExpectation(Expectation.IRREVERSIBLE)
              .setStartStep(startStep);
      long sweep = 0;
      for (long step = startStep; step < startStep + steps; step++) {
        for (int s = 0; s < sweepsPerStep && step % every == 0; s++) {
          ChainStates.Builder made = ChainStates.newBuilder(each);
          Sweeps.fill(made, chains, random);
          own.add(made.setStep(step).setSweep(sweep++).build());
        }
      }
      boolean empty = random.nextBoolean();
      ChainStates.Builder end =
          ChainStates.newBuilder(each).setStep(startStep + steps).setSweep(sweep).setEnd(true);
      if (empty) {
        end.setFrom(ByteBuffer.allocate(0)).setTo(ByteBuffer.allocate(0));
      } else {
        Sweeps.fill(end, chains, random);
      }
      own.add(end.build());
      all.add(own);
    }
    return all;
  }

  private static void disturb(List<ChainStates> worker, Random random) {
    switch (random.nextInt(4)) { // the end: as it is, missing with the last sweeps, or too early
      case 0 ->
          worker.subList(worker.size() - random.nextInt(1, worker.size()), worker.size()).clear();
      case 1 -> Collections.swap(worker, worker.size() - 1, random.nextInt(worker.size()));
      default -> {}
    }
    int swaps = random.nextInt(worker.size() + 1);
    for (int i = 0; i < swaps && !worker.isEmpty(); i++) {
      int at = random.nextInt(worker.size());
      Collections.swap(worker, at, Math.min(worker.size() - 1, at + random.nextInt(50)));
    }
    for (int i = 0; i < worker.size(); i++) {
      if (random.nextInt(5) == 0) {
        worker.add(i, worker.get(random.nextInt(Math.max(0, i - 3), i + 1))); // again
        i++;
      } else if (random.nextInt(25) == 0) {
        ChainStates dropped = worker.remove(i);
        if (random.nextBoolean()) {
          worker.add(random.nextInt(i, worker.size() + 1), dropped); // sent again later
        }
      } else if (random.nextInt(30) == 0) {
        worker.add(i, ChainStates.newBuilder(worker.get(i)).setIncarnation(-1).build());
        i++;
      } else if (random.nextInt(40) == 0) {
        ChainStates.Builder other = ChainStates.newBuilder(worker.get(i));
        switch (random.nextInt(4)) {
          case 0 -> other.setChains(other.getChains() + 1);
          case 1 -> other.setExpectation(Expectation.DRIVEN);
          case 2 -> other.setWorker(other.getWorkers());
          default -> other.setStates(other.getStates() + 1).setSoftTo(null).setDataLatent(null);
        }
        worker.add(i, other.build());
        i++;
      }
    }
  }

  /** Merges the workers; one may fall far behind for a while. */
  private static void interleave(
      List<List<ChainStates>> workers, List<ChainStates> into, Random random) {
    int[] next = new int[workers.size()];
    int favourite = 0;
    while (true) {
      List<Integer> left = new ArrayList<>();
      for (int worker = 0; worker < next.length; worker++) {
        if (next[worker] < workers.get(worker).size()) {
          left.add(worker);
        }
      }
      if (left.isEmpty()) {
        return;
      }
      if (random.nextInt(10) == 0) {
        favourite = random.nextInt(next.length);
      }
      int chosen =
          left.contains(favourite) && random.nextInt(4) > 0
              ? favourite
              : left.get(random.nextInt(left.size()));
      into.add(workers.get(chosen).get(next[chosen]++));
    }
  }

  /** Records of the attempt before that come when the next has begun. */
  private static void stragglers(List<ChainStates> records, int from, Random random) {
    for (int i = 0; i < 5 && from > 0 && records.size() > from; i++) {
      records.add(random.nextInt(from, records.size()), records.get(random.nextInt(from)));
    }
  }
}
