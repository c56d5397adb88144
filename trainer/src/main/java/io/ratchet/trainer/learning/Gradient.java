package io.ratchet.trainer.learning;

import io.ratchet.trainer.model.Lanes;
import io.ratchet.trainer.publish.UpdateObservation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A gradient: one block of values for each parameter, in the parameter's own layout. Nats per unit
 * of the parameter, pointing uphill.
 */
public final class Gradient {

  /** An array: a list would make an iterator each time, several in every update. */
  private final Block[] blocks;

  Gradient(List<Block> blocks) {
    this.blocks = blocks.toArray(new Block[0]);
  }

  /** The blocks, in the order of the parameters. */
  public List<Block> blocks() {
    return List.of(blocks);
  }

  /** The values of the block of this name, live, row-major. */
  public double[] values(String name) {
    for (Block block : blocks) {
      if (block.name.equals(name)) {
        return block.values;
      }
    }
    throw new IllegalArgumentException("block " + name + ", allowed: " + blocks());
  }

  /**
   * Takes the mean of several workers' gradients, added in their order in double precision: the
   * same bits wherever it is made.
   *
   * @param workers the float32 values of each block, by its name, of each worker
   * @throws IllegalArgumentException if a worker's blocks are not those of this gradient
   */
  public void setMean(List<Map<String, float[]>> workers) {
    for (Block block : blocks) {
      mean(workers, block.name, block.values);
    }
  }

  /** The mean of one block. */
  static void mean(List<Map<String, float[]>> workers, String name, double[] mean) {
    for (int w = 0; w < workers.size(); w++) {
      float[] values = workers.get(w).get(name);
      if (values == null || values.length != mean.length) {
        throw new IllegalArgumentException(
            "gradient of "
                + name
                + ", worker "
                + w
                + ": "
                + (values == null ? 0 : values.length)
                + " values, allowed: "
                + mean.length);
      }
      for (int j = 0; j < mean.length; j++) {
        mean[j] = w == 0 ? values[j] : mean[j] + values[j];
      }
    }
    if (workers.size() > 1) {
      for (int j = 0; j < mean.length; j++) {
        mean[j] /= workers.size();
      }
    }
  }

  /** Rounds every value to the nearest float32: what is published is then what is applied. */
  void round() {
    for (Block block : blocks) {
      Lanes.BEST.round(block.values);
    }
  }

  /**
   * Angle to another gradient of the same shape, over all parameters as one vector; radians, 0 to
   * pi, NaN if one of them is 0.
   */
  double angle(Gradient other) {
    double product = 0;
    double square = 0;
    double otherSquare = 0;
    for (Block block : blocks) {
      double[] a = block.values;
      double[] b = other.values(block.name);
      for (int j = 0; j < a.length; j++) {
        product += a[j] * b[j];
        square += a[j] * a[j];
        otherSquare += b[j] * b[j];
      }
    }
    double cosine = product / Math.sqrt(square * otherSquare);
    return StrictMath.acos(Math.max(-1, Math.min(1, cosine)));
  }

  /** The blocks as they are published: norms, and the values when asked for. */
  public List<UpdateObservation.Block> published(boolean withValues) {
    List<UpdateObservation.Block> published = new ArrayList<>(blocks.length);
    for (Block block : blocks) {
      float[] values = null;
      if (withValues) {
        values = new float[block.values.length];
        for (int j = 0; j < values.length; j++) {
          values[j] = (float) block.values[j];
        }
      }
      published.add(
          new UpdateObservation.Block(block.name, block.shape.clone(), values, norm(block.values)));
    }
    return published;
  }

  /**
   * Euclidean norm; four partial sums in a fixed order, for speed with the same bits everywhere.
   */
  private static double norm(double[] g) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j + 3 < g.length; j += 4) {
      s0 += g[j] * g[j];
      s1 += g[j + 1] * g[j + 1];
      s2 += g[j + 2] * g[j + 2];
      s3 += g[j + 3] * g[j + 3];
    }
    for (; j < g.length; j++) {
      s0 += g[j] * g[j];
    }
    return Math.sqrt(s0 + s1 + (s2 + s3));
  }

  /** The gradient of one parameter. */
  public static final class Block {
    private final String name;
    private final int[] shape;
    private final double[] values;

    Block(String name, int... shape) {
      this.name = name;
      this.shape = shape;
      int size = 1;
      for (int length : shape) {
        size *= length;
      }
      this.values = new double[size];
    }

    /** Name of the parameter. */
    public String name() {
      return name;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
