package io.ratchet.thermodynamics.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/** The cells of a table, measured on two threads; each has a generator of its own. */
final class Cells {
  /** What the generators of all cells are seeded with, together with table and cell. */
  static final long SEED = 20_261_122L;

  private static final int THREADS = 2;

  private Cells() {}

  /** How one cell is measured. */
  interface Measurement<C, R> {
    R measure(C cell, UniformRandomProvider random);
  }

  /**
   * Measures all cells; cell number i of table t uses XoShiRo256++ seeded with the four numbers
   * {SEED, t, i, 0}, so that no result depends on which thread took it, or when.
   *
   * @return results in the order of the cells
   */
  static <C, R> List<R> measure(int table, List<C> cells, Measurement<C, R> measurement) {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<R>> futures = new ArrayList<>();
      for (int i = 0; i < cells.size(); i++) {
        C cell = cells.get(i);
        UniformRandomProvider random =
            RandomSource.XO_SHI_RO_256_PP.create(new long[] {SEED, table, i, 0});
        futures.add(threads.submit(() -> measurement.measure(cell, random)));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError("a cell could not be measured", e);
    } finally {
      threads.shutdownNow();
    }
  }
}
