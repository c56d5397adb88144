package io.ratchet.stream.estimate;

import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.window.Aggregate;
import io.ratchet.stream.window.Window;
import io.ratchet.thermodynamics.Currents;
import io.ratchet.thermodynamics.Cycles;
import io.ratchet.thermodynamics.Divergence;
import io.ratchet.thermodynamics.EntropyProduction;
import io.ratchet.thermodynamics.Flux;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.thermodynamics.ReversibilityTest;
import io.ratchet.thermodynamics.SelfTransition;
import io.ratchet.thermodynamics.TransitionCounts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Says what a closed window says: a pure function, the same bits for whoever recomputes it.
 *
 * <p>What is not known is null, never 0 and never NaN. Of a driven run no stationary currents are
 * given: its chain is a transient, indexed by the time of its protocol.
 */
public final class WindowEstimator {
  /** Raised when an estimator changes, since that may change bits. */
  public static final int VERSION = 1;

  /** Nominal coverage of all intervals. */
  public static final double LEVEL = 0.95;

  /** Most currents listed; all count in the totals. */
  static final int MAX_CURRENTS = 100;

  /** Most pairs of states whose counts are published: 12 bytes each in at most 512 KiB. */
  static final int MAX_COUNTED_PAIRS = 30_000;

  /** Most cycles listed; all count in the total. */
  static final int MAX_CYCLES = 20;

  /** A longer cycle is listed without its states. */
  static final int MAX_CYCLE_STATES = 1_000;

  /**
   * Most states of which a stationary law is made in the stream: its elimination, the eigenvalues
   * and the cycles take K^3 steps, a fraction of a second here and a minute at ten times as many.
   */
  static final int MAX_STATIONARY_STATES = 256;

  private static final int COUNT_BYTES = Short.BYTES + Short.BYTES + Long.BYTES;

  /** Shares may have been float32. */
  private static final double SHARE_TOLERANCE = 1e-3;

  private WindowEstimator() {}

  /**
   * Estimates everything of a window.
   *
   * @param reading a window with at least one transition
   * @param sequence its number among the windows of its run
   */
  public static Thermodynamics estimate(Reading reading, long sequence) {
    Aggregate sums = reading.window().sums();
    GroupedCounts counts = sums.counts();
    TransitionCounts pooled = counts.pooled();
    EntropyProduction production = reading.entropyProduction();
    boolean frozen = production.status() == io.ratchet.thermodynamics.Estimate.Status.FROZEN;
    List<String> warnings = new ArrayList<>(production.warnings());

    Thermodynamics result = frame(reading.window(), sequence);
    result.setTransitions(counts.transitions());
    result.setGroups(counts.groupsWithTransition());
    result.setStatus(status(production.status()));
    result.setEntropyProduction(record(production.estimate(LEVEL)));
    if (sums.hasSoftCounts()) {
      EntropyProduction soft = EntropyProduction.fromSoftCounts(sums.softCounts());
      warnings.addAll(soft.warnings());
      result.setSoftEntropyProduction(record(unlessFrozen(soft, frozen)));
    }
    if (sums.hasPathEntropy()) {
      EntropyProduction path = EntropyProduction.fromPath(sums.pathSums(), sums.pathCounts());
      warnings.addAll(path.warnings());
      result.setPathEntropyProduction(record(unlessFrozen(path, frozen)));
    }
    result.setSelfTransitionProbability(record(SelfTransition.of(counts, LEVEL)));
    setDivergences(result, sums, warnings);
    setReversibility(result, reading.reversibility(), warnings);
    if (sums.shape().expectation() == Expectation.DRIVEN) {
      warnings.add(
          "driven: the chain is a transient; counts and soft counts assume a stationary one");
    } else {
      setCurrents(result, counts);
      if (!frozen) {
        setStationary(result, pooled, warnings);
      }
    }
    result.setOneWayPairs(oneWayPairs(pooled));
    result.setCounts(triples(pooled));
    if (result.getCounts() == null) {
      warnings.add(
          "counts of %d pairs are not published, at most %d are"
              .formatted(pooled.distinctPairs(), MAX_COUNTED_PAIRS));
    }
    result.setWarnings(List.copyOf(new LinkedHashSet<>(warnings)));
    return result;
  }

  /**
   * Encodes a window for its topic. Should it be larger than the topic takes, the counts are left
   * out, with a warning: a record that is too large would abort the transaction for ever.
   */
  public static byte[] encode(Thermodynamics window) {
    byte[] bytes = RecordCodec.encode(window);
    if (bytes.length <= Topics.MAX_RESULT_BYTES) {
      return bytes;
    }
    window.setCounts(null);
    List<String> warnings = new ArrayList<>(window.getWarnings());
    warnings.add("counts are not published, the record would have " + bytes.length + " bytes");
    window.setWarnings(warnings);
    bytes = RecordCodec.encode(window);
    if (bytes.length > Topics.MAX_RESULT_BYTES) {
      throw new IllegalStateException(
          "window %d of run %s has %d bytes without its counts; at most %d"
              .formatted(
                  window.getSequence(), window.getRun(), bytes.length, Topics.MAX_RESULT_BYTES));
    }
    return bytes;
  }

  /** Set by hand: Avro's builder looks every default up, which took a tenth of an estimate. */
  private static Thermodynamics frame(Window window, long sequence) {
    Thermodynamics frame = new Thermodynamics();
    frame.setRun(window.run());
    frame.setAttempt(window.attempt());
    frame.setFromStep(window.fromStep());
    frame.setToStep(window.toStep());
    frame.setBucketSteps(window.settings().bucketSteps());
    frame.setWindowBuckets(window.settings().windowBuckets());
    frame.setGrace(window.settings().grace());
    frame.setFloor(window.settings().floor());
    frame.setSequence(sequence);
    frame.setStates(window.sums().shape().states());
    frame.setExpectation(window.sums().shape().expectation());
    frame.setMissingWorkers(window.missingWorkers());
    frame.setGaps(window.sums().gaps());
    frame.setLate(window.late());
    frame.setCurrents(List.of());
    frame.setCycles(List.of());
    frame.setEstimatorVersion(VERSION);
    return frame;
  }

  private static void setDivergences(Thermodynamics result, Aggregate sums, List<String> warnings) {
    double[] classes = sums.classReference();
    if (classes.length > 0) {
      result.setClassDivergence(
          record(Divergence.of(sums.classCounts(classes.length), classes, LEVEL)));
    }
    if (sums.hasDataLatent()) {
      double[] latent = sums.dataLatent();
      double sum = Arrays.stream(latent).sum();
      if (Math.abs(sum - 1) <= SHARE_TOLERANCE) {
        result.setLatentDivergence(record(Divergence.of(sums.counts().arrivals(), latent, LEVEL)));
      } else {
        warnings.add("latent divergence: dataLatent sums to " + sum + " instead of 1");
      }
    }
  }

  private static void setReversibility(
      Thermodynamics result, ReversibilityTest test, List<String> warnings) {
    result.setReversibilityTest(
        new io.ratchet.schema.ReversibilityTest(
            test.method().label(),
            test.statistic(),
            test.degreesOfFreedom(),
            orNull(test.pValue())));
    if (!test.remark().isEmpty()) {
      warnings.add(test.remark());
    }
  }

  private static void setCurrents(Thermodynamics result, GroupedCounts counts) {
    Currents currents = Currents.of(counts, MAX_CURRENTS);
    result.setCurrentsTotal(currents.total());
    result.setCurrentMagnitude(currents.magnitude());
    List<Current> listed = new ArrayList<>(currents.strongest().size());
    for (Currents.Current current : currents.strongest()) {
      listed.add(
          new Current(
              current.from(), current.to(), current.value(), orNull(current.standardError())));
    }
    result.setCurrents(listed);
  }

  /** Cycles, relaxation and law of the stationarised flux, which cost the cube of K. */
  private static void setStationary(
      Thermodynamics result, TransitionCounts pooled, List<String> warnings) {
    if (pooled.states() > MAX_STATIONARY_STATES) {
      warnings.add(
          "cycles, relaxation time and stationary law are given for at most %d states"
              .formatted(MAX_STATIONARY_STATES));
      return;
    }
    Flux flux = Flux.stationarised(pooled);
    Cycles cycles = Cycles.of(flux, MAX_CYCLES);
    result.setCyclesTotal(cycles.total());
    result.setCyclesEntropyShare(orNull(cycles.entropyShare()));
    List<Cycle> listed = new ArrayList<>(cycles.strongest().size());
    for (Cycles.Cycle cycle : cycles.strongest()) {
      int length = cycle.states().size();
      listed.add(
          new Cycle(
              length > MAX_CYCLE_STATES ? null : cycle.states(),
              length,
              cycle.weight(),
              cycle.affinity()));
    }
    result.setCycles(listed);
    result.setRelaxationTime(orNull(flux.relaxationTime()));
    double[] law = flux.stationaryLaw();
    ByteBuffer bytes =
        ByteBuffer.allocate(law.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(law);
    result.setStationaryDistribution(bytes);
  }

  private static long oneWayPairs(TransitionCounts pooled) {
    long[] pairs = {0};
    pooled.forEach(
        (from, to, count) -> pairs[0] += from != to && pooled.count(to, from) == 0 ? 1 : 0);
    return pairs[0];
  }

  /** The counts as they are published; null for too many pairs. */
  static ByteBuffer triples(TransitionCounts pooled) {
    long pairs = pooled.distinctPairs();
    if (pairs > MAX_COUNTED_PAIRS) {
      return null;
    }
    ByteBuffer triples =
        ByteBuffer.allocate((int) pairs * COUNT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    pooled.forEach(
        (from, to, count) -> triples.putShort((short) from).putShort((short) to).putLong(count));
    return triples.flip();
  }

  private static io.ratchet.thermodynamics.Estimate unlessFrozen(
      EntropyProduction production, boolean frozen) {
    io.ratchet.thermodynamics.Estimate estimate = production.estimate(LEVEL);
    return frozen ? estimate.asFrozen() : estimate;
  }

  private static Estimate record(io.ratchet.thermodynamics.Estimate estimate) {
    return new Estimate(
        orNull(estimate.value()),
        orNull(estimate.lower()),
        orNull(estimate.upper()),
        estimate.level(),
        estimate.estimator(),
        status(estimate.status()));
  }

  private static EstimateStatus status(io.ratchet.thermodynamics.Estimate.Status status) {
    return switch (status) {
      case ESTIMATED -> EstimateStatus.ESTIMATED;
      case LOWER_BOUND -> EstimateStatus.LOWER_BOUND;
      case FROZEN -> EstimateStatus.FROZEN;
      case INSUFFICIENT -> EstimateStatus.INSUFFICIENT;
    };
  }

  static Double orNull(OptionalDouble number) {
    return number.isPresent() ? number.getAsDouble() : null;
  }
}
