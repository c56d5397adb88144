package io.ratchet.thermodynamics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Counts transitions between neighbouring sweeps of many chains, all groups in one array.
 *
 * <p>The states of eight chains are read as one long, and their cells from x K + to computed in
 * 16-bit lanes, four by one multiplication: K is at most {@value TransitionCounts#DENSE_STATES}, so
 * a cell fits. What is left per transition is one increment in the nearest cache.
 */
final class SweepCounts {
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The even bytes of a long, each in a lane of 16 bits. */
  private static final long EVEN = 0x00FF_00FF_00FF_00FFL;

  private SweepCounts() {}

  /** Checks that all unsigned bytes are below K. */
  static void checkStates(byte[] sweeps, int states) {
    for (int i = 0; i < sweeps.length; i++) {
      if ((sweeps[i] & 0xFF) >= states) {
        throw new IllegalArgumentException(
            "state at index %d is %d; it must be 0 to %d"
                .formatted(i, sweeps[i] & 0xFF, states - 1));
      }
    }
  }

  /**
   * The counts.
   *
   * @param sweeps [sweeps][chains] states, checked
   * @return counts at [group][from][to]
   */
  static long[] count(byte[] sweeps, int chains, int groups, int states) {
    int stride = states * states;
    long[] cells = new long[Math.multiplyExact(groups, stride)];
    int[] firstCell = new int[chains];
    for (int chain = 0; chain < chains; chain++) {
      firstCell[chain] = chain % groups * stride;
    }
    for (int sweep = 0; sweep < sweeps.length - chains; sweep += chains) {
      count(sweeps, sweep, states, firstCell, cells);
    }
    return cells;
  }

  private static void count(byte[] sweeps, int sweep, int states, int[] firstCell, long[] cells) {
    int chains = firstCell.length;
    int chain = 0;
    for (; chain + 7 < chains; chain += 8) {
      long from = (long) EIGHT_BYTES.get(sweeps, sweep + chain);
      long to = (long) EIGHT_BYTES.get(sweeps, sweep + chains + chain);
      long even = (from & EVEN) * states + (to & EVEN);
      long odd = (from >>> 8 & EVEN) * states + (to >>> 8 & EVEN);
      for (int lane = 0; lane < 8; lane += 2) {
        cells[firstCell[chain + lane] + (int) (even & 0xFFFF)]++;
        cells[firstCell[chain + lane + 1] + (int) (odd & 0xFFFF)]++;
        even >>>= 16;
        odd >>>= 16;
      }
    }
    for (; chain < chains; chain++) {
      cells[firstCell[chain] + sweeps[sweep + chain] * states + sweeps[sweep + chains + chain]]++;
    }
  }
}
