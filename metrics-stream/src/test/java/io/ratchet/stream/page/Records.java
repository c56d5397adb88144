package io.ratchet.stream.page;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Current;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.ReversibilityTest;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Records of a made-up run for the tests of this package. */
final class Records {
  static final long EPOCH = 1_800_000_000_000L;

  private Records() {}

  static Run.Builder run(String id) {
    return Run.newBuilder()
        .setRun(id)
        .setAttempt(1)
        .setCreatedMillis(EPOCH)
        .setModel("latent-cycle")
        .setAlgorithm("two-step")
        .setStates(10)
        .setVisible(256)
        .setImageWidth(16)
        .setImageHeight(16)
        .setChains(512)
        .setUpdates(3_000)
        .setSeed(1)
        .setData("glyphs")
        .setDataDigest("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        .setExamples(4_000)
        .setClassNames(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"))
        .setClassifier("multinomial logistic regression")
        .setClassifierAccuracy(0.981)
        .setSettings(Map.of("batch", "500", "k", "10", "learning-rate", "0.01"))
        .setVersions(Map.of("ratchet", "0.1.0", "jdk", "17.0.15"));
  }

  static Worker.Builder worker(String id) {
    return Worker.newBuilder()
        .setRun(id)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(42)
        .setStep(0)
        .setState(WorkerState.RUNNING)
        .setHeartbeatMillis(EPOCH)
        .setPromisedIntervalMillis(2_000);
  }

  static GradientUpdate.Builder update(String id, long step) {
    return GradientUpdate.newBuilder()
        .setRun(id)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(42)
        .setSequence(step)
        .setStep(step)
        .setBlocks(
            List.of(
                GradientBlock.newBuilder().setName("W").setNorm(0.25).build(),
                GradientBlock.newBuilder().setName("U").setNorm(4).build()))
        .setLogLikelihood(-100.5)
        .setLearningRate(0.01)
        .setUpdateMicros(2_000)
        .setTimestampMillis(EPOCH + 2 * step);
  }

  /** A window over the 500 steps up to {@code toStep}, with a ring of currents. */
  static Thermodynamics.Builder window(String id, long toStep) {
    int states = 10;
    double[] stationary = new double[states];
    ByteBuffer shares = little(states * Double.BYTES);
    ByteBuffer counts = little(states * states * 12);
    List<Current> currents = new ArrayList<>();
    for (int i = 0; i < states; i++) {
      stationary[i] = (1 + 0.5 * Math.sin(i)) / (states + 0.5 * 1.4);
      shares.putDouble(stationary[i]);
      for (int j = 0; j < states; j++) {
        boolean forward = j == (i + 1) % states;
        counts.putShort((short) i).putShort((short) j).putLong(forward ? 4_000 : 100 + i);
      }
      currents.add(
          Current.newBuilder()
              .setFrom(i)
              .setTo((i + 1) % states)
              .setValue(0.06 / (1 + i))
              .setStandardError(0.002)
              .build());
    }
    currents.sort(Comparator.comparingDouble(Current::getValue).reversed());
    return Thermodynamics.newBuilder()
        .setRun(id)
        .setAttempt(1)
        .setFromStep(Math.max(0, toStep - 499))
        .setToStep(toStep)
        .setBucketSteps(25)
        .setWindowBuckets(20)
        .setGrace(20)
        .setFloor(0.05)
        .setSequence(toStep / 25)
        .setTransitions(50_000)
        .setGroups(32)
        .setStates(states)
        .setStatus(EstimateStatus.ESTIMATED)
        .setEntropyProduction(estimate("counts", 1.5))
        .setSoftEntropyProduction(estimate("soft", 1.7))
        .setPathEntropyProduction(estimate("path", 40))
        .setSelfTransitionProbability(estimate("plug-in", 0.04))
        .setClassDivergence(estimate("plug-in", 0.03))
        .setLatentDivergence(estimate("plug-in", 0.01))
        .setReversibilityTest(
            ReversibilityTest.newBuilder()
                .setMethod("sign-flip")
                .setStatistic(812)
                .setDegreesOfFreedom(36)
                .setPValue(0.005)
                .build())
        .setCurrentsTotal(currents.size())
        .setCurrents(currents)
        .setStationaryDistribution(shares.flip())
        .setCounts(counts.flip());
  }

  static Estimate estimate(String estimator, double value) {
    return Estimate.newBuilder()
        .setValue(value)
        .setLower(value * 0.9)
        .setUpper(value * 1.1)
        .setEstimator(estimator)
        .setStatus(EstimateStatus.ESTIMATED)
        .build();
  }

  static Estimate without(EstimateStatus status) {
    return Estimate.newBuilder().setEstimator("counts").setStatus(status).build();
  }

  /** A sweep whose samples are the given bit-packed images. */
  static ChainStates.Builder sweep(String id, long step, int visible, byte[]... images) {
    ByteBuffer packed = little(images.length * ((visible + 7) / 8));
    for (byte[] image : images) {
      packed.put(image);
    }
    byte[] to = new byte[16];
    for (int i = 0; i < to.length; i++) {
      to[i] = (byte) (i % 10);
    }
    return ChainStates.newBuilder()
        .setRun(id)
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(42)
        .setWorkers(1)
        .setChainOffset(0)
        .setChains(16)
        .setStartStep(0)
        .setStep(step)
        .setSweep(step)
        .setStates(10)
        .setEncoding(StateEncoding.UINT8)
        .setFrom(ByteBuffer.wrap(new byte[16]))
        .setTo(ByteBuffer.wrap(to))
        .setVisible(visible)
        .setSamples(images.length == 0 ? null : packed.flip())
        .setTimestampMillis(EPOCH + 2 * step);
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
