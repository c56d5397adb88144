package io.ratchet.thermodynamics;

import java.util.Arrays;

/**
 * Exact numbers of transitions N_ij from state i to state j of a Markov chain with K states.
 *
 * <p>Counts are integers, so they form a commutative monoid under {@link #plus}: adding in any
 * order gives the same bits, and {@link #minus} takes back exactly what {@code plus} gave. Small K
 * is kept as a dense matrix, large K as a hash table of the pairs seen, so that K = 65,535 with a
 * million distinct pairs needs about 25 MB. Not safe for use by several threads at once.
 */
public final class TransitionCounts {
  /** Largest number of states: a state fits into 16 bits and one 32-bit key stays free. */
  public static final int MAX_STATES = 65_535;

  /** Up to here a dense matrix (128 KiB at most) beats a hash table in speed and mostly in size. */
  static final int DENSE_STATES = 128;

  /** Receives the pairs of states that were seen, with their counts. */
  @FunctionalInterface
  public interface PairVisitor {
    /**
     * Called once for each pair with a positive count.
     *
     * @param from state that is left, 0..K-1
     * @param to state that is entered, 0..K-1
     * @param count number of transitions, positive
     */
    void visit(int from, int to, long count);
  }

  private final int states;
  private final Cells cells;
  private long transitions;

  private TransitionCounts(int states, Cells cells, long transitions) {
    this.states = states;
    this.cells = cells;
    this.transitions = transitions;
  }

  /**
   * No transitions yet: the identity of {@link #plus}.
   *
   * @param states number of states K, 1 to {@value #MAX_STATES}
   * @return counts that are all zero
   */
  public static TransitionCounts empty(int states) {
    Arguments.checkRange("states", states, 1, MAX_STATES);
    return new TransitionCounts(
        states, states <= DENSE_STATES ? new DenseCells(states) : new SparseCells(), 0);
  }

  /**
   * Counts given as a square matrix.
   *
   * @param matrix K rows of K non-negative counts; row = state that is left
   * @return its counts
   */
  public static TransitionCounts of(long[][] matrix) {
    TransitionCounts counts = empty(matrix.length);
    for (int from = 0; from < matrix.length; from++) {
      if (matrix[from].length != matrix.length) {
        throw new IllegalArgumentException(
            "row %d of the count matrix has %d entries; %d are needed"
                .formatted(from, matrix[from].length, matrix.length));
      }
      for (int to = 0; to < matrix.length; to++) {
        counts.add(from, to, matrix[from][to]);
      }
    }
    return counts;
  }

  /** Number of states K. */
  public int states() {
    return states;
  }

  /** Number of transitions N, the sum of all counts. */
  public long transitions() {
    return transitions;
  }

  /**
   * Number of transitions from one state to another.
   *
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   * @return N_from,to
   */
  public long count(int from, int to) {
    checkPair(from, to);
    return cells.get(from, to);
  }

  /**
   * Counts one transition.
   *
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   */
  public void add(int from, int to) {
    checkPair(from, to);
    cells.add(from, to, 1);
    transitions++;
  }

  /**
   * Counts several equal transitions.
   *
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   * @param count how many, not negative
   */
  public void add(int from, int to, long count) {
    checkPair(from, to);
    if (count < 0) {
      throw new IllegalArgumentException(
          "count of %d -> %d is %d; it must not be negative".formatted(from, to, count));
    }
    if (count > 0) {
      transitions = Math.addExact(transitions, count);
      cells.add(from, to, count);
    }
  }

  /**
   * Takes back several equal transitions.
   *
   * @param from state that is left, 0..K-1
   * @param to state that is entered, 0..K-1
   * @param count how many, not negative and no more than there are
   */
  public void subtract(int from, int to, long count) {
    checkPair(from, to);
    checkTaken(from, to, count);
    transitions -= count;
    cells.add(from, to, -count);
  }

  /** Adds K x K counts, row-major, none negative; only for K up to {@value #DENSE_STATES}. */
  void addAll(long[] added, int start) {
    transitions = Math.addExact(transitions, ((DenseCells) cells).addAll(added, start));
  }

  /**
   * Adds all of the other counts to these.
   *
   * @param other counts of the same number of states
   */
  public void addAll(TransitionCounts other) {
    checkStates(other);
    long sum = Math.addExact(transitions, other.transitions);
    cells.addAll(other.cells, 1);
    transitions = sum;
  }

  /**
   * Takes back what {@link #addAll} of the same counts gave.
   *
   * @param other counts of the same number of states, in no pair above these
   */
  public void subtractAll(TransitionCounts other) {
    checkStates(other);
    other.forEach(this::checkTaken);
    cells.addAll(other.cells, -1);
    transitions -= other.transitions;
  }

  /**
   * The sum of two counts; neither is changed.
   *
   * @param other counts of the same number of states
   * @return new counts
   */
  public TransitionCounts plus(TransitionCounts other) {
    TransitionCounts sum = copy();
    sum.addAll(other);
    return sum;
  }

  /**
   * The difference that undoes {@link #plus}: {@code a.plus(b).minus(b)} equals {@code a}.
   *
   * @param other counts of the same number of states, in no pair above these
   * @return new counts
   */
  public TransitionCounts minus(TransitionCounts other) {
    TransitionCounts difference = copy();
    difference.subtractAll(other);
    return difference;
  }

  /** An independent copy. */
  public TransitionCounts copy() {
    return new TransitionCounts(states, cells.copy(), transitions);
  }

  /**
   * Visits the pairs with a positive count in row-major order: by {@code from}, then by {@code to}.
   *
   * @param visitor receives each pair
   */
  public void forEach(PairVisitor visitor) {
    cells.forEach(visitor);
  }

  /** N_from,to without checks, for the estimators. */
  long at(int from, int to) {
    return cells.get(from, to);
  }

  /** The counts themselves, K x K, row-major and not to be changed; null if K is too large. */
  long[] dense() {
    return cells instanceof DenseCells dense ? dense.counts : null;
  }

  /** Number of distinct (from, to) that were seen, self transitions included. */
  public long distinctPairs() {
    return cells.positive();
  }

  @Override
  public boolean equals(Object object) {
    if (!(object instanceof TransitionCounts other)
        || other.states != states
        || other.transitions != transitions
        || other.distinctPairs() != distinctPairs()) {
      return false;
    }
    boolean[] equal = {true};
    forEach((from, to, count) -> equal[0] &= other.cells.get(from, to) == count);
    return equal[0];
  }

  @Override
  public int hashCode() {
    long[] hash = {states};
    forEach((from, to, count) -> hash[0] = 31 * (31 * (31 * hash[0] + from) + to) + count);
    return Long.hashCode(hash[0]);
  }

  @Override
  public String toString() {
    return "TransitionCounts[states=%d, transitions=%d, distinctPairs=%d]"
        .formatted(states, transitions, distinctPairs());
  }

  private void checkPair(int from, int to) {
    // One unsigned comparison a state: negative numbers become large ones.
    if (Integer.compareUnsigned(from, states) >= 0 || Integer.compareUnsigned(to, states) >= 0) {
      throw new IllegalArgumentException(
          "transition %d -> %d: states must be 0 to %d".formatted(from, to, states - 1));
    }
  }

  private void checkTaken(int from, int to, long count) {
    if (count < 0 || cells.get(from, to) < count) {
      throw new IllegalArgumentException(
          "cannot take %d transitions %d -> %d from %d"
              .formatted(count, from, to, cells.get(from, to)));
    }
  }

  private void checkStates(TransitionCounts other) {
    if (other.states != states) {
      throw new IllegalArgumentException(
          "counts of %d states cannot be joined with counts of %d".formatted(other.states, states));
    }
  }

  /** Storage of the counts; indices have been checked. */
  private sealed interface Cells permits DenseCells, SparseCells {
    long get(int from, int to);

    void add(int from, int to, long count);

    /** Adds {@code sign} times the other cells, which are of the same kind. */
    void addAll(Cells other, int sign);

    void forEach(PairVisitor visitor);

    long positive();

    Cells copy();
  }

  private static final class DenseCells implements Cells {
    private final int states;
    private final long[] counts;

    DenseCells(int states) {
      this(states, new long[states * states]);
    }

    private DenseCells(int states, long[] counts) {
      this.states = states;
      this.counts = counts;
    }

    @Override
    public long get(int from, int to) {
      return counts[from * states + to];
    }

    @Override
    public void add(int from, int to, long count) {
      counts[from * states + to] += count;
    }

    /** Adds as many counts as there are, and returns their sum. */
    long addAll(long[] added, int start) {
      long sum = 0;
      for (int cell = 0; cell < counts.length; cell++) {
        counts[cell] += added[start + cell];
        sum += added[start + cell];
      }
      return sum;
    }

    @Override
    public void addAll(Cells other, int sign) {
      long[] added = ((DenseCells) other).counts;
      for (int cell = 0; cell < counts.length; cell++) {
        counts[cell] += sign * added[cell];
      }
    }

    @Override
    public void forEach(PairVisitor visitor) {
      for (int from = 0, cell = 0; from < states; from++) {
        for (int to = 0; to < states; to++, cell++) {
          if (counts[cell] > 0) {
            visitor.visit(from, to, counts[cell]);
          }
        }
      }
    }

    @Override
    public long positive() {
      long positive = 0;
      for (long count : counts) {
        positive += count > 0 ? 1 : 0;
      }
      return positive;
    }

    @Override
    public Cells copy() {
      return new DenseCells(states, counts.clone());
    }
  }

  /** Open addressing with linear probing; a count that returns to zero keeps its slot. */
  private static final class SparseCells implements Cells {
    /** Never a pair: it would need state 65,535, and the largest is 65,534. */
    private static final int FREE = -1;

    private int[] keys;
    private long[] counts;
    private int used;

    SparseCells() {
      this(64);
    }

    private SparseCells(int capacity) {
      keys = new int[capacity];
      counts = new long[capacity];
      Arrays.fill(keys, FREE);
    }

    @Override
    public long get(int from, int to) {
      int slot = slot(from << 16 | to);
      return keys[slot] == FREE ? 0 : counts[slot];
    }

    @Override
    public void add(int from, int to, long count) {
      int key = from << 16 | to;
      int slot = slot(key);
      if (keys[slot] == FREE) {
        if (2 * used >= keys.length) {
          grow();
          slot = slot(key);
        }
        keys[slot] = key;
        used++;
      }
      counts[slot] += count;
    }

    private int slot(int key) {
      int mask = keys.length - 1;
      int slot = key * 0x9E3779B9;
      slot = (slot ^ slot >>> 15) & mask;
      while (keys[slot] != FREE && keys[slot] != key) {
        slot = slot + 1 & mask;
      }
      return slot;
    }

    private void grow() {
      SparseCells larger =
          new SparseCells(positive() * 4 > keys.length ? 2 * keys.length : keys.length);
      for (int slot = 0; slot < keys.length; slot++) {
        if (keys[slot] != FREE && counts[slot] > 0) {
          larger.add(keys[slot] >>> 16, keys[slot] & 0xFFFF, counts[slot]);
        }
      }
      keys = larger.keys;
      counts = larger.counts;
      used = larger.used;
    }

    @Override
    public void addAll(Cells other, int sign) {
      SparseCells added = (SparseCells) other;
      // Adding counts to themselves may grow the very arrays that are read: keep hold of the old.
      int[] addedKeys = added.keys;
      long[] addedCounts = added.counts;
      for (int slot = 0; slot < addedKeys.length; slot++) {
        if (addedKeys[slot] != FREE && addedCounts[slot] > 0) {
          add(addedKeys[slot] >>> 16, addedKeys[slot] & 0xFFFF, sign * addedCounts[slot]);
        }
      }
    }

    @Override
    public void forEach(PairVisitor visitor) {
      // Row-major order makes every sum over pairs independent of the history of the table.
      long[] order = new long[used];
      int length = 0;
      for (int slot = 0; slot < keys.length; slot++) {
        if (keys[slot] != FREE && counts[slot] > 0) {
          // The sign bit turned: keys are unsigned, the sort is not.
          order[length++] = (long) (keys[slot] ^ Integer.MIN_VALUE) << 32 | slot;
        }
      }
      Arrays.sort(order, 0, length);
      for (int i = 0; i < length; i++) {
        int key = (int) (order[i] >>> 32) ^ Integer.MIN_VALUE;
        visitor.visit(key >>> 16, key & 0xFFFF, counts[(int) order[i]]);
      }
    }

    @Override
    public long positive() {
      long positive = 0;
      for (int slot = 0; slot < keys.length; slot++) {
        positive += keys[slot] != FREE && counts[slot] > 0 ? 1 : 0;
      }
      return positive;
    }

    @Override
    public Cells copy() {
      SparseCells copy = new SparseCells(1);
      copy.keys = keys.clone();
      copy.counts = counts.clone();
      copy.used = used;
      return copy;
    }
  }
}
