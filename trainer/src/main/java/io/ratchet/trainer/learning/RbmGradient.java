package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.HiddenLayer;
import java.util.Arrays;
import java.util.List;

/**
 * Contrastive divergence for the restricted Boltzmann machine, centred: the gradient of the mean
 * log-likelihood in the parameters of the same machine written with v - mu and h - lambda in place
 * of v and h, where mu and lambda are the means over the minibatch (Montavon and Mueller 2012;
 * Melchior, Fischer and Wiskott, JMLR 17, 2016). With hidden probabilities p = p(h=1|v) in both
 * phases, angle brackets means over data (d) and chains (m):
 *
 * <pre>
 *   dW = &lt;v p'&gt;_d - &lt;v p'&gt;_m - mu dp' - dv lambda',   dv = mu - &lt;v&gt;_m,   dp = lambda - &lt;p&gt;_m
 *   db = dv - dW lambda                               dc = dp - dW' mu
 * </pre>
 */
final class RbmGradient {

  private final int visible;
  private final int hidden;
  private final WeightedSum visibleSum;
  private final CrossMoments moments;
  private final double[] means;
  private final double[] mu;
  private final double[] lambda;
  private final double[] dv;
  private final double[] dp;
  private final double[] row;

  RbmGradient(int visible, int hidden) {
    this.visible = visible;
    this.hidden = hidden;
    this.visibleSum = new WeightedSum(visible);
    this.moments = new CrossMoments(visible, hidden);
    this.means = new double[hidden];
    this.mu = new double[visible];
    this.lambda = new double[hidden];
    this.dv = new double[visible];
    this.dp = new double[hidden];
    this.row = new double[hidden];
  }

  Gradient newGradient() {
    return new Gradient(
        List.of(
            new Gradient.Block("W", visible, hidden),
            new Gradient.Block("b", visible),
            new Gradient.Block("c", hidden)));
  }

  /**
   * Computes the gradient.
   *
   * @return mean of -F over the rows of the data: their log-likelihood up to ln Z
   */
  double compute(
      HiddenLayer layer,
      BitRows data,
      int[] order,
      int from,
      int count,
      BitRows model,
      Gradient out) {
    double free = 0;
    Arrays.fill(lambda, 0);
    for (int n = from; n < from + count; n++) {
      free -= layer.means(data, order[n], means) / count;
      accumulate(data, order[n], 1.0 / count, lambda);
    }
    visibleSum.take(mu, 0);
    double[] gradW = out.values("W");
    Arrays.fill(dp, 0);
    for (int c = 0; c < model.size(); c++) {
      layer.means(model, c, means);
      accumulate(model, c, -1.0 / model.size(), dp);
    }
    visibleSum.take(dv, 0);
    moments.take(gradW);
    center(gradW, out.values("b"), out.values("c"));
    return free;
  }

  private void accumulate(BitRows rows, int row, double weight, double[] into) {
    visibleSum.add(rows, row, weight);
    moments.add(rows, row, means, weight);
    for (int j = 0; j < hidden; j++) {
      into[j] += weight * means[j];
    }
  }

  private void center(double[] gradW, double[] gradB, double[] gradC) {
    for (int i = 0; i < visible; i++) {
      dv[i] += mu[i];
    }
    for (int j = 0; j < hidden; j++) {
      dp[j] += lambda[j];
      gradC[j] = dp[j];
    }
    // Two plain loops for each row: the first becomes vector code, one with a sum would not.
    for (int i = 0; i < visible; i++) {
      int at = i * hidden;
      double m = mu[i];
      double d = dv[i];
      System.arraycopy(gradW, at, row, 0, hidden);
      for (int j = 0; j < hidden; j++) {
        row[j] -= m * dp[j] + d * lambda[j];
      }
      for (int j = 0; j < hidden; j++) {
        gradC[j] -= m * row[j];
      }
      System.arraycopy(row, 0, gradW, at, hidden);
      gradB[i] = d - dot(row, lambda);
    }
  }

  private static double dot(double[] x, double[] y) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j + 3 < x.length; j += 4) {
      s0 += x[j] * y[j];
      s1 += x[j + 1] * y[j + 1];
      s2 += x[j + 2] * y[j + 2];
      s3 += x[j + 3] * y[j + 3];
    }
    for (; j < x.length; j++) {
      s0 += x[j] * y[j];
    }
    return s0 + s1 + (s2 + s3);
  }
}
