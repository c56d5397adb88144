package io.ratchet.stream;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.StateEncoding;
import io.ratchet.stream.accept.WindowSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The reference: interface.md read aloud, record by record, with everything kept and no thought for
 * speed. It shares no code with the stream. Windows are made afterwards, by a fold over the
 * accepted sweeps sorted by bucket, worker and sweep.
 */
final class NaiveStream {
  /** A sweep in its bucket. */
  private record Held(ChainStates sweep, long bucket, long gaps) {}

  private static final class Worker {
    long incarnation;
    int chainOffset;
    int chains;
    long line = -1;
    long step = -1;
    boolean ended;
    long owed;
    final TreeMap<Long, ChainStates> waiting = new TreeMap<>();
  }

  /** What a closed window is made of, with plain arrays. */
  static final class Window {
    int attempt;
    long sequence;
    long fromStep;
    long toStep;
    long gaps;
    long late;
    final TreeSet<Integer> missing = new TreeSet<>();
    int states;
    int groups;
    long[][][] counts;
    long[] pathCounts;
    double[] pathSums;
    long[] softCounts;
    double[][][] softSums;
    long[][] classes;
    double[] reference;
    long latents;
    double[] latentSums;
  }

  private final WindowSettings settings;
  private final Map<Integer, ChainStates> firstOfAttempt = new HashMap<>();
  private final SortedMap<Integer, Worker> workers = new TreeMap<>();
  private final List<Held> held = new ArrayList<>();
  private final Map<Long, Set<Integer>> missingOf = new HashMap<>();
  private int attempt;
  private long firstOpen;
  private long lateOfAttempt;
  final List<Window> windows = new ArrayList<>();
  final Map<String, Integer> became = new TreeMap<>();

  NaiveStream(WindowSettings settings) {
    this.settings = settings;
  }

  static NaiveStream of(RandomHistory history) {
    NaiveStream stream = new NaiveStream(history.settings());
    history.records().forEach(stream::take);
    return stream;
  }

  int waiting() {
    return workers.values().stream().mapToInt(worker -> worker.waiting.size()).sum();
  }

  void take(ChainStates sweep) {
    ChainStates first = firstOfAttempt.getOrDefault(sweep.getAttempt(), sweep);
    Worker known = sweep.getAttempt() == attempt ? workers.get(sweep.getWorker()) : null;
    boolean sameProducer = known != null && known.incarnation == sweep.getIncarnation();
    if (first.getWorkers() != sweep.getWorkers()
        || first.getChains() != sweep.getChains()
        || first.getStates() != sweep.getStates()
        || first.getExpectation() != sweep.getExpectation()
        || first.getStartStep() != sweep.getStartStep()
        || sweep.getWorker() >= sweep.getWorkers()
        || (sameProducer && known.chainOffset != sweep.getChainOffset())
        || (sameProducer
            && known.chains > 0
            && chains(sweep) > 0
            && known.chains != chains(sweep))) {
      note("mismatch");
      return;
    }
    if (sweep.getAttempt() < attempt) {
      note("superseded");
      return;
    }
    if (known != null && !sameProducer) {
      note("second-producer");
      return;
    }
    if (sweep.getAttempt() > attempt) {
      supersede(sweep);
    }
    Worker worker = workers.get(sweep.getWorker());
    if (worker == null) {
      worker = new Worker();
      worker.incarnation = sweep.getIncarnation();
      worker.chainOffset = sweep.getChainOffset();
      workers.put(sweep.getWorker(), worker);
    }
    place(worker, sweep);
  }

  private void place(Worker worker, ChainStates sweep) {
    long n = sweep.getSweep();
    if (n <= worker.line || worker.waiting.containsKey(n)) {
      note("duplicate");
    } else if (worker.ended) {
      note("after-end");
    } else if (worker.step > sweep.getStep()
        || worker.waiting.values().stream()
            .anyMatch(
                other ->
                    other.getSweep() < n
                        ? other.getStep() > sweep.getStep()
                        : other.getStep() < sweep.getStep())) {
      note("step-order");
    } else {
      worker.chains = Math.max(worker.chains, chains(sweep));
      worker.waiting.put(n, sweep);
      long reach = sweep.getEnd() ? n : n - 64;
      while (worker.line < reach
          || (!worker.waiting.isEmpty() && worker.waiting.firstKey() == worker.line + 1)) {
        worker.line++;
        ChainStates next = worker.waiting.remove(worker.line);
        if (next == null) {
          worker.owed++;
        } else {
          worker.ended |= next.getEnd();
          apply(worker, next);
          if (next.getEnd()) {
            break;
          }
        }
      }
      if (worker.ended) {
        worker.waiting.values().forEach(left -> note("after-end"));
        worker.waiting.clear();
      }
    }
  }

  private void apply(Worker worker, ChainStates sweep) {
    worker.step = sweep.getStep();
    long bucket = sweep.getStep() / settings.bucketSteps();
    if (bucket < firstOpen) {
      note("late");
      lateOfAttempt++;
    } else {
      note("accepted");
      held.add(new Held(sweep, bucket, worker.owed));
    }
    worker.owed = 0;
    while (closes(firstOpen)) {
      close(firstOpen);
    }
  }

  private boolean closes(long bucket) {
    long furthest =
        workers.values().stream()
            .filter(worker -> worker.step >= 0)
            .mapToLong(worker -> worker.step / settings.bucketSteps())
            .max()
            .orElse(-1);
    return bucket <= furthest && (absent(bucket).isEmpty() || furthest > bucket + settings.grace());
  }

  private Set<Integer> absent(long bucket) {
    TreeSet<Integer> absent = new TreeSet<>();
    for (int w = 0; w < firstOfAttempt.get(attempt).getWorkers(); w++) {
      Worker worker = workers.get(w);
      if (worker == null
          || (!worker.ended
              && (worker.step < 0 || worker.step / settings.bucketSteps() <= bucket))) {
        absent.add(w);
      }
    }
    return absent;
  }

  private void close(long bucket) {
    missingOf.put(bucket, absent(bucket));
    firstOpen = bucket + 1;
    if (held.stream().noneMatch(each -> each.bucket == bucket && chains(each.sweep) > 0)) {
      return;
    }
    ChainStates shape = firstOfAttempt.get(attempt);
    long start = shape.getStartStep() / settings.bucketSteps();
    long first = Math.max(start, bucket - settings.windowBuckets() + 1);
    Window window = new Window();
    window.attempt = attempt;
    window.sequence = windows.size();
    window.fromStep = Math.max(first * settings.bucketSteps(), shape.getStartStep());
    window.toStep = (bucket + 1) * settings.bucketSteps() - 1;
    window.late = lateOfAttempt;
    for (long each = first; each <= bucket; each++) {
      window.missing.addAll(missingOf.get(each));
    }
    fold(window, shape, first, bucket);
    windows.add(window);
  }

  private void fold(Window window, ChainStates shape, long first, long last) {
    window.states = shape.getStates();
    window.groups = Math.min(32, shape.getChains());
    window.counts = new long[window.groups][window.states][window.states];
    window.pathCounts = new long[window.groups];
    window.pathSums = new double[window.groups];
    window.softCounts = new long[window.groups];
    window.softSums = new double[window.groups][window.states][window.states];
    window.classes = new long[window.groups][2];
    window.latentSums = new double[window.states];
    for (int w = 0; w < shape.getWorkers(); w++) {
      for (long bucket = first; bucket <= last; bucket++) {
        double[] path = new double[window.groups];
        double[][][] soft = new double[window.groups][window.states][window.states];
        double[] latent = new double[window.states];
        List<Held> part = new ArrayList<>();
        for (Held each : held) {
          if (each.bucket == bucket && each.sweep.getWorker() == w) {
            part.add(each);
          }
        }
        part.sort((a, b) -> Long.compare(a.sweep.getSweep(), b.sweep.getSweep()));
        for (Held each : part) {
          window.gaps += each.gaps;
          add(window, each.sweep, path, soft, latent);
        }
        for (int g = 0; g < window.groups; g++) {
          window.pathSums[g] += path[g];
          for (int i = 0; i < window.states; i++) {
            for (int j = 0; j < window.states; j++) {
              window.softSums[g][i][j] += soft[g][i][j];
            }
          }
        }
        for (int z = 0; z < window.states; z++) {
          window.latentSums[z] += latent[z];
        }
      }
    }
  }

  private static void add(
      Window window, ChainStates sweep, double[] path, double[][][] soft, double[] latent) {
    int chains = chains(sweep);
    for (int i = 0; i < chains; i++) {
      int g = (sweep.getChainOffset() + i) % window.groups;
      int from = state(sweep.getFrom(), sweep, i);
      int to = state(sweep.getTo(), sweep, i);
      window.counts[g][from][to]++;
      if (sweep.getPathEntropy() != null) {
        window.pathCounts[g]++;
        path[g] += le(sweep.getPathEntropy()).getFloat(4 * i);
      }
      if (sweep.getSoftTo() != null) {
        window.softCounts[g]++;
        for (int j = 0; j < window.states; j++) {
          soft[g][from][j] += le(sweep.getSoftTo()).getFloat(4 * (i * window.states + j));
        }
      }
      if (sweep.getClasses() != null && sweep.getClasses().get(i) != (byte) 255) {
        window.classes[g][sweep.getClasses().get(i)]++;
      }
    }
    if (sweep.getClassReference() != null) {
      ByteBuffer shares = le(sweep.getClassReference());
      window.reference = new double[] {shares.getDouble(0), shares.getDouble(8)};
    }
    if (sweep.getDataLatent() != null) {
      window.latents++;
      for (int z = 0; z < window.states; z++) {
        latent[z] += le(sweep.getDataLatent()).getFloat(4 * z);
      }
    }
  }

  private void supersede(ChainStates sweep) {
    workers.values().forEach(w -> w.waiting.values().forEach(left -> note("superseded")));
    if (attempt > 0) {
      TreeSet<Long> open = new TreeSet<>();
      held.stream()
          .filter(each -> each.bucket >= firstOpen && chains(each.sweep) > 0)
          .forEach(each -> open.add(each.bucket));
      for (long bucket : open) {
        boolean again =
            held.stream()
                .anyMatch(
                    each ->
                        each.bucket == bucket
                            && chains(each.sweep) > 0
                            && each.sweep.getStep() >= sweep.getStartStep());
        if (!again) {
          while (firstOpen <= bucket) {
            close(firstOpen);
          }
        }
      }
    }
    workers.clear();
    held.clear();
    missingOf.clear();
    attempt = sweep.getAttempt();
    firstOfAttempt.put(attempt, sweep);
    firstOpen = sweep.getStartStep() / settings.bucketSteps();
    lateOfAttempt = 0;
  }

  private void note(String what) {
    became.merge(what, 1, Integer::sum);
  }

  private static int chains(ChainStates sweep) {
    return sweep.getFrom().remaining() / (sweep.getEncoding() == StateEncoding.UINT16_LE ? 2 : 1);
  }

  private static int state(ByteBuffer states, ChainStates sweep, int chain) {
    return sweep.getEncoding() == StateEncoding.UINT16_LE
        ? le(states).getShort(2 * chain) & 0xFFFF
        : states.get(chain) & 0xFF;
  }

  private static ByteBuffer le(ByteBuffer buffer) {
    return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }
}
