package io.ratchet.trainer.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.commons.rng.UniformRandomProvider;
import org.ejml.data.DMatrixRMaj;

/** What the models' parameter blocks have in common: checks, first values, digest. */
final class Parameters {

  private Parameters() {}

  static void requireShape(String name, DMatrixRMaj block, int rows, int columns) {
    if (block.numRows != rows || block.numCols != columns) {
      throw new IllegalArgumentException(
          name
              + ": "
              + block.numRows
              + " x "
              + block.numCols
              + ", allowed: "
              + rows
              + " x "
              + columns);
    }
  }

  static void requireFinite(DMatrixRMaj... blocks) {
    for (DMatrixRMaj block : blocks) {
      for (int j = 0; j < block.getNumElements(); j++) {
        if (!Double.isFinite(block.data[j])) {
          throw new IllegalArgumentException("parameter " + block.data[j] + ", allowed: finite");
        }
      }
    }
  }

  /** The live values of the blocks by their names, in this order. */
  static Map<String, double[]> byName(List<String> names, Function<String, DMatrixRMaj> block) {
    Map<String, double[]> values = new LinkedHashMap<>();
    names.forEach(name -> values.put(name, block.apply(name).data));
    return values;
  }

  /** Box and Muller's transform: bit-identical everywhere, unlike samplers that use Math. */
  static void fillNormal(DMatrixRMaj block, double deviation, UniformRandomProvider random) {
    for (int j = 0; j < block.getNumElements(); j++) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
      double angle = 2 * StrictMath.PI * random.nextDouble();
      block.data[j] = deviation * radius * StrictMath.cos(angle);
    }
  }

  /** logit of means clipped to [clip, 1 - clip], as a column. */
  static DMatrixRMaj logits(double[] means, double clip) {
    DMatrixRMaj logits = new DMatrixRMaj(means.length, 1);
    for (int i = 0; i < means.length; i++) {
      double mean = Math.max(clip, Math.min(1 - clip, means[i]));
      logits.data[i] = StrictMath.log(mean / (1 - mean));
    }
    return logits;
  }

  /**
   * 64-bit digest of the bits of all values, block by block, row-major: h starts as 0 and becomes
   * mix(31 h + bits) for each value, with the finaliser of SplitMix64. It tells whether two workers
   * hold the same bits; it is no defence against an attacker.
   */
  static long digest(DMatrixRMaj... blocks) {
    long h = 0;
    for (DMatrixRMaj block : blocks) {
      for (int j = 0; j < block.getNumElements(); j++) {
        long x = 31 * h + Double.doubleToRawLongBits(block.data[j]);
        x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
        x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
        h = x ^ x >>> 31;
      }
    }
    return h;
  }
}
