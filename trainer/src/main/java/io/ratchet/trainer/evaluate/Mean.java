package io.ratchet.trainer.evaluate;

/**
 * The mean of independent values.
 *
 * @param value their mean
 * @param error its standard error, by the variance with n - 1; NaN for one value
 */
record Mean(double value, double error) {

  static Mean of(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    int n = values.length;
    return new Mean(mean, n > 1 ? Math.sqrt(squares / (n - 1) / n) : Double.NaN);
  }
}
