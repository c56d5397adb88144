package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.TransitionCounts;
import java.util.Arrays;

/**
 * Counts transitions as they come, for as many chains and states as there turn out to be.
 *
 * <p>Chain number c counts into slot c mod 32: this is group c mod min(chains, 32), which is not
 * known before the last chain, since with fewer than 32 chains each has a slot of its own. While
 * there is but one chain, the slots are blocks of consecutive transitions instead, of one length
 * that doubles (neighbours are joined) whenever all slots are full. So memory grows with the
 * distinct pairs of states, at most 32 times, and with nothing else.
 */
final class TransitionTally {
  static final int SLOTS = GroupedCounts.MAX_GROUPS;

  /** Up to here a slot is a matrix (512 KiB at most), beyond it a table of the pairs seen. */
  private static final int DENSE_SIDE = 256;

  private static final int FIRST_SIDE = 16;

  /** Any small number: blocks are joined until at most 32 are left. */
  private static final long FIRST_BLOCK = 16;

  /** Matrices of {@link #side} x side counts by slot; null in all slots once states are many. */
  private final long[][] dense = new long[SLOTS][];

  private final TransitionCounts[] sparse = new TransitionCounts[SLOTS];
  private boolean isSparse;
  private int side = FIRST_SIDE;

  private long chains;
  private long moving;
  private int slot;

  /** Whether the slots are blocks of the only chain. */
  private boolean inBlocks = true;

  private long blockLength = FIRST_BLOCK;

  /** Transitions that still fit into the block; no limit as soon as there are two chains. */
  private long room = FIRST_BLOCK;

  private final VisitLog log;

  /** One of the chains: where it is. */
  static final class Chain {
    private final long number;
    private boolean moving;

    /** The state it is in; -1 before the first. */
    int state = -1;

    private Chain(long number) {
      this.number = number;
    }
  }

  /**
   * No transitions yet.
   *
   * @param visitLimit most visits to remember one by one
   */
  TransitionTally(int visitLimit) {
    log = new VisitLog(visitLimit);
  }

  /** Number of chains begun. */
  long chains() {
    return chains;
  }

  /** Begins the next chain. */
  Chain startChain() {
    return new Chain(chains++);
  }

  /** Begins so many chains, at least one, and leaves all but the last empty. */
  Chain startChains(long count) {
    chains += count - 1;
    return startChain();
  }

  /** Takes a chain to a state, which counts a transition unless it is the first. */
  void enter(Chain chain, int state) {
    log.add(chain.number, state);
    select(chain.number);
    if (state >= side) {
      widen(state); // also for a first state: the cells have a place for every state seen
    }
    if (chain.state >= 0) {
      add(chain.state, state);
      moving += chain.moving ? 0 : 1;
      chain.moving = true;
    }
    chain.state = state;
  }

  private void select(long chain) {
    if (inBlocks) {
      if (chain == 0) {
        return;
      }
      joinBlocks();
    }
    slot = (int) (chain % SLOTS);
  }

  private void add(int from, int to) {
    if (room-- == 0) {
      nextBlock();
    }
    long[] cells = dense[slot];
    if (cells == null) {
      addSlow(from, to);
    } else {
      cells[from * side + to]++;
    }
  }

  /** Side of the matrices of {@link #cells}. */
  int side() {
    return side;
  }

  /**
   * The cells in which a chain counts, at from * side + to; null unless all that is left to do is
   * to count. Whoever counts there himself counts at most {@link #room} transitions, between states
   * seen before, and then says so by {@link #filled}.
   */
  long[] cells(Chain chain) {
    return chain.moving && !log.isOpen() ? dense[slot] : null;
  }

  /** How many transitions the cells may take. */
  long room() {
    return room;
  }

  /** Says how much room is left in cells in which others have counted; nothing for null. */
  void filled(long[] cells, long room) {
    if (cells != null) {
      this.room = room;
    }
  }

  private void addSlow(int from, int to) {
    if (isSparse) {
      if (sparse[slot] == null) {
        sparse[slot] = TransitionCounts.empty(TransitionCounts.MAX_STATES);
      }
      sparse[slot].add(from, to);
    } else {
      dense[slot] = new long[side * side];
      dense[slot][from * side + to]++;
    }
  }

  /** Makes place for a state. */
  private void widen(int state) {
    int wider = Integer.highestOneBit(state) << 1;
    for (int i = 0; i < SLOTS; i++) {
      if (dense[i] == null) {
        continue;
      }
      long[] cells = dense[i];
      if (wider > DENSE_SIDE) {
        sparse[i] = TransitionCounts.empty(TransitionCounts.MAX_STATES);
        for (int cell = 0; cell < cells.length; cell++) {
          sparse[i].add(cell / side, cell % side, cells[cell]);
        }
        dense[i] = null;
      } else {
        dense[i] = new long[wider * wider];
        for (int row = 0; row < side; row++) {
          System.arraycopy(cells, row * side, dense[i], row * wider, side);
        }
      }
    }
    isSparse = wider > DENSE_SIDE;
    side = isSparse ? 1 << 16 : wider;
  }

  private void nextBlock() {
    slot++;
    if (slot == SLOTS) {
      for (int i = 0; i < SLOTS / 2; i++) {
        move(2 * i, i);
        move(2 * i + 1, i);
      }
      slot = SLOTS / 2;
      blockLength *= 2;
    }
    room = blockLength - 1;
  }

  /** Makes one chain of the blocks: there is a second one. */
  private void joinBlocks() {
    for (int i = 1; i <= slot; i++) {
      move(i, 0);
    }
    inBlocks = false;
    room = Long.MAX_VALUE;
  }

  /** Adds the counts of a slot to another and leaves it empty. */
  private void move(int from, int to) {
    if (from == to) {
      return;
    }
    if (isSparse) {
      if (sparse[to] == null) {
        sparse[to] = sparse[from];
      } else if (sparse[from] != null) {
        sparse[to].addAll(sparse[from]);
      }
      sparse[from] = null;
      return;
    }
    if (dense[to] == null) {
      dense[to] = dense[from];
    } else if (dense[from] != null) {
      for (int cell = 0; cell < dense[to].length; cell++) {
        dense[to][cell] += dense[from][cell];
      }
    }
    dense[from] = null;
  }

  /** Forgets all counts and chains. */
  void clear() {
    Arrays.fill(dense, null);
    Arrays.fill(sparse, null);
    log.clear();
    chains = 0;
    moving = 0;
    slot = 0;
    inBlocks = true;
    blockLength = FIRST_BLOCK;
    room = FIRST_BLOCK;
  }

  /** Chains with at least one transition. */
  long movingChains() {
    return moving;
  }

  /** The counts by group, chain number mod min(chains, 32). */
  GroupedCounts groups(int states) {
    return collect((int) Math.max(1, Math.min(chains, SLOTS)), states);
  }

  /**
   * The counts of the only chain by block of consecutive transitions: of one length but the last,
   * which is at least half as long, or else joined to the one before.
   *
   * @return null if there are several chains or fewer than two blocks
   */
  GroupedCounts blocks(int states) {
    int blocks = room <= blockLength / 2 ? slot + 1 : slot;
    return chains == 1 && blocks > 1 ? collect(blocks, states) : null;
  }

  /** The slots as so many groups; those that are too many belong to the last. */
  private GroupedCounts collect(int groups, int states) {
    GroupedCounts counts = GroupedCounts.empty(groups, states);
    for (int i = 0; i < SLOTS; i++) {
      int group = Math.min(i, groups - 1);
      if (sparse[i] != null) {
        sparse[i].forEach((from, to, count) -> counts.add(group, from, to, count));
      } else if (dense[i] != null) {
        for (int cell = 0; cell < dense[i].length; cell++) {
          if (dense[i][cell] > 0) {
            counts.add(group, cell / side, cell % side, dense[i][cell]);
          }
        }
      }
    }
    return counts;
  }

  /** The visits of each chain in the order of time; null where {@link VisitLog} has none. */
  int[][] visits() {
    return log.byChain(chains);
  }

  /** Cells held, the measure of this object's memory. */
  long retained() {
    long cells = 0;
    for (int i = 0; i < SLOTS; i++) {
      cells += dense[i] == null ? 0 : dense[i].length;
      cells += sparse[i] == null ? 0 : sparse[i].distinctPairs();
    }
    return cells;
  }
}
