package io.ratchet.trainer.evaluate;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.Exponentials;
import io.ratchet.trainer.model.RbmModel;

/**
 * A small restricted Boltzmann machine by enumeration of all its states, in double: the laws, the
 * block Gibbs kernel, the gradient of the likelihood, the bias of contrastive divergence, and the
 * entropy production of the same chain under different units of observation.
 *
 * <p>State n of a layer has unit i in bit i of n.
 */
public final class RbmEnumeration {

  /** Units of both layers together that are enumerated: 2^24 pairs of joint states. */
  public static final int MAX_UNITS = 12;

  private final int visible;
  private final int hidden;
  private final double[][] hiddenMeans;
  private final double[] law;
  private final double[] hiddenLaw;
  private final double[][] hiddenGiven;
  private final double[][] visibleGiven;
  private final double[][] kernel;

  private RbmEnumeration(RbmModel model) {
    this.visible = model.visible();
    this.hidden = model.hidden();
    double[] w = model.weights().data;
    this.hiddenMeans = means(w, hidden, 1, model.hiddenBias().data, visible);
    double[][] visibleMeans = means(w, 1, hidden, model.visibleBias().data, hidden);
    this.hiddenGiven = products(hiddenMeans);
    this.visibleGiven = products(visibleMeans);
    this.law = law(model);
    this.hiddenLaw = new double[1 << hidden];
    this.kernel = new double[law.length][law.length];
    for (int v = 0; v < law.length; v++) {
      for (int h = 0; h < hiddenLaw.length; h++) {
        hiddenLaw[h] += law[v] * hiddenGiven[v][h];
        for (int to = 0; to < law.length; to++) {
          kernel[v][to] += hiddenGiven[v][h] * visibleGiven[h][to];
        }
      }
    }
  }

  /**
   * Enumerates.
   *
   * @throws IllegalArgumentException if the machine has more than {@link #MAX_UNITS} units
   */
  public static RbmEnumeration of(RbmModel model) {
    if (model.visible() + model.hidden() > MAX_UNITS) {
      throw new IllegalArgumentException(
          "units: " + (model.visible() + model.hidden()) + ", allowed: at most " + MAX_UNITS);
    }
    return new RbmEnumeration(model);
  }

  /** p(unit j of one layer is 1 | state n of the other), [n][j]. */
  private static double[][] means(
      double[] w, int givenStep, int step, double[] bias, int givenUnits) {
    double[][] means = new double[1 << givenUnits][bias.length];
    for (int n = 0; n < means.length; n++) {
      for (int j = 0; j < bias.length; j++) {
        double x = bias[j];
        for (int i = 0; i < givenUnits; i++) {
          x += (n >> i & 1) * w[i * givenStep + j * step];
        }
        means[n][j] = Exponentials.sigmoid(x);
      }
    }
    return means;
  }

  /** p(state m | state n), [n][m], of independent units. */
  private static double[][] products(double[][] means) {
    double[][] law = new double[means.length][1 << means[0].length];
    for (int n = 0; n < means.length; n++) {
      for (int m = 0; m < law[n].length; m++) {
        double p = 1;
        for (int j = 0; j < means[n].length; j++) {
          p *= (m >> j & 1) == 1 ? means[n][j] : 1 - means[n][j];
        }
        law[n][m] = p;
      }
    }
    return law;
  }

  private static double[] law(RbmModel model) {
    BitRows states = new BitRows(model.visible());
    for (long n = 0; n < 1L << model.visible(); n++) {
      states.append(new long[] {n}, 0);
    }
    double logZ = model.logPartition(MAX_UNITS);
    double[] law = model.freeEnergies(states);
    for (int n = 0; n < law.length; n++) {
      law[n] = StrictMath.exp(-law[n] - logZ);
    }
    return law;
  }

  /** p(v) of every visible state. */
  public double[] law() {
    return law.clone();
  }

  /** p(v'|v) of the chain of visible states. */
  public double kernel(int from, int to) {
    return kernel[from][to];
  }

  /** EP of the chain v -&gt; h -&gt; v' watched in v, nats per transition: 0 up to rounding. */
  public double visibleEntropyProduction() {
    return entropyProduction(law, kernel);
  }

  /** EP of the same chain watched in h: 0 up to rounding. */
  public double hiddenEntropyProduction() {
    double[][] step = new double[hiddenLaw.length][hiddenLaw.length];
    for (int from = 0; from < hiddenLaw.length; from++) {
      for (int to = 0; to < hiddenLaw.length; to++) {
        for (int v = 0; v < law.length; v++) {
          step[from][to] += visibleGiven[from][v] * hiddenGiven[v][to];
        }
      }
    }
    return entropyProduction(hiddenLaw, step);
  }

  /**
   * EP of the pair (v, h) moved in fixed order, (v, h) -&gt; (v' ~ p(.|h), h' ~ p(.|v')): not 0,
   * though the machine is in equilibrium. Why only one layer is ever published.
   */
  public double jointEntropyProduction() {
    double sum = 0;
    for (int v = 0; v < law.length; v++) {
      for (int h = 0; h < hiddenLaw.length; h++) {
        double p = law[v] * hiddenGiven[v][h];
        for (int v2 = 0; v2 < law.length; v2++) {
          double q = p * visibleGiven[h][v2];
          for (int h2 = 0; h2 < hiddenLaw.length; h2++) {
            double forward = q * hiddenGiven[v2][h2];
            double back = law[v2] * hiddenGiven[v2][h2] * visibleGiven[h2][v] * hiddenGiven[v][h];
            sum += forward * StrictMath.log(forward / back);
          }
        }
      }
    }
    return sum;
  }

  private static double entropyProduction(double[] law, double[][] kernel) {
    double sum = 0;
    for (int i = 0; i < law.length; i++) {
      for (int j = 0; j < i; j++) {
        double forward = law[i] * kernel[i][j];
        double back = law[j] * kernel[j][i];
        sum += (forward - back) * StrictMath.log(forward / back);
      }
    }
    return sum;
  }

  /** Law of the visible states of these rows. */
  public double[] lawOf(BitRows rows) {
    double[] share = new double[law.length];
    char[] ones = new char[visible];
    for (int n = 0; n < rows.size(); n++) {
      int state = 0;
      for (int k = rows.ones(n, ones) - 1; k >= 0; k--) {
        state |= 1 << ones[k];
      }
      share[state] += 1.0 / rows.size();
    }
    return share;
  }

  /** A law of the visible states after {@code steps} steps of the chain. */
  public double[] after(double[] start, int steps) {
    double[] now = start.clone();
    for (int s = 0; s < steps; s++) {
      double[] next = new double[now.length];
      for (int from = 0; from < now.length; from++) {
        for (int to = 0; to < now.length; to++) {
          next[to] += now[from] * kernel[from][to];
        }
      }
      now = next;
    }
    return now;
  }

  /**
   * The gradient between two laws of the visible states: data and model, or data and what CD-k puts
   * in the model's place.
   *
   * @return W (V x H, row-major), then b (V), then c (H)
   */
  public double[] gradient(double[] data, double[] model) {
    double[] gradient = new double[visible * hidden + visible + hidden];
    for (int v = 0; v < law.length; v++) {
      double weight = data[v] - model[v];
      for (int i = 0; i < visible; i++) {
        if ((v >> i & 1) == 1) {
          gradient[visible * hidden + i] += weight;
          for (int j = 0; j < hidden; j++) {
            gradient[i * hidden + j] += weight * hiddenMeans[v][j];
          }
        }
      }
      for (int j = 0; j < hidden; j++) {
        gradient[visible * hidden + visible + j] += weight * hiddenMeans[v][j];
      }
    }
    return gradient;
  }
}
