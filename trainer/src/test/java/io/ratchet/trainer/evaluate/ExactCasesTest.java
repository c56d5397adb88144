package io.ratchet.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.thermodynamics.Flux;
import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.learning.FullGradient;
import io.ratchet.trainer.learning.Gradient;
import io.ratchet.trainer.learning.TwoStepGradient;
import io.ratchet.trainer.model.Decoder;
import io.ratchet.trainer.model.Encoder;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Posterior;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernels that train, run over all 2^V visible states, against a separate NumPy program
 * (float64, exact enumeration; shared/cases/model). Tolerance of each file: |a - b| &lt;= tol
 * max(1e-3, |b|) + 1e-12.
 */
final class ExactCasesTest {

  static List<String> cases() {
    return List.of(
        "generic3",
        "generic4",
        "generic5",
        "k1",
        "k2",
        "memoryless",
        "ring",
        "saturated",
        "saturated-random",
        "tied4",
        "zero");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyQuantity_equalsTheIndependentEnumeration(String name) throws IOException {
    Case c = new Case(name);
    LatentKernel kernel = LatentKernel.enumerated(c.model);
    Flux flux = kernel.flux();
    int k = c.model.states();
    for (int from = 0; from < k; from++) {
      for (int to = 0; to < k; to++) {
        String at = "[" + from + "->" + to + "]";
        double log = kernel.logKernel(from, to);
        c.close("lnT" + at, log, c.json.get("lnT").get(to).get(from));
        c.close("T" + at, Math.exp(log), c.json.get("T").get(to).get(from));
        c.close("flux" + at, flux.flux(from, to), c.json.get("flux").get(from).get(to));
        c.close("current" + at, flux.current(from, to), c.json.get("current").get(from).get(to));
      }
    }
    c.close("pi", kernel.stationaryLaw(), c.json.get("pi"));
    c.close("latentEP", kernel.entropyProduction(), c.json.get("latentEP"));
    c.close("fullEP", kernel.pathEntropyProduction(), c.json.get("fullEP"));
    c.close("selfTransition", flux.selfTransition(), c.json.get("selfTransition"));

    double[] px = c.stateProbabilities(kernel);
    assertThat(IntStream.range(0, px.length).mapToDouble(i -> px[i]).sum())
        .isCloseTo(1, offset(1e-10));
    for (int n = 0; n < c.json.get("px_count").asInt(); n++) {
      c.close("px[" + n + "]", px[n], c.json.get("px").get(n));
    }
    double[] rows = Evaluation.logLikelihoods(c.model, kernel.stationaryLaw(), c.data);
    c.close("perRowLL", rows, c.json.get("perRowLL"));
    double mean = 0;
    for (double row : rows) {
      mean += row / rows.length;
    }
    c.close("meanLL", mean, c.json.get("meanLL"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void twoStepGradient_equalsTheIndependentEnumeration(String name) throws IOException {
    Case c = new Case(name);
    LatentKernel kernel = LatentKernel.enumerated(c.model);
    Gradient gradient = c.gradient(kernel, Posterior.EXACT);
    JsonNode expected = c.json.get("gradTwo");
    for (String block : new String[] {"W", "b", "U", "a"}) {
      c.close(block, gradient.values(block), expected.get(block));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fullGradient_equalsTheIndependentEnumeration(String name) throws IOException {
    Case c = new Case(name);
    assertThat(c.json.get("gradFull_reliable").asBoolean()).isTrue();
    Gradient gradient = c.fullGradient(LatentKernel.enumerated(c.model));
    JsonNode expected = c.json.get("gradFull");
    double tolerance = c.json.get("tol_gradFull_rel").asDouble();
    for (String block : new String[] {"W", "b", "U", "a"}) {
      c.close(block, gradient.values(block), expected.get(block), tolerance);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"generic3", "generic4", "generic5", "ring"})
  void fullGradient_isTheDerivativeOfTheLogLikelihood(String name) throws IOException {
    Case c = new Case(name);
    Gradient gradient = c.fullGradient(LatentKernel.enumerated(c.model));
    double h = 1e-5;
    for (String block : new String[] {"W", "b", "U", "a"}) {
      double[] theta = c.model.parameter(block).data;
      for (int j = 0; j < theta.length; j++) {
        double old = theta[j];
        theta[j] = old + h;
        double up = c.logLikelihood();
        theta[j] = old - h;
        double down = c.logLikelihood();
        theta[j] = old;
        assertThat(gradient.values(block)[j])
            .as(block + j)
            .isCloseTo((up - down) / (2 * h), offset(1e-8));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"generic3", "ring"})
  void bothGradients_ofSampledChains_areUnbiasedWithinTheirNoise(String name) throws IOException {
    Case c = new Case(name);
    LatentKernel kernel = LatentKernel.enumerated(c.model);
    // pi and the kernel are estimated from the chains: a bias of order 1/C, here far below the
    // noise.
    int chains = 20_000;
    int repeats = 60;
    Cumulative drawn = new Cumulative(c.stateProbabilities(kernel));
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(11);
    double[][] sums = new double[2][];
    double[][] squares = new double[2][];
    for (int n = 0; n < repeats; n++) {
      BitRows rows = new BitRows(c.model.visible());
      for (int chain = 0; chain < chains; chain++) {
        rows.append(new long[] {drawn.next(random)}, 0);
      }
      double[] weights = new double[chains];
      Arrays.fill(weights, 1.0 / chains);
      Gradient[] both = c.gradients(null, rows, weights, Posterior.NEGLIGIBLE);
      for (int g = 0; g < 2; g++) {
        double[] values = values(both[g]);
        sums[g] = sums[g] == null ? new double[values.length] : sums[g];
        squares[g] = squares[g] == null ? new double[values.length] : squares[g];
        for (int j = 0; j < values.length; j++) {
          sums[g][j] += values[j];
          squares[g][j] += values[j] * values[j];
        }
      }
    }
    double[][] exact = {
      values(c.gradient(kernel, Posterior.EXACT)), values(c.fullGradient(kernel))
    };
    double difference = 0;
    for (int g = 0; g < 2; g++) {
      for (int j = 0; j < exact[g].length; j++) {
        double mean = sums[g][j] / repeats;
        double error = Math.sqrt((squares[g][j] / repeats - mean * mean) / (repeats - 1)) + 1e-12;
        // 5.5 standard errors (Student, 59 degrees of freedom): 1e-6 for each of about 160 values.
        assertThat(Math.abs(mean - exact[g][j])).as("%d[%d]", g, j).isLessThan(5.5 * error);
        difference = Math.max(difference, Math.abs(exact[1][j] - exact[0][j]) / error);
      }
    }
    assertThat(difference).as("the test tells one gradient from the other").isGreaterThan(20);
  }

  private static double[] values(Gradient gradient) {
    return Stream.of("W", "b", "U", "a")
        .flatMapToDouble(block -> Arrays.stream(gradient.values(block)))
        .toArray();
  }

  /** Draws of an index by its probability. */
  private static final class Cumulative {
    private final double[] cumulative;

    Cumulative(double[] probabilities) {
      cumulative = probabilities.clone();
      Arrays.parallelPrefix(cumulative, Double::sum);
    }

    int next(UniformRandomProvider random) {
      int at = Arrays.binarySearch(cumulative, random.nextDouble());
      return Math.min(at < 0 ? -at - 1 : at + 1, cumulative.length - 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"generic3", "generic4", "generic5", "k2", "ring", "tied4", "zero"})
  void whatTrainingNeglects_isBelowTheRoundingToFloat(String name) throws IOException {
    Case c = new Case(name);
    LatentKernel kernel = LatentKernel.enumerated(c.model);
    Gradient exact = c.gradient(kernel, Posterior.EXACT);
    Gradient trained = c.gradient(kernel, Posterior.NEGLIGIBLE);
    for (String block : new String[] {"W", "b", "U", "a"}) {
      double[] a = exact.values(block);
      double[] b = trained.values(block);
      double scale = 1e-3;
      for (double value : a) {
        scale = Math.max(scale, Math.abs(value));
      }
      for (int j = 0; j < a.length; j++) {
        assertThat(Math.abs(a[j] - b[j])).as(block + j).isLessThan(1e-10 * scale);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"generic3", "generic5", "ring"})
  void twoStepGradient_isTheDerivativeWithTheLawOfTheOldStateHeldFixed(String name)
      throws IOException {
    Case c = new Case(name);
    LatentKernel kernel = LatentKernel.enumerated(c.model);
    double[] px = c.stateProbabilities(kernel);
    Gradient gradient = c.gradient(kernel, Posterior.EXACT);
    double h = 1e-5;
    for (String block : new String[] {"W", "b", "U", "a"}) {
      double[] theta = c.model.parameter(block).data;
      for (int j = 0; j < theta.length; j++) {
        double old = theta[j];
        theta[j] = old + h;
        double up = c.twoStepObjective(px);
        theta[j] = old - h;
        double down = c.twoStepObjective(px);
        theta[j] = old;
        assertThat(gradient.values(block)[j])
            .as(block + j)
            .isCloseTo((up - down) / (2 * h), offset(1e-8));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"k1", "k2", "tied4"})
  void entropyProduction_vanishes_ofTwoStatesOrATiedModel(String name) throws IOException {
    assertThat(LatentKernel.enumerated(new Case(name).model).entropyProduction()).isLessThan(1e-12);
  }

  @ParameterizedTest
  @ValueSource(strings = {"generic4", "ring"})
  void sampledKernel_agreesWithTheEnumeratedOne(String name) throws IOException {
    LatentCycleModel model = new Case(name).model;
    LatentKernel exact = LatentKernel.enumerated(model);
    LatentKernel sampled =
        LatentKernel.sampled(model, 20_000, RandomSource.XO_SHI_RO_256_PP.create(7L));
    // 5 standard errors: a false alarm in 3.5 million.
    assertThat(Math.abs(sampled.entropyProduction() - exact.entropyProduction()))
        .isLessThan(5 * sampled.entropyProductionError().getAsDouble() + 1e-12);
    assertThat(Math.abs(sampled.pathEntropyProduction() - exact.pathEntropyProduction()))
        .isLessThan(5 * sampled.pathEntropyProductionError().getAsDouble());
    assertThat(sampled.flux().selfTransition())
        .isCloseTo(exact.flux().selfTransition(), offset(0.01));
  }

  @ParameterizedTest
  @ValueSource(ints = {LatentKernel.MAX_ENUMERATED - 8, LatentKernel.MAX_ENUMERATED + 1})
  void ofTheVisibleStates_eachIsTold_upToTheLast(int visible) {
    LatentCycleModel model =
        LatentCycleModel.of(
            LatentCycleModel.Kind.LATENT_CYCLE,
            new DMatrixRMaj(3, visible),
            new DMatrixRMaj(3, 1),
            new DMatrixRMaj(visible, 3),
            new DMatrixRMaj(visible, 1));
    List<Long> seen = new ArrayList<>();
    LatentKernel.of(model, 40, RandomSource.XO_SHI_RO_256_PP.create(7L), seen::add);

    assertThat(seen)
        .isEqualTo(
            LongStream.rangeClosed(1, LatentKernel.visibleStates(model, 40)).boxed().toList());
  }

  /** What sampling makes of saturated models is far too high, whatever its error says. */
  @ParameterizedTest
  @ValueSource(doubles = {1, 5})
  void sampledKernel_doubtsWhatRareTransitionsDecide(double drive) {
    LatentCycleModel model = ring(drive);
    LatentKernel exact = LatentKernel.enumerated(model);
    LatentKernel sampled =
        LatentKernel.sampled(model, 20_000, RandomSource.XO_SHI_RO_256_PP.create(7L));
    boolean far = sampled.entropyProduction() > 1.1 * exact.entropyProduction();

    assertThat(far).isEqualTo(drive == 5);
    assertThat(sampled.rareShare() > 0.1).isEqualTo(far);
    assertThat(exact.rareShare()).isZero();
  }

  /** Ten states with random codes, each decoded to its code and encoded to the next state. */
  private static LatentCycleModel ring(double drive) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(12L);
    DMatrixRMaj w = new DMatrixRMaj(10, 12);
    DMatrixRMaj b = new DMatrixRMaj(10, 1);
    DMatrixRMaj u = new DMatrixRMaj(12, 10);
    for (int z = 0; z < 10; z++) {
      for (int i = 0; i < 12; i++) {
        int code = random.nextBoolean() ? 1 : -1;
        u.set(i, z, (0.5 + drive) * code);
        w.add(z, i, 0.5 * code);
        w.add((z + 1) % 10, i, drive * code);
      }
    }
    for (int z = 0; z < 10; z++) {
      for (int i = 0; i < 12; i++) {
        b.add(z, 0, -w.get(z, i) / 2);
      }
    }
    return LatentCycleModel.of(LatentCycleModel.Kind.LATENT_CYCLE, w, b, u, new DMatrixRMaj(12, 1));
  }

  @Test
  void sampledKernel_ofATiedModel_isReversible_whateverTheSamplesSay() throws IOException {
    LatentCycleModel model = new Case("tied4").model;
    LatentKernel sampled =
        LatentKernel.sampled(model, 1_000, RandomSource.XO_SHI_RO_256_PP.create(7L));

    assertThat(sampled.entropyProduction()).isZero();
    assertThat(sampled.pathEntropyProduction()).isZero();
    assertThat(sampled.flux().entropyProduction()).isZero();
    assertThat(sampled.flux().selfTransition())
        .isCloseTo(LatentKernel.enumerated(model).flux().selfTransition(), offset(0.03));
  }

  /** One file: its model, its data, and comparisons at its tolerance. */
  private static final class Case {
    final JsonNode json;
    final LatentCycleModel model;
    final BitRows data;
    final BitRows all;
    final double tolerance;

    Case(String name) throws IOException {
      try (InputStream in =
          getClass().getResourceAsStream("/cases/model/exact-" + name + ".json")) {
        json = new ObjectMapper().readTree(in);
      }
      tolerance = json.get("tol_rel").asDouble();
      LatentCycleModel.Kind kind =
          name.startsWith("tied") ? LatentCycleModel.Kind.TIED : LatentCycleModel.Kind.LATENT_CYCLE;
      model = LatentCycleModel.of(kind, matrix("W"), matrix("b"), matrix("U"), matrix("a"));
      data = new BitRows(model.visible());
      for (JsonNode row : json.get("data")) {
        long word = 0;
        for (int i = 0; i < row.size(); i++) {
          word |= row.get(i).asLong() << i;
        }
        data.append(new long[] {word}, 0);
      }
      all = new BitRows(model.visible());
      for (long x = 0; x < 1L << model.visible(); x++) {
        all.append(new long[] {x}, 0);
      }
    }

    private DMatrixRMaj matrix(String name) {
      JsonNode rows = json.get(name);
      int columns = rows.get(0).isArray() ? rows.get(0).size() : 1;
      DMatrixRMaj matrix = new DMatrixRMaj(rows.size(), columns);
      for (int r = 0; r < rows.size(); r++) {
        for (int c = 0; c < columns; c++) {
          JsonNode value = rows.get(r).isArray() ? rows.get(r).get(c) : rows.get(r);
          matrix.set(r, c, value.asDouble());
        }
      }
      return matrix;
    }

    double[] stateProbabilities(LatentKernel kernel) {
      double[] px = Evaluation.logLikelihoods(model, kernel.stationaryLaw(), all);
      for (int n = 0; n < px.length; n++) {
        px[n] = Math.exp(px[n]);
      }
      return px;
    }

    /** The gradient as training computes it, with all 2^V states as weighted chains. */
    Gradient gradient(LatentKernel kernel, double negligible) {
      return gradients(kernel.stationaryLaw(), all, stateProbabilities(kernel), negligible)[0];
    }

    Gradient fullGradient(LatentKernel kernel) {
      return gradients(kernel.stationaryLaw(), all, stateProbabilities(kernel), Posterior.EXACT)[1];
    }

    /**
     * The two-step and the full gradient.
     *
     * @param law the stationary law, or null for its estimate from the chains
     */
    Gradient[] gradients(double[] law, BitRows chains, double[] weights, double negligible) {
      int states = model.states();
      Encoder encoder = new Encoder(model.visible(), states);
      Decoder decoder = new Decoder(model.visible(), states);
      encoder.load(model);
      decoder.load(model);
      double[] logits = new double[encoder.stride()];
      double[] posteriors = new double[chains.size() * states];
      double[] estimate = new double[states];
      for (int n = 0; n < chains.size(); n++) {
        encoder.logits(chains, n, logits, 0);
        Posterior.scaled(logits, 0, states, negligible, posteriors, n * states);
        for (int z = 0; z < states; z++) {
          estimate[z] += weights[n] * posteriors[n * states + z];
        }
      }
      double[] pi = law == null ? estimate : law;
      TwoStepGradient twoStep = new TwoStepGradient(model.visible(), states, negligible);
      Gradient first = twoStep.newGradient();
      int[] order = IntStream.range(0, data.size()).toArray();
      twoStep.compute(decoder, pi, data, order, 0, data.size(), chains, posteriors, weights, first);
      Gradient full = twoStep.newGradient();
      new FullGradient(twoStep, model.visible(), states, negligible)
          .compute(decoder, pi, chains, posteriors, weights, first, full);
      return new Gradient[] {first, full};
    }

    /** mean over the data of ln p(x), with the stationary law of these parameters. */
    double logLikelihood() {
      double[] law = LatentKernel.enumerated(model).stationaryLaw();
      return Arrays.stream(Evaluation.logLikelihoods(model, law, data)).average().orElseThrow();
    }

    /** mean over the data of ln sum_z [sum_x' p(x') p(z|x')] p(x|z), by its definition. */
    double twoStepObjective(double[] px) {
      int states = model.states();
      double[] law = new double[states];
      for (int n = 0; n < all.size(); n++) {
        double[] p = new double[states];
        double sum = 0;
        for (int z = 0; z < states; z++) {
          double e = model.encoderBias().get(z);
          for (int i = 0; i < model.visible(); i++) {
            e += bit(all, n, i) * model.encoderWeights().get(z, i);
          }
          p[z] = Math.exp(e);
          sum += p[z];
        }
        for (int z = 0; z < states; z++) {
          law[z] += px[n] * p[z] / sum;
        }
      }
      double mean = 0;
      for (int n = 0; n < data.size(); n++) {
        double p = 0;
        for (int z = 0; z < states; z++) {
          double product = law[z];
          for (int i = 0; i < model.visible(); i++) {
            double l = model.decoderBias().get(i) + model.decoderWeights().get(i, z);
            product /= 1 + Math.exp(bit(data, n, i) == 1 ? -l : l);
          }
          p += product;
        }
        mean += Math.log(p) / data.size();
      }
      return mean;
    }

    private static int bit(BitRows rows, int row, int unit) {
      byte[] packed = new byte[(rows.visible() + 7) / 8];
      rows.pack(row, packed, 0);
      return packed[unit / 8] >> unit % 8 & 1;
    }

    void close(String what, double[] actual, JsonNode expected) {
      close(what, actual, expected, tolerance);
    }

    void close(String what, double[] actual, JsonNode expected, double tolerance) {
      int n = 0;
      for (JsonNode row : expected) {
        if (row.isArray()) {
          for (JsonNode value : row) {
            close(what + "[" + n + "]", actual[n++], value, tolerance);
          }
        } else {
          close(what + "[" + n + "]", actual[n++], row, tolerance);
        }
      }
      assertThat(actual).as(what).hasSize(n);
    }

    void close(String what, double actual, JsonNode expected) {
      close(what, actual, expected, tolerance);
    }

    private static void close(String what, double actual, JsonNode expected, double tolerance) {
      double b = expected.asDouble();
      assertThat(Math.abs(actual - b))
          .as("%s: %s, expected %s", what, actual, b)
          .isLessThanOrEqualTo(tolerance * Math.max(1e-3, Math.abs(b)) + 1e-12);
    }
  }
}
