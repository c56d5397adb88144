package io.ratchet.schema;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;

/**
 * Fixed records, one with everything and one with the least for each type. Their bytes under each
 * release lie in {@code golden/RELEASE/NAME.bin} and must decode to these for ever.
 */
final class GoldenRecords {
  private GoldenRecords() {}

  static Map<String, SpecificRecord> all() {
    Map<String, SpecificRecord> records = new LinkedHashMap<>();
    records.put("run-full", run());
    records.put(
        "run-least", Run.newBuilder().setRun("r").setAttempt(1).setCreatedMillis(0).build());
    records.put("worker-full", worker());
    records.put("chain-states-full", chainStates());
    records.put("chain-states-end", end());
    records.put("gradient-update-full", gradientUpdate());
    records.put(
        "gradient-update-angle",
        GradientUpdate.newBuilder(gradientUpdate()).setGradientAngle(0.25).build());
    records.put(
        "gradient-update-members",
        GradientUpdate.newBuilder(gradientUpdate())
            .setWorkers(3)
            .setMembers(List.of(0, 2, 3))
            .build());
    records.put("gradient-update-least", leastUpdate());
    records.put("thermodynamics-full", thermodynamics());
    records.put("thermodynamics-least", leastWindow());
    records.put("alert-full", alert());
    records.put("checkpoint-full", checkpoint());
    records.put(
        "checkpoint-offset",
        Checkpoint.newBuilder(checkpoint()).setWorkers(2).setGradientOffset(7_000).build());
    return records;
  }

  private static Run run() {
    return Run.newBuilder()
        .setRun("mnist-1")
        .setAttempt(2)
        .setCreatedMillis(1_795_305_600_000L)
        .setModel("latent-cycle")
        .setAlgorithm("two-step")
        .setExpectation(Expectation.IRREVERSIBLE)
        .setStates(10)
        .setVisible(784)
        .setImageWidth(28)
        .setImageHeight(28)
        .setWorkers(2)
        .setChains(100)
        .setUpdates(3000)
        .setStartStep(1500)
        .setSeed(-1)
        .setData("idx:images,labels")
        .setDataDigest("00ff")
        .setExamples(60_000)
        .setClassNames(List.of("null", "één", "二"))
        .setClassifier("multinomial logistic regression")
        .setClassifierAccuracy(0.92)
        .setSettings(new TreeMap<>(Map.of("batch", "500", "chains", "100")))
        .setVersions(new TreeMap<>(Map.of("jdk", "17.0.15", "ratchet", "0.1.0")))
        .setCommit("0123456789abcdef")
        .setHost("host")
        .setTags(List.of("a", "b"))
        .setNotes("line one\nline two")
        .setDeleted(true)
        .build();
  }

  private static Worker worker() {
    return Worker.newBuilder()
        .setRun("mnist-1")
        .setAttempt(2)
        .setWorker(1)
        .setIncarnation(Long.MIN_VALUE)
        .setStep(1501)
        .setState(WorkerState.INTERRUPTED)
        .setHeartbeatMillis(1_795_305_600_001L)
        .setPromisedIntervalMillis(10_000)
        .setDropped(3)
        .setSpilled(4)
        .setMessage("SIGTERM")
        .build();
  }

  private static ChainStates chainStates() {
    return ChainStates.newBuilder()
        .setRun("mnist-1")
        .setAttempt(2)
        .setWorker(1)
        .setIncarnation(Long.MAX_VALUE)
        .setWorkers(2)
        .setChainOffset(2)
        .setChains(4)
        .setStartStep(1500)
        .setStep(1501)
        .setSweep(1)
        .setEnd(false)
        .setExpectation(Expectation.DRIVEN)
        .setStates(3)
        .setEncoding(StateEncoding.UINT8)
        .setFrom(bytes(0, 2))
        .setTo(bytes(1, 0))
        .setPathEntropy(floats(0.5f, -1.25f))
        .setSoftTo(floats(0.25f, 0.5f, 0.25f, 1e-17f, 1, 0))
        .setClasses(bytes(7, 255))
        .setClassReference(doubles(0.25, 0.75))
        .setDataLatent(floats(0.2f, 0.3f, 0.5f))
        .setSamples(bytes(0b101, 0b10, 0xff, 0b11))
        .setVisible(10)
        .setPhase(1)
        .setProtocolTime(17)
        .setTimestampMillis(1_795_305_600_002L)
        .build();
  }

  private static ChainStates end() {
    return ChainStates.newBuilder()
        .setRun("mnist-1")
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(0)
        .setWorkers(1)
        .setChainOffset(0)
        .setChains(4)
        .setStartStep(0)
        .setStep(3000)
        .setSweep(3000)
        .setEnd(true)
        .setStates(300)
        .setEncoding(StateEncoding.UINT16_LE)
        .setFrom(bytes())
        .setTo(bytes())
        .build();
  }

  private static GradientUpdate gradientUpdate() {
    return GradientUpdate.newBuilder()
        .setRun("mnist-1")
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(42)
        .setSequence(7)
        .setStep(8)
        .setBlocks(
            List.of(
                new GradientBlock("W", List.of(1, 2), floats(3, 4), 5.0),
                new GradientBlock("b", List.of(1), null, 0.0)))
        .setParametersDigest(-2L)
        .setLogLikelihood(-163.5)
        .setLearningRate(0.01)
        .setUpdateMicros(1234)
        .setTimestampMillis(1_795_305_600_003L)
        .build();
  }

  private static GradientUpdate leastUpdate() {
    return GradientUpdate.newBuilder()
        .setRun("r")
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setSequence(0)
        .setStep(0)
        .build();
  }

  private static Thermodynamics thermodynamics() {
    return window()
        .setExpectation(Expectation.IRREVERSIBLE)
        .setMissingWorkers(List.of(0, 3))
        .setGaps(5)
        .setLate(6)
        .setStatus(EstimateStatus.LOWER_BOUND)
        .setEntropyProduction(
            new Estimate(1.5, 1.25, 1.75, 0.95, "counts", EstimateStatus.LOWER_BOUND))
        .setSoftEntropyProduction(
            new Estimate(1.6, null, null, 0.95, "soft", EstimateStatus.ESTIMATED))
        .setPathEntropyProduction(
            new Estimate(null, null, null, 0.95, "path", EstimateStatus.INSUFFICIENT))
        .setSelfTransitionProbability(
            new Estimate(0.04, 0.03, 0.05, 0.95, "counts", EstimateStatus.ESTIMATED))
        .setClassDivergence(new Estimate(0.1, 0.0, 0.2, 0.95, "plug-in", EstimateStatus.ESTIMATED))
        .setLatentDivergence(new Estimate(0.2, 0.1, 0.3, 0.95, "plug-in", EstimateStatus.ESTIMATED))
        .setReversibilityTest(new ReversibilityTest("sign-flip", 12.5, 3L, 0.005))
        .setVerdict(new Verdict(true, 1.1, 1, true, false))
        .setCurrentsTotal(2)
        .setCurrentMagnitude(0.3)
        .setCurrents(List.of(new Current(0, 1, 0.2, 0.01), new Current(2, 0, 0.1, null)))
        .setCyclesTotal(2)
        .setCyclesEntropyShare(0.99)
        .setCycles(
            List.of(new Cycle(List.of(0, 1, 2), 3, 0.1, 2.5), new Cycle(null, 1001, 0.01, -0.5)))
        .setRelaxationTime(3.5)
        .setStationaryDistribution(doubles(0.25, 0.25, 0.5))
        .setOneWayPairs(1)
        .setCounts(bytes(0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0))
        .setWarnings(List.of("one-way pairs"))
        .setEstimatorVersion(2)
        .build();
  }

  private static Thermodynamics leastWindow() {
    return window().build();
  }

  private static Thermodynamics.Builder window() {
    return Thermodynamics.newBuilder()
        .setRun("mnist-1")
        .setAttempt(1)
        .setFromStep(0)
        .setToStep(499)
        .setBucketSteps(25)
        .setWindowBuckets(20)
        .setGrace(20)
        .setFloor(0.05)
        .setSequence(19)
        .setTransitions(50_000)
        .setGroups(32)
        .setStates(3);
  }

  private static Alert alert() {
    return Alert.newBuilder()
        .setRun("mnist-1")
        .setAttempt(1)
        .setKind(AlertKind.COLLAPSE)
        .setAction(AlertAction.RAISED)
        .setSequence(19)
        .setFromStep(0)
        .setToStep(499)
        .setBound(0.01)
        .setFloor(0.05)
        .setPValue(0.5)
        .setTransitions(50_000)
        .setGroups(32)
        .setStates(3)
        .setCounts(bytes(1, 2, 3))
        .setVanishedCycle(new Cycle(List.of(0, 1, 2), 3, 0.1, 2.5))
        .setMessage("collapsed")
        .build();
  }

  private static Checkpoint checkpoint() {
    return Checkpoint.newBuilder()
        .setRun("mnist-1")
        .setAttempt(1)
        .setWorker(0)
        .setWorkers(1)
        .setStep(3000)
        .setModel("latent-cycle")
        .setVisible(2)
        .setStates(1)
        .setParameters(List.of(new Parameter("W", List.of(1, 2), doubles(0.5, -0.5))))
        .setOptimizer(List.of(new Parameter("W", List.of(1, 2), doubles(0.25, 0.25))))
        .setChains(bytes(1, 0))
        .setRng(bytes(1, 2, 3, 4))
        .setData(bytes(5))
        .setSweep(3000)
        .setSequence(3000)
        .setSeed(1)
        .setSettings(new TreeMap<>(Map.of("k", "1")))
        .build();
  }

  private static ByteBuffer bytes(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length);
    for (int value : values) {
      buffer.put((byte) value);
    }
    return buffer.flip();
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.flip();
  }

  private static ByteBuffer doubles(double... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      buffer.putDouble(value);
    }
    return buffer.flip();
  }
}
