package io.ratchet.benchmarks;

import io.ratchet.thermodynamics.GroupedCounts;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time of counting 10^8 transitions of 512 chains in 32 groups, K = 10, on one thread; {@link
 * CountingVersusNumpy} sets it beside NumPy.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(
    value = 2,
    jvmArgs = {"-Xmx1g", "-XX:+UseSerialGC"})
public class CountingBenchmark {
  private RecordedChains chains;

  /** Simulates the chains. */
  @Setup
  public void simulate() {
    chains = RecordedChains.simulate(100_000_000);
  }

  /** All sweeps in one call. */
  @Benchmark
  public GroupedCounts sweeps() {
    return chains.count();
  }

  /** One call a transition. */
  @Benchmark
  public GroupedCounts oneByOne() {
    return chains.countOneByOne();
  }
}
