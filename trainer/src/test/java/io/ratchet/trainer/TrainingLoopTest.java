package io.ratchet.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.trainer.checkpoint.Checkpoints;
import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.evaluate.Evaluation;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.learning.GradientExchange;
import io.ratchet.trainer.learning.GradientReplay;
import io.ratchet.trainer.learning.WatchedState;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.SweepObservation;
import io.ratchet.trainer.publish.UpdateObservation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TrainingLoopTest {

  private static final DataSet GLYPHS = DataSets.load("glyphs:8", null, 500, 1);

  /** Without these, numbers that differ by 1e-15 are taken for equal, and NaN for no number. */
  private static final RecursiveComparisonConfiguration BIT_BY_BIT =
      RecursiveComparisonConfiguration.builder()
          .withEqualsForType(Double::equals, Double.class)
          .withEqualsForType(Float::equals, Float.class)
          .build();

  @TempDir private Path directory;

  @Test
  void run_hasTheSameBits_forTheSameSeed_whateverIsObserved() {
    Snapshot silent = trained(small().observeEvery(1_000).build(), RunPublisher.none());
    Recorder recorder = new Recorder();
    Snapshot watched = trained(small().observeEvery(1).recordGradients(true).build(), recorder);
    Snapshot other = trained(small().seed(2).build(), RunPublisher.none());

    assertThat(recorder.sweeps).hasSize(60);
    assertSame(watched, silent);
    assertThat(other.parameter("W").values()).isNotEqualTo(silent.parameter("W").values());
  }

  @ParameterizedTest
  @EnumSource
  void anyTeam_makesTheSameBits(LatentCycleModel.Kind kind) {
    for (Algorithm algorithm : Algorithm.values()) {
      if (!algorithm.trains(kind)) {
        continue;
      }
      TrainingSettings settings = small().model(kind).algorithm(algorithm).updates(30).build();
      Recorder recorder = new Recorder();
      Snapshot alone = trained(settings, recorder);
      for (int threads : new int[] {2, 3}) {
        Recorder shared = new Recorder();
        try (Team team = Team.of(threads)) {
          TrainingLoop loop =
              TrainingLoop.start(
                  GLYPHS, settings, Shard.WHOLE, team, shared, GradientExchange.alone(), () -> 0);
          loop.run(() -> false, (step, logLikelihood) -> {});
          assertSame(loop.snapshot("r", 1), alone);
          assertThat(shared.updates)
              .usingRecursiveFieldByFieldElementComparator(BIT_BY_BIT)
              .isEqualTo(recorder.updates);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void training_continuesFromACheckpointOfAnyStep_withTheSameBits(LatentCycleModel.Kind kind)
      throws IOException {
    for (Algorithm algorithm : Algorithm.values()) {
      if (!algorithm.trains(kind)) {
        continue;
      }
      TrainingSettings settings = small().model(kind).algorithm(algorithm).sweeps(2).build();
      Recorder undisturbed = new Recorder();
      Snapshot whole = trained(settings, undisturbed);
      // Around the start, around a new order of the data (5 batches an epoch), and the end.
      for (int stop : new int[] {0, 1, 4, 5, 6, 31, 59, 60}) {
        TrainingLoop first = start(settings, RunPublisher.none());
        first.run(() -> first.step() == stop, (step, logLikelihood) -> {});
        Path file = directory.resolve(algorithm + "-" + stop + ".avro");
        Checkpoints.write(file, first.snapshot("r", 1));

        Recorder recorder = new Recorder();
        TrainingLoop second =
            TrainingLoop.resume(GLYPHS, Checkpoints.read(file), recorder, () -> 0);
        assertThat(second.step()).isEqualTo(stop);
        second.run(() -> false, (step, logLikelihood) -> {});

        assertSame(second.snapshot("r", 1), whole);
        assertThat(recorder.sweeps)
            .usingRecursiveComparison(BIT_BY_BIT)
            .isEqualTo(undisturbed.sweeps.subList(2 * stop, 120));
        assertThat(recorder.updates)
            .usingRecursiveComparison(BIT_BY_BIT)
            .isEqualTo(undisturbed.updates.subList(stop, 60));
      }
    }
  }

  @Test
  void resume_onOtherData_isRefused() {
    Snapshot snapshot = trained(small().build(), RunPublisher.none());
    DataSet other = DataSets.load("glyphs:8", null, 500, 2);
    assertThatThrownBy(() -> TrainingLoop.resume(other, snapshot, RunPublisher.none(), () -> 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("allowed: the data of the checkpoint, digest " + GLYPHS.digest());
  }

  @Test
  void recordedGradients_areWhatWasApplied() {
    TrainingSettings settings = small().recordGradients(true).updates(20).build();
    Recorder recorder = new Recorder();
    double[] u = start(settings, recorder).snapshot("r", 1).parameter("U").values();
    double[] v = new double[u.length];
    Snapshot end = trained(settings, recorder);

    for (UpdateObservation update : recorder.updates) {
      UpdateObservation.Block block = update.blocks().get(2);
      assertThat(block.name()).isEqualTo("U");
      double squares = 0;
      for (int j = 0; j < u.length; j++) {
        double g = block.values()[j];
        v[j] = 0.9 * v[j] + (1 - 0.9) * (g * g);
        u[j] += update.learningRate() * g / (Math.sqrt(v[j]) + 1e-8);
        squares += g * g;
      }
      assertThat(block.norm()).isCloseTo(Math.sqrt(squares), offset(1e-12));
      assertThat(update.parametersDigest()).isNotNull();
    }
    assertThat(u).isEqualTo(end.parameter("U").values());
    assertThat(recorder.updates.get(1).parametersDigest())
        .isNotEqualTo(recorder.updates.get(0).parametersDigest());
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"CD", "EM"}) // trained again instead
  void recordedGradients_bringEveryBitOfThePastBack(Algorithm algorithm) {
    TrainingSettings settings = small(algorithm).recordGradients(true).publishEvery(7).build();
    Recorder recorder = new Recorder();
    TrainingLoop loop = start(settings, recorder);
    loop.run(() -> loop.step() == 11, (step, logLikelihood) -> {});
    Snapshot before = loop.snapshot("r", 1);
    loop.run(() -> false, (step, logLikelihood) -> {});

    LatentCycleModel model = Checkpoints.model(before);
    Map<String, double[]> meanSquares = new LinkedHashMap<>();
    before.optimizer().forEach(block -> meanSquares.put(block.name(), block.values()));
    GradientReplay replay = GradientReplay.of(model, meanSquares, settings.decay());
    for (UpdateObservation update : recorder.updates.subList(11, 60)) {
      assertThat(update.parametersDigest()).isEqualTo(replay.digest());
      Map<String, float[]> values = new HashMap<>();
      update.blocks().forEach(block -> values.put(block.name(), block.values()));
      replay.apply(List.of(values), update.learningRate());
    }
    assertThat(replay.digest()).isEqualTo(Checkpoints.model(loop.snapshot("r", 1)).digest());
    assertThatThrownBy(() -> replay.apply(List.of(Map.of()), 1))
        .hasMessageContaining("gradient of [], allowed: [W, b");
  }

  @ParameterizedTest
  @EnumSource(names = {"CD", "PCD"})
  void recordedGradients_bringAnRbmBack(Algorithm algorithm) {
    TrainingSettings settings =
        small()
            .model(LatentCycleModel.Kind.RBM)
            .algorithm(algorithm)
            .hidden(12)
            .recordGradients(true)
            .build();
    Recorder recorder = new Recorder();
    TrainingLoop loop = start(settings, recorder);
    GradientReplay replay = GradientReplay.of(Checkpoints.rbm(loop.snapshot("r", 1)));
    loop.run(() -> false, (step, logLikelihood) -> {});
    for (UpdateObservation update : recorder.updates) {
      assertThat(update.parametersDigest()).isEqualTo(replay.digest());
      Map<String, float[]> values = new HashMap<>();
      update.blocks().forEach(block -> values.put(block.name(), block.values()));
      replay.apply(List.of(values), update.learningRate());
    }
    assertThat(replay.digest()).isEqualTo(Checkpoints.rbm(loop.snapshot("r", 1)).digest());
  }

  @Test
  void shards_partTheExamples_andTheChains() {
    TrainingSettings settings = small().batch(10).recordGradients(true).updates(1).build();
    List<byte[]> states = new ArrayList<>();
    boolean[] seen = new boolean[GLYPHS.size()];
    for (int w = 0; w < 3; w++) {
      Shard shard = new Shard(w, 3);
      for (int n = 0; n < shard.size(GLYPHS.size()); n++) {
        assertThat(seen[shard.example(n)]).isFalse();
        seen[shard.example(n)] = true;
      }
      Recorder recorder = new Recorder();
      TrainingLoop loop =
          TrainingLoop.start(
              GLYPHS,
              settings,
              shard,
              Team.ALONE,
              recorder,
              (own, gradient, stop) -> shard,
              () -> 0);
      loop.run(() -> false, (step, logLikelihood) -> {});
      states.add(recorder.sweeps.get(0).to());
    }
    assertThat(seen).doesNotContain(false);

    // One worker with as many chains has the same chains.
    Recorder recorder = new Recorder();
    trained(small().chains(60).updates(1).build(), recorder);
    byte[] all = recorder.sweeps.get(0).to();
    for (int w = 0; w < 3; w++) {
      assertThat(states.get(w)).isEqualTo(Arrays.copyOfRange(all, 20 * w, 20 * (w + 1)));
    }
  }

  @Test
  void severalWorkers_areRefused_whereTheyCannotTrain() {
    Shard shard = new Shard(1, 6);
    assertThatThrownBy(() -> oneOfSix(small(Algorithm.EM).batch(1).build(), shard))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--algorithm: em, allowed with --workers: any other");
    assertThatThrownBy(() -> oneOfSix(small().recordGradients(true).build(), shard))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "--batch: 90, allowed: at most 84, the number of examples of worker 1");
  }

  @Test
  void updateGivenUp_leavesNothingToSave() {
    TrainingSettings settings = small().batch(10).recordGradients(true).build();
    Shard shard = new Shard(1, 6);
    TrainingLoop loop =
        TrainingLoop.start(
            GLYPHS,
            settings,
            shard,
            Team.ALONE,
            RunPublisher.none(),
            (own, g, stop) -> null,
            () -> 0);
    assertThat(loop.run(() -> false, (step, logLikelihood) -> {})).isZero();
    assertThat(loop.isWhole()).isFalse();
    assertThatThrownBy(() -> loop.snapshot("r", 1))
        .hasMessageContaining("update 0 was given up in its middle");
  }

  private static TrainingLoop oneOfSix(TrainingSettings settings, Shard shard) {
    return TrainingLoop.start(
        GLYPHS,
        settings,
        shard,
        Team.ALONE,
        RunPublisher.none(),
        (own, gradient, stop) -> shard,
        () -> 0);
  }

  @Test
  void sweepsOfAnUpdate_shareAStep_andFollowEachOther() {
    Recorder recorder = new Recorder();
    trained(
        small().sweeps(3).publishEvery(4).observeEvery(8).updates(20).chains(7).build(), recorder);

    assertThat(recorder.sweeps.stream().map(SweepObservation::step))
        .containsExactly(0L, 0L, 0L, 4L, 4L, 4L, 8L, 8L, 8L, 12L, 12L, 12L, 16L, 16L, 16L);
    assertThat(recorder.updates.stream().map(UpdateObservation::step))
        .containsExactly(0L, 4L, 8L, 12L, 16L);
    assertThat(recorder.sweeps.get(1).from()).isEqualTo(recorder.sweeps.get(0).to());
    assertThat(recorder.sweeps.get(3).pathEntropy()).isNull();
    assertThat(recorder.updates.get(0).blocks().get(0).values()).isNull();
    SweepObservation observed = recorder.sweeps.get(6);
    assertThat(observed.pathEntropy()).hasSize(7);
    assertThat(observed.classes()).hasSize(7);
    assertThat(observed.samples()).hasSize(7 * 8);
    double share = 0;
    for (float p : observed.dataLatent()) {
      share += p;
    }
    assertThat(share).isCloseTo(1, offset(1e-6));
    for (int c = 0; c < 7; c++) {
      double sum = 0;
      for (int y = 0; y < 5; y++) {
        sum += observed.softTo()[c * 5 + y];
      }
      assertThat(sum).isCloseTo(1, offset(1e-6));
      assertThat(observed.from()[c]).isBetween((byte) 0, (byte) 4);
    }
  }

  @Test
  void pathEntropy_ofTheTiedModel_isTheDifferenceOfItsLogWeights() {
    // ln p(x|z) + ln p(y|x) - ln p(x|y) - ln p(z|x) = ln pi_y - ln pi_z: one number a state.
    Recorder recorder = new Recorder();
    trained(
        small().model(LatentCycleModel.Kind.TIED).chains(300).observeEvery(5).build(), recorder);
    SweepObservation sweep = recorder.sweeps.get(5);
    Double[] logWeight = new Double[5];
    logWeight[sweep.from()[0]] = 0.0;
    boolean moved = false;
    for (int round = 0; round < 5; round++) {
      for (int c = 0; c < 300; c++) {
        int z = sweep.from()[c];
        int y = sweep.to()[c];
        moved |= z != y;
        if (logWeight[z] != null && logWeight[y] == null) {
          logWeight[y] = logWeight[z] + sweep.pathEntropy()[c];
        } else if (logWeight[y] != null && logWeight[z] == null) {
          logWeight[z] = logWeight[y] - sweep.pathEntropy()[c];
        } else if (logWeight[y] != null && logWeight[z] != null) {
          assertThat((double) sweep.pathEntropy()[c])
              .isCloseTo(logWeight[y] - logWeight[z], offset(1e-5));
        }
      }
    }
    assertThat(moved).isTrue();
  }

  @Test
  void angleBetweenTheGradients_isReported_whicheverIsApplied() {
    Recorder twoStep = new Recorder();
    Recorder full = new Recorder();
    Recorder tied = new Recorder();
    Snapshot one = trained(small(Algorithm.TWO_STEP).chains(200).build(), twoStep);
    Snapshot other = trained(small(Algorithm.FULL).chains(200).build(), full);
    trained(small(Algorithm.PCD).build(), tied);

    assertThat(one.parameter("W").values()).isNotEqualTo(other.parameter("W").values());
    for (int step = 0; step < 60; step++) {
      double angle = full.updates.get(step).gradientAngle();
      if (step % 10 == 0) {
        assertThat(angle).isBetween(0.0, Math.PI);
        assertThat(twoStep.updates.get(step).gradientAngle()).isBetween(0.0, Math.PI);
      } else {
        assertThat(angle).isNaN();
      }
      assertThat(tied.updates.get(step).gradientAngle()).isNaN();
    }
    // Made by the same parameters and chains; published gradients are rounded to float32.
    assertThat(full.updates.get(0).gradientAngle())
        .isCloseTo(twoStep.updates.get(0).gradientAngle(), offset(1e-6));
    assertThat(full.updates.get(50).gradientAngle()).isGreaterThan(1e-3);
  }

  @Test
  void stop_isObeyedBeforeTheNextUpdate() {
    TrainingLoop loop = start(small().build(), RunPublisher.none());
    List<Long> steps = new ArrayList<>();
    long done = loop.run(() -> loop.step() == 3, (step, logLikelihood) -> steps.add(step));
    assertThat(done).isEqualTo(3);
    assertThat(steps).containsExactly(1L, 2L, 3L);
  }

  @Test
  void settings_thatAreWrong_areRefused() {
    refused(small().states(0), "--k: 0, allowed: 1 to 1,024");
    refused(small().states(1_025), "--k: 1025, allowed: 1 to 1,024");
    refused(small().updates(0), "--updates: 0, allowed: 1 to ");
    refused(small().chains(0), "--chains: 0, allowed: 1 to ");
    refused(small().learningRate(Double.NaN), "--learning-rate: NaN, allowed: above 0 to 10");
    refused(
        small().algorithm(Algorithm.PCD),
        "--algorithm: pcd, allowed: two-step or full or em for --model latent-cycle");
    refused(
        small().state(WatchedState.ARGMAX),
        "--state: argmax, allowed: latent for --model latent-cycle");
    refused(small().model(null), "--model: missing, allowed: latent-cycle, tied or rbm");
    refused(small().batch(501), "--batch: 501, allowed: at most 500, the number of examples in");
    TrainingSettings settings = small().learningRate(0.123456789).recordGradients(true).build();
    assertThat(TrainingSettings.of(settings.toMap())).isEqualTo(settings);
  }

  @Test
  void manyStates_areTwoBytesLittleEndian() {
    Recorder recorder = new Recorder();
    trained(small().states(300).chains(50).updates(3).observeEvery(1).build(), recorder);
    SweepObservation sweep = recorder.sweeps.get(0);
    assertThat(sweep.from()).hasSize(100);
    assertThat(sweep.softTo()).isNull();
    boolean above = false;
    for (int c = 0; c < 50; c++) {
      int state = (sweep.to()[2 * c] & 0xff) | (sweep.to()[2 * c + 1] & 0xff) << 8;
      assertThat(state).isBetween(0, 299);
      above |= state > 255;
    }
    assertThat(above).isTrue();
  }

  /** shared/cases/model/training.json: best of 100 restarts of EM by a separate NumPy program. */
  @ParameterizedTest
  @EnumSource(names = {"TWO_STEP", "FULL"})
  void training_reachesTheLimitOfExpectationMaximisation(Algorithm algorithm) throws IOException {
    JsonNode json;
    try (InputStream in = getClass().getResourceAsStream("/cases/model/training.json")) {
      json = new ObjectMapper().readTree(in);
    }
    StringBuilder csv = new StringBuilder();
    for (JsonNode row : json.get("data")) {
      List<String> values = new ArrayList<>();
      row.forEach(value -> values.add(value.asText()));
      csv.append(String.join(",", values)).append('\n');
    }
    Path file = Files.writeString(directory.resolve("training.csv"), csv);
    DataSet data = DataSets.load("csv:" + file, null, Integer.MAX_VALUE, 1);
    JsonNode expect = json.get("expect");
    double best = Double.NEGATIVE_INFINITY;
    for (int seed = 1; seed <= 16; seed++) {
      TrainingSettings settings =
          TrainingSettings.builder()
              .algorithm(algorithm)
              .states(3)
              .batch(64)
              .chains(200)
              .learningRate(0.02)
              .decay(0.99)
              .holdShare(0)
              .finalRate(0.025)
              .seed(seed)
              .build();
      TrainingLoop loop = TrainingLoop.start(data, settings, RunPublisher.none(), () -> 0);
      loop.run(() -> false, (step, logLikelihood) -> {});
      LatentCycleModel model = Checkpoints.model(loop.snapshot("r", 1));
      double logLikelihood = Evaluation.of(model, data, 1, 1, seen -> {}).logLikelihood();
      assertThat(logLikelihood)
          .isBetween(expect.get("worst_min").asDouble(), expect.get("upperBound").asDouble());
      best = Math.max(best, logLikelihood);
    }
    assertThat(best).isGreaterThanOrEqualTo(expect.get("bestOf16_min").asDouble());
  }

  @Test
  void minibatchLogLikelihood_ofTheTiedModel_isExact() {
    TrainingSettings settings =
        small().model(LatentCycleModel.Kind.TIED).batch(500).updates(30).build();
    TrainingLoop loop = start(settings, RunPublisher.none());
    loop.run(() -> loop.step() == 29, (step, logLikelihood) -> {});
    LatentCycleModel model = Checkpoints.model(loop.snapshot("r", 1));
    double[] reported = new double[1];
    loop.run(() -> false, (step, logLikelihood) -> reported[0] = logLikelihood);
    assertThat(reported[0])
        .isCloseTo(Evaluation.of(model, GLYPHS, 400, 1, seen -> {}).logLikelihood(), offset(1e-9));
  }

  private static TrainingSettings.Builder small(Algorithm algorithm) {
    LatentCycleModel.Kind kind =
        algorithm.trains(LatentCycleModel.Kind.TIED)
            ? LatentCycleModel.Kind.TIED
            : LatentCycleModel.Kind.LATENT_CYCLE;
    return small().model(kind).algorithm(algorithm);
  }

  private static TrainingSettings.Builder small() {
    return TrainingSettings.builder().states(5).batch(90).chains(20).updates(60);
  }

  private static TrainingLoop start(TrainingSettings settings, RunPublisher publisher) {
    return TrainingLoop.start(GLYPHS, settings, publisher, () -> 0);
  }

  private static Snapshot trained(TrainingSettings settings, RunPublisher publisher) {
    TrainingLoop loop = start(settings, publisher);
    loop.run(() -> false, (step, logLikelihood) -> {});
    return loop.snapshot("r", 1);
  }

  private static void refused(TrainingSettings.Builder settings, String message) {
    assertThatThrownBy(() -> start(settings.build(), RunPublisher.none()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  private static void assertSame(Snapshot actual, Snapshot expected) {
    assertThat(actual.step()).isEqualTo(expected.step());
    for (Snapshot.NamedArray block : expected.parameters()) {
      assertThat(actual.parameter(block.name()).values()).isEqualTo(block.values());
    }
    for (int j = 0; j < expected.optimizer().size(); j++) {
      assertThat(actual.optimizer().get(j).values())
          .isEqualTo(expected.optimizer().get(j).values());
    }
    assertThat(actual.chains()).isEqualTo(expected.chains());
    assertThat(actual.rng()).isEqualTo(expected.rng());
    assertThat(actual.data()).isEqualTo(expected.data());
  }

  private static final class Recorder implements RunPublisher {
    final List<SweepObservation> sweeps = new ArrayList<>();
    final List<UpdateObservation> updates = new ArrayList<>();

    @Override
    public void offer(SweepObservation sweep) {
      sweeps.add(sweep);
    }

    @Override
    public void offer(UpdateObservation update) {
      updates.add(update);
    }

    @Override
    public long nextSweep() {
      return sweeps.size();
    }

    @Override
    public long nextUpdate() {
      return updates.size();
    }
  }
}
