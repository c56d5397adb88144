package io.ratchet.trainer.model;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;
import org.ejml.data.DMatrixRMaj;

/**
 * Parameters of the restricted Boltzmann machine of binary units, v in {0,1}^V and h in {0,1}^H.
 *
 * <pre>
 *   energy   E(v,h) = -b.v - c.h - v'W h                       W: V x H, b: V, c: H
 *   laws     p(h_j=1|v) = sigmoid(c_j + sum_i v_i W_ij),  p(v_i=1|h) = sigmoid(b_i + sum_j W_ij h_j)
 *   p(v)     = exp(-F(v))/Z,  F(v) = -b.v - sum_j softplus(c_j + sum_i v_i W_ij)
 * </pre>
 *
 * <p>An equilibrium machine: the chain v -&gt; h -&gt; v' obeys detailed balance, and so does the
 * chain of h; the joint record (v, h) moved in fixed order does not. The matrices are live:
 * learning changes them in place.
 */
public final class RbmModel {

  /** Names of the parameters, in their order. */
  public static final List<String> PARAMETERS = List.of("W", "b", "c");

  /** Standard deviation of the first weights: enough to tell the hidden units apart. */
  private static final double INITIAL_DEVIATION = 1e-4;

  /** Keeps the first logits of units that are always on or off finite. */
  private static final double MEAN_CLIP = 1e-3;

  private final DMatrixRMaj weights;
  private final DMatrixRMaj visibleBias;
  private final DMatrixRMaj hiddenBias;

  private RbmModel(DMatrixRMaj w, DMatrixRMaj b, DMatrixRMaj c) {
    this.weights = w;
    this.visibleBias = b;
    this.hiddenBias = c;
  }

  /**
   * A machine with these parameters, copied.
   *
   * @param w V x H
   * @param b V x 1
   * @param c H x 1
   */
  public static RbmModel of(DMatrixRMaj w, DMatrixRMaj b, DMatrixRMaj c) {
    if (w.numRows < 1 || w.numCols < 1) {
      throw new IllegalArgumentException(
          "W: " + w.numRows + " x " + w.numCols + ", allowed: V x H");
    }
    Parameters.requireShape("b", b, w.numRows, 1);
    Parameters.requireShape("c", c, w.numCols, 1);
    Parameters.requireFinite(w, b, c);
    return new RbmModel(w.copy(), b.copy(), c.copy());
  }

  /**
   * The start of a run: W ~ N(0, 1e-8), c = 0, b = logit of the data's mean clipped to [1e-3, 1 -
   * 1e-3].
   */
  public static RbmModel initial(int hidden, DataSet data, UniformRandomProvider random) {
    DMatrixRMaj w = new DMatrixRMaj(data.visible(), hidden);
    Parameters.fillNormal(w, INITIAL_DEVIATION, random);
    DMatrixRMaj b = Parameters.logits(data.means(), MEAN_CLIP);
    return new RbmModel(w, b, new DMatrixRMaj(hidden, 1));
  }

  /** The machine of the path of annealing: energy -b.v - beta (c.h + v'W h). */
  public RbmModel annealed(double beta) {
    RbmModel scaled = new RbmModel(weights.copy(), visibleBias.copy(), hiddenBias.copy());
    for (DMatrixRMaj block : new DMatrixRMaj[] {scaled.weights, scaled.hiddenBias}) {
      for (int j = 0; j < block.getNumElements(); j++) {
        block.data[j] *= beta;
      }
    }
    return scaled;
  }

  /** V. */
  public int visible() {
    return weights.numRows;
  }

  /** H. */
  public int hidden() {
    return weights.numCols;
  }

  /** W, V x H. */
  public DMatrixRMaj weights() {
    return weights;
  }

  /** b, V x 1. */
  public DMatrixRMaj visibleBias() {
    return visibleBias;
  }

  /** c, H x 1. */
  public DMatrixRMaj hiddenBias() {
    return hiddenBias;
  }

  /** The parameter W, b or c. */
  public DMatrixRMaj parameter(String name) {
    return switch (name) {
      case "W" -> weights;
      case "b" -> visibleBias;
      case "c" -> hiddenBias;
      default -> throw new IllegalArgumentException("parameter " + name + ", allowed: W, b, c");
    };
  }

  /** The live values of {@link #PARAMETERS}, row-major, in their order. */
  public Map<String, double[]> parameters() {
    return Parameters.byName(PARAMETERS, this::parameter);
  }

  /** F(v) of every row, nats: -ln p(v) up to ln Z. In double throughout. */
  public double[] freeEnergies(BitRows rows) {
    double[] x = new double[hidden()];
    double[] e = new double[x.length];
    char[] ones = new char[visible()];
    double[] energies = new double[rows.size()];
    for (int n = 0; n < energies.length; n++) {
      double dot = 0;
      System.arraycopy(hiddenBias.data, 0, x, 0, x.length);
      for (int k = rows.ones(n, ones) - 1; k >= 0; k--) {
        dot += visibleBias.data[ones[k]];
        int row = ones[k] * x.length;
        for (int j = 0; j < x.length; j++) {
          x[j] += weights.data[row + j];
        }
      }
      Exponentials.negative(x, e, x.length);
      energies[n] = -dot - Exponentials.sumSoftplus(x, e, x.length);
    }
    return energies;
  }

  /**
   * ln Z by summation over all states of the smaller layer, nats; the time is that of 2^n softplus
   * of the other layer.
   *
   * @throws IllegalStateException if both layers have more than {@code limit} units
   */
  public double logPartition(int limit) {
    boolean byHidden = hidden() <= visible();
    int small = byHidden ? hidden() : visible();
    if (small > limit) {
      throw new IllegalStateException(
          "smaller layer: " + small + " units, allowed: at most " + limit);
    }
    int large = byHidden ? visible() : hidden();
    double[][] rows = new double[small][large];
    for (int s = 0; s < small; s++) {
      for (int l = 0; l < large; l++) {
        rows[s][l] = byHidden ? weights.get(l, s) : weights.get(s, l);
      }
    }
    double[] own = byHidden ? hiddenBias.data : visibleBias.data;
    double[] other = byHidden ? visibleBias.data : hiddenBias.data;
    // x[d] holds the other layer's logits once the first d units are chosen, so that each of the
    // 2^n states costs one row of additions and no error adds up along the walk.
    double[][] x = new double[small + 1][large];
    System.arraycopy(other, 0, x[0], 0, large);
    LogSum sum = new LogSum();
    enumerate(0, 0, own, rows, x, new double[large], sum);
    return sum.value();
  }

  private static void enumerate(
      int unit, double bias, double[] own, double[][] rows, double[][] x, double[] e, LogSum sum) {
    if (unit == rows.length) {
      Exponentials.negative(x[unit], e, e.length);
      sum.add(bias + Exponentials.sumSoftplus(x[unit], e, e.length));
      return;
    }
    double[] before = x[unit];
    double[] after = x[unit + 1];
    double[] row = rows[unit];
    System.arraycopy(before, 0, after, 0, before.length);
    enumerate(unit + 1, bias, own, rows, x, e, sum);
    for (int l = 0; l < after.length; l++) {
      after[l] = before[l] + row[l];
    }
    enumerate(unit + 1, bias + own[unit], own, rows, x, e, sum);
  }

  /** logsumexp of terms that come one by one. */
  private static final class LogSum {
    private double max = Double.NEGATIVE_INFINITY;
    private double sum;

    void add(double term) {
      if (term > max) {
        sum *= Exponentials.exp(max - term);
        max = term;
      }
      sum += Exponentials.exp(term - max);
    }

    double value() {
      return max + StrictMath.log(sum);
    }
  }

  /** 64-bit digest of the bits of W, b, c in this order, as {@link LatentCycleModel#digest}. */
  public long digest() {
    return Parameters.digest(weights, visibleBias, hiddenBias);
  }
}
