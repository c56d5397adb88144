package io.ratchet.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.RbmSampler;
import io.ratchet.trainer.model.RbmModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.ejml.data.DMatrixRMaj;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The restricted Boltzmann machine against a separate NumPy program (float64, exact enumeration;
 * shared/cases/seed-systems). There unit 0 is the most significant bit of a state.
 */
final class RbmCasesTest {

  private static final double TOLERANCE = 1e-9;

  @ParameterizedTest
  @ValueSource(strings = {"rbm_3x2", "rbm_6x4"})
  void lawAndLikelihood_equalTheIndependentEnumeration(String name) throws IOException {
    JsonNode json = json(name);
    RbmModel model = model(json);
    BitRows data = data(json);
    double logZ = json.get("logZ").asDouble();
    double[] law = RbmEnumeration.of(model).law();

    assertThat(model.logPartition(20)).isCloseTo(logZ, offset(TOLERANCE));
    assertThat(transposed(model).logPartition(20)).isCloseTo(logZ, offset(TOLERANCE));
    double mean = 0;
    for (double energy : model.freeEnergies(data)) {
      mean -= (energy + logZ) / data.size();
    }
    assertThat(mean).isCloseTo(json.get("mean_loglik").asDouble(), offset(TOLERANCE));
    for (int state = 0; state < law.length; state++) {
      double expected = json.get("p_v").get(reversed(state, model.visible())).asDouble();
      assertThat(law[state]).isCloseTo(expected, offset(TOLERANCE));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rbm_3x2", "rbm_6x4"})
  void gradientAndItsBiasUnderCd_equalTheIndependentEnumeration(String name) throws IOException {
    JsonNode json = json(name);
    RbmModel model = model(json);
    RbmEnumeration exact = RbmEnumeration.of(model);
    double[] data = exact.lawOf(data(json));

    double[] gradient = exact.gradient(data, exact.law());

    int weights = model.visible() * model.hidden();
    close(gradient, 0, json.get("grad_W"));
    close(gradient, weights, json.get("grad_b"));
    close(gradient, weights + model.visible(), json.get("grad_c"));
    for (String steps : new String[] {"1", "2", "5", "10"}) {
      double[] cd = exact.gradient(data, exact.after(data, Integer.parseInt(steps)));
      close(cd, 0, json.get("cd_gradW_exact").get(steps));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rbm_3x2", "rbm_6x4"})
  void eitherLayerIsReversible_theJointRecordIsNot(String name) throws IOException {
    JsonNode json = json(name);
    RbmEnumeration exact = RbmEnumeration.of(model(json));

    assertThat(exact.visibleEntropyProduction()).isCloseTo(0, offset(1e-12));
    assertThat(exact.hiddenEntropyProduction()).isCloseTo(0, offset(1e-12));
    assertThat(exact.jointEntropyProduction())
        .isCloseTo(json.get("EP").get("joint_fixed_order").asDouble(), offset(TOLERANCE));
  }

  @Test
  void sampledTransitions_followTheExactKernel() throws IOException {
    RbmModel model = model(json("rbm_3x2"));
    RbmEnumeration exact = RbmEnumeration.of(model);
    int count = 200;
    int steps = 2_000;
    Chains chains = Chains.start(count, model.visible(), 3);
    RbmSampler sampler = new RbmSampler(model.visible(), model.hidden());
    sampler.load(model);
    double[][] pairs = new double[8][8];
    int[] from = states(chains.visible());
    for (int s = 0; s < steps; s++) {
      sampler.step(chains);
      int[] to = states(chains.visible());
      for (int c = 0; c < count; c++) {
        pairs[from[c]][to[c]]++;
      }
      from = to;
    }
    for (int i = 0; i < 8; i++) {
      double visits = 0;
      for (double n : pairs[i]) {
        visits += n;
      }
      assertThat(visits / (count * (double) steps)).isCloseTo(exact.law()[i], offset(0.005));
      for (int j = 0; j < 8; j++) {
        double p = exact.kernel(i, j);
        double error = Math.sqrt(p * (1 - p) / visits);
        assertThat(pairs[i][j] / visits).isCloseTo(p, offset(4.5 * error)); // 64 pairs: p = 4e-4
      }
    }
  }

  /** The tolerance of the case: 0.02 at 1,000 temperatures and 500 chains. */
  @Test
  void annealing_findsThePartitionFunction() throws IOException {
    JsonNode json = json("rbm_ais_12x8");
    RbmModel model = model(json);
    double logZ = json.get("logZ").asDouble();
    assertThat(model.logPartition(20)).isCloseTo(logZ, offset(TOLERANCE));
    double mean = 0;
    for (int repeat = 0; repeat < 5; repeat++) {
      AtomicLong temperatures = new AtomicLong();
      AnnealedPartition annealed =
          AnnealedPartition.of(model, 1_000, 500, repeat, temperatures::set);
      assertThat(temperatures).hasValue(1_000);
      assertThat(Math.abs(annealed.logPartition() - logZ))
          .isLessThan(4.5 * annealed.standardError());
      assertThat(annealed.standardError()).isLessThan(0.01);
      assertThat(annealed.effectiveShare()).isBetween(0.9, 1.0);
      mean += annealed.logPartition() / 5;
    }
    assertThat(mean).isCloseTo(logZ, offset(0.02));
  }

  private static int[] states(BitRows rows) {
    char[] ones = new char[rows.visible()];
    int[] states = new int[rows.size()];
    for (int n = 0; n < states.length; n++) {
      for (int k = rows.ones(n, ones) - 1; k >= 0; k--) {
        states[n] |= 1 << ones[k];
      }
    }
    return states;
  }

  private static void close(double[] actual, int from, JsonNode expected) {
    int at = from;
    for (JsonNode row : expected) {
      for (JsonNode value : row.isArray() ? row : new ObjectMapper().createArrayNode().add(row)) {
        assertThat(actual[at++]).isCloseTo(value.asDouble(), offset(TOLERANCE));
      }
    }
  }

  private static int reversed(int state, int units) {
    return Integer.reverse(state) >>> (32 - units);
  }

  private static BitRows data(JsonNode json) {
    BitRows rows = new BitRows(json.get("W").size());
    for (JsonNode row : json.get("data")) {
      long bits = 0;
      for (int i = 0; i < row.size(); i++) {
        bits |= (long) row.get(i).asDouble() << i;
      }
      rows.append(new long[] {bits}, 0);
    }
    return rows;
  }

  private static RbmModel model(JsonNode json) {
    return RbmModel.of(matrix(json.get("W")), column(json.get("b")), column(json.get("c")));
  }

  private static RbmModel transposed(RbmModel model) {
    DMatrixRMaj w = new DMatrixRMaj(model.hidden(), model.visible());
    for (int i = 0; i < model.visible(); i++) {
      for (int j = 0; j < model.hidden(); j++) {
        w.set(j, i, model.weights().get(i, j));
      }
    }
    return RbmModel.of(w, model.hiddenBias(), model.visibleBias());
  }

  private static DMatrixRMaj matrix(JsonNode rows) {
    DMatrixRMaj matrix = new DMatrixRMaj(rows.size(), rows.get(0).size());
    for (int i = 0; i < matrix.numRows; i++) {
      for (int j = 0; j < matrix.numCols; j++) {
        matrix.set(i, j, rows.get(i).get(j).asDouble());
      }
    }
    return matrix;
  }

  private static DMatrixRMaj column(JsonNode values) {
    DMatrixRMaj column = new DMatrixRMaj(values.size(), 1);
    for (int i = 0; i < column.numRows; i++) {
      column.set(i, values.get(i).asDouble());
    }
    return column;
  }

  private static JsonNode json(String name) throws IOException {
    try (InputStream in =
        RbmCasesTest.class.getResourceAsStream("/cases/seed-systems/" + name + ".json")) {
      return new ObjectMapper().readTree(in);
    }
  }
}
