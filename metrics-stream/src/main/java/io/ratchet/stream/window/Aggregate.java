package io.ratchet.stream.window;

import io.ratchet.stream.accept.AttemptShape;
import io.ratchet.stream.accept.Transitions;
import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.GroupedSoftCounts;
import io.ratchet.thermodynamics.SoftCounts;
import io.ratchet.thermodynamics.SweepCounts;
import java.util.Arrays;

/**
 * What is known of a set of sweeps: transition counts per group, and the sums of what was observed.
 *
 * <p>One aggregate of each worker and bucket is made by {@link #add} in sweep order, and stored.
 * That of a window takes the counts as they come and go, and makes the sums anew by {@link
 * #joinSums} from the stored ones, worker by worker and bucket by bucket: counts do not mind the
 * order, the last bits of the sums do.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class Aggregate {
  private static final int VERSION = 1;

  private final AttemptShape shape;
  private final GroupedCounts counts;
  private long sweeps;
  private long gaps;

  private final long[] pathCounts;
  private final double[] pathSums;

  private final long[] softCounts;

  /** Per group K x K sums of p(to|x), row-major; null until the group has one. */
  private final double[][] softSums;

  /** Per group the number of visibles of each class; null until the group has one. */
  private final long[][] classCounts;

  /** Shares of the classes in the data as given last; empty if never. */
  private double[] classReference = new double[0];

  private long latentCount;
  private final double[] latentSums;

  private Aggregate(AttemptShape shape, GroupedCounts counts, long sweeps, long gaps) {
    this.shape = shape;
    this.counts = counts;
    this.sweeps = sweeps;
    this.gaps = gaps;
    int groups = shape.groups();
    pathCounts = new long[groups];
    pathSums = new double[groups];
    softCounts = new long[groups];
    softSums = new double[groups][];
    classCounts = new long[groups][];
    latentSums = new double[shape.states()];
  }

  /** The aggregate of no sweep. */
  public static Aggregate empty(AttemptShape shape) {
    return new Aggregate(shape, GroupedCounts.empty(shape.groups(), shape.states()), 0, 0);
  }

  /** A copy of the counts, without the sums. */
  Aggregate copyCounts() {
    return new Aggregate(shape, counts.copy(), sweeps, gaps);
  }

  /**
   * Adds one sweep of a worker.
   *
   * @param chainOffset global number of the worker's first chain
   * @param missing sweeps of the worker known to be missing just before it
   * @param transitions what it did; an {@code end} without chains adds nothing but its gaps
   */
  public void add(int chainOffset, long missing, Transitions transitions) {
    addSums(chainOffset, missing, transitions);
    addCounts(chainOffset, transitions);
  }

  /** Adds the transition counts of one sweep. */
  void addCounts(int chainOffset, Transitions transitions) {
    for (int chain = 0; chain < transitions.chains(); chain++) {
      counts.add(
          shape.groupOf(chainOffset + chain), transitions.from(chain), transitions.to(chain));
    }
  }

  /** Adds the transition counts of many sweeps. */
  void addCounts(SweepCounts sweeps) {
    counts.addAll(sweeps);
  }

  /** Adds one sweep but for its transition counts. */
  void addSums(int chainOffset, long missing, Transitions transitions) {
    gaps += missing;
    int chains = transitions.chains();
    if (chains == 0) {
      return;
    }
    sweeps++;
    int states = shape.states();
    if (transitions.hasPathEntropy()) {
      for (int chain = 0; chain < chains; chain++) {
        int group = shape.groupOf(chainOffset + chain);
        pathCounts[group]++;
        pathSums[group] += transitions.pathEntropy(chain);
      }
    }
    if (transitions.hasSoftTo()) {
      for (int chain = 0; chain < chains; chain++) {
        int group = shape.groupOf(chainOffset + chain);
        softCounts[group]++;
        double[] sums = softSums(group);
        for (int to = 0, cell = transitions.from(chain) * states; to < states; to++, cell++) {
          sums[cell] += transitions.softTo(chain, to);
        }
      }
    }
    if (transitions.hasClasses()) {
      for (int chain = 0; chain < chains; chain++) {
        int index = transitions.classOf(chain);
        if (index != Transitions.NO_CLASS) {
          classRow(shape.groupOf(chainOffset + chain))[index]++;
        }
      }
    }
    if (transitions.referenceClasses() > 0) {
      classReference = new double[transitions.referenceClasses()];
      Arrays.setAll(classReference, transitions::classReference);
    }
    if (transitions.hasDataLatent()) {
      latentCount++;
      for (int state = 0; state < states; state++) {
        latentSums[state] += transitions.dataLatent(state);
      }
    }
  }

  /** Appends the counts to a value of a state store: of each group only the pairs it has seen. */
  void writeCounts(BytesWriter out) {
    out.putByte(VERSION).putVarint(sweeps).putVarint(gaps);
    for (int group = 0; group < shape.groups(); group++) {
      writePairs(group, out);
    }
  }

  /** Adds counts that {@link #writeCounts} wrote to this aggregate. */
  void joinCounts(BytesReader in) {
    readCounts(in, 1);
  }

  /** Takes back what {@link #joinCounts} of the same bytes gave. */
  void leaveCounts(BytesReader in) {
    readCounts(in, -1);
  }

  private void readCounts(BytesReader in, int sign) {
    in.getVersion(VERSION);
    sweeps += sign * in.getVarint();
    gaps += sign * in.getVarint();
    int states = shape.states();
    for (int group = 0; group < shape.groups(); group++) {
      int from = 0;
      long to = 0;
      for (long left = in.getVarint(); left > 0; left--) {
        to += in.getVarint();
        if (to >= states) { // a division less for each pair of the same row
          from += (int) (to / states);
          to %= states;
        }
        long count = in.getVarint();
        if (sign > 0) {
          counts.add(group, from, (int) to, count);
        } else {
          counts.subtract(group, from, (int) to, count);
        }
      }
    }
  }

  /** Appends the sums to a value of a state store. */
  void writeSums(BytesWriter out) {
    int states = shape.states();
    out.putByte(VERSION);
    for (int group = 0; group < shape.groups(); group++) {
      out.putVarint(pathCounts[group]);
      if (pathCounts[group] > 0) {
        out.putDouble(pathSums[group]);
      }
      out.putVarint(softCounts[group]);
      if (softCounts[group] > 0) {
        writeRows(softSums[group], states, out);
      }
      writeClasses(classCounts[group], out);
    }
    out.putVarint(classReference.length);
    for (double share : classReference) {
      out.putDouble(share);
    }
    out.putVarint(latentCount);
    if (latentCount > 0) {
      for (double sum : latentSums) {
        out.putDouble(sum);
      }
    }
  }

  /** Adds sums that {@link #writeSums} wrote to this aggregate. */
  void joinSums(BytesReader in) {
    in.getVersion(VERSION);
    int states = shape.states();
    for (int group = 0; group < shape.groups(); group++) {
      long paths = in.getVarint();
      if (paths > 0) {
        pathCounts[group] += paths;
        pathSums[group] += in.getDouble();
      }
      long softs = in.getVarint();
      if (softs > 0) {
        softCounts[group] += softs;
        double[] sums = softSums(group);
        for (int left = in.getCount(); left > 0; left--) {
          int from = in.getCount();
          for (int to = 0, cell = from * states; to < states; to++, cell++) {
            sums[cell] += in.getDouble();
          }
        }
      }
      for (int left = in.getCount(); left > 0; left--) {
        int index = in.getCount();
        classRow(group)[index] += in.getVarint();
      }
    }
    int classes = in.getCount();
    if (classes > 0) {
      classReference = new double[classes];
      for (int index = 0; index < classes; index++) {
        classReference[index] = in.getDouble();
      }
    }
    long latents = in.getVarint();
    if (latents > 0) {
      latentCount += latents;
      for (int state = 0; state < states; state++) {
        latentSums[state] += in.getDouble();
      }
    }
  }

  private void writePairs(int group, BytesWriter out) {
    long[] last = {0};
    out.putVarint(counts.distinctPairs(group));
    counts.visit(
        group,
        (from, to, count) -> {
          long pair = (long) from * shape.states() + to;
          out.putVarint(pair - last[0]).putVarint(count);
          last[0] = pair;
        });
  }

  private static void writeRows(double[] sums, int states, BytesWriter out) {
    int seen = 0;
    BytesWriter rows = new BytesWriter();
    for (int from = 0; from < states; from++) {
      boolean zero = true;
      for (int to = 0; to < states; to++) {
        zero &= sums[from * states + to] == 0;
      }
      if (!zero) { // a row of zeros adds nothing
        seen++;
        rows.putVarint(from);
        for (int to = 0; to < states; to++) {
          rows.putDouble(sums[from * states + to]);
        }
      }
    }
    out.putVarint(seen).putBytes(rows.toBytes());
  }

  private static void writeClasses(long[] counts, BytesWriter out) {
    if (counts == null) {
      out.putVarint(0);
      return;
    }
    out.putVarint(Arrays.stream(counts).filter(count -> count > 0).count());
    for (int index = 0; index < counts.length; index++) {
      if (counts[index] > 0) {
        out.putVarint(index).putVarint(counts[index]);
      }
    }
  }

  private double[] softSums(int group) {
    if (softSums[group] == null) {
      softSums[group] = new double[shape.states() * shape.states()];
    }
    return softSums[group];
  }

  private long[] classRow(int group) {
    if (classCounts[group] == null) {
      classCounts[group] = new long[Transitions.NO_CLASS];
    }
    return classCounts[group];
  }

  /** What all its sweeps have in common. */
  public AttemptShape shape() {
    return shape;
  }

  /** Number of sweeps. */
  public long sweeps() {
    return sweeps;
  }

  /** Sweeps known to be missing among them. */
  public long gaps() {
    return gaps;
  }

  /** Transition counts per group of chains; not to be changed. */
  public GroupedCounts counts() {
    return counts;
  }

  /** Whether a sweep carried soft rows. */
  public boolean hasSoftCounts() {
    return hasAny(softCounts);
  }

  /** Soft counts per group of chains. */
  public GroupedSoftCounts softCounts() {
    GroupedSoftCounts soft = GroupedSoftCounts.empty(shape.groups(), shape.states());
    for (int group = 0; group < shape.groups(); group++) {
      if (softCounts[group] > 0) {
        soft.addAll(group, SoftCounts.of(shape.states(), softCounts[group], softSums[group]));
      }
    }
    return soft;
  }

  /** Whether a sweep carried path entropies. */
  public boolean hasPathEntropy() {
    return hasAny(pathCounts);
  }

  private static boolean hasAny(long[] counts) {
    for (long count : counts) {
      if (count > 0) {
        return true;
      }
    }
    return false;
  }

  /** Number of transitions of each group that carried a path entropy. */
  public long[] pathCounts() {
    return pathCounts.clone();
  }

  /** Sum of the path entropies of each group, nats. */
  public double[] pathSums() {
    return pathSums.clone();
  }

  /**
   * Numbers of generated visibles of each class.
   *
   * @param classes number of classes, m
   * @return [groups][m]
   */
  public long[][] classCounts(int classes) {
    long[][] copy = new long[shape.groups()][classes];
    for (int group = 0; group < copy.length; group++) {
      if (classCounts[group] != null) {
        copy[group] = Arrays.copyOf(classCounts[group], classes);
      }
    }
    return copy;
  }

  /** Shares of the classes in the data, as given last in worker and bucket order; may be empty. */
  public double[] classReference() {
    return classReference.clone();
  }

  /** Whether a sweep carried the data's mean p(z|x). */
  public boolean hasDataLatent() {
    return latentCount > 0;
  }

  /** Mean over those sweeps of the data's mean p(z|x); K values. */
  public double[] dataLatent() {
    return Arrays.stream(latentSums).map(sum -> sum / latentCount).toArray();
  }
}
