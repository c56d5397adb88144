package io.ratchet.trainer.learning;

/**
 * RMSprop, ascending: v <- d v + (1 - d) g^2, parameter += rate g / (sqrt(v) + 1e-8). One instance
 * for each parameter block; v starts at 0.
 */
final class RmsProp {

  /** Keeps a step finite where a gradient vanishes; far below any gradient that matters. */
  private static final double EPSILON = 1e-8;

  private final double decay;
  private final double[] meanSquare;

  /**
   * A fresh optimiser.
   *
   * @param decay d, in [0, 1)
   */
  RmsProp(double decay, int size) {
    this.decay = decay;
    this.meanSquare = new double[size];
  }

  /** Moves the parameters. */
  void apply(double rate, double[] gradient, double[] parameters) {
    double[] v = meanSquare;
    double keep = decay;
    double take = 1 - decay;
    for (int j = 0; j < v.length; j++) {
      double g = gradient[j];
      double square = keep * v[j] + take * (g * g);
      v[j] = square;
      parameters[j] += rate * g / (Math.sqrt(square) + EPSILON);
    }
  }

  /** v, live. */
  double[] meanSquare() {
    return meanSquare;
  }
}
