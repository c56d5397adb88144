package io.ratchet.trainer.model;

import io.ratchet.trainer.data.DataSet;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;
import org.ejml.data.DMatrixRMaj;

/**
 * Parameters of the latent-cycle model: one-hot latent z in 0..K-1, binary visible x in {0,1}^V.
 *
 * <pre>
 *   encoder  p(z|x)     = softmax_z(b_z + sum_i W_zi x_i)      W: K x V, b: K
 *   decoder  p(x_i=1|z) = sigmoid(a_i + U_iz)                  U: V x K, a: V
 * </pre>
 *
 * <p>The four are independent, so that detailed balance is not imposed (Baiesi and Rosso,
 * arXiv:2512.11415). The tied model has U = W' always: the one-hot Boltzmann machine, reversible.
 * The matrices are live: learning changes them in place.
 */
public final class LatentCycleModel {

  /** The models that a run can train: how they are called in settings, records and checkpoints. */
  public enum Kind {
    LATENT_CYCLE("latent-cycle"),
    TIED("tied"),
    /** Not a model of this class but an {@link RbmModel}. */
    RBM("rbm");

    /** Their names, for messages. */
    public static final String NAMES = "latent-cycle, tied or rbm";

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** The kind of this name, or null. */
    public static Kind of(String text) {
      for (Kind kind : values()) {
        if (kind.text.equals(text)) {
          return kind;
        }
      }
      return null;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Names of the parameters, in their order. */
  public static final List<String> PARAMETERS = List.of("W", "b", "U", "a");

  /** Standard deviation of the first weights (theory.md, recipe). */
  private static final double INITIAL_DEVIATION = 0.01;

  /** Keeps the first logits of units that are always on or off finite (theory.md, recipe). */
  private static final double MEAN_CLIP = 1e-3;

  private final Kind kind;
  private final DMatrixRMaj encoderWeights;
  private final DMatrixRMaj encoderBias;
  private final DMatrixRMaj decoderWeights;
  private final DMatrixRMaj decoderBias;

  private LatentCycleModel(Kind kind, DMatrixRMaj w, DMatrixRMaj b, DMatrixRMaj u, DMatrixRMaj a) {
    this.kind = kind;
    this.encoderWeights = w;
    this.encoderBias = b;
    this.decoderWeights = u;
    this.decoderBias = a;
  }

  /**
   * A model with these parameters, copied.
   *
   * @param w K x V
   * @param b K x 1
   * @param u V x K; for the tied model the transpose of w
   * @param a V x 1
   */
  public static LatentCycleModel of(
      Kind kind, DMatrixRMaj w, DMatrixRMaj b, DMatrixRMaj u, DMatrixRMaj a) {
    int states = w.numRows;
    int visible = w.numCols;
    if (kind == Kind.RBM) {
      throw new IllegalArgumentException("model rbm, allowed: latent-cycle or tied");
    }
    if (states < 1 || visible < 1) {
      throw new IllegalArgumentException("W: " + states + " x " + visible + ", allowed: K x V");
    }
    Parameters.requireShape("b", b, states, 1);
    Parameters.requireShape("U", u, visible, states);
    Parameters.requireShape("a", a, visible, 1);
    Parameters.requireFinite(w, b, u, a);
    if (kind == Kind.TIED) {
      for (int z = 0; z < states; z++) {
        for (int i = 0; i < visible; i++) {
          if (w.get(z, i) != u.get(i, z)) {
            throw new IllegalArgumentException(
                "U[" + i + "][" + z + "] differs from W[" + z + "][" + i + "] in a tied model");
          }
        }
      }
    }
    return new LatentCycleModel(kind, w.copy(), b.copy(), u.copy(), a.copy());
  }

  /**
   * The start of a run: W, U ~ N(0, 0.01^2), b = 0, a = logit of the data's mean clipped to [1e-3,
   * 1 - 1e-3].
   */
  public static LatentCycleModel initial(
      Kind kind, int states, DataSet data, UniformRandomProvider random) {
    int visible = data.visible();
    DMatrixRMaj w = new DMatrixRMaj(states, visible);
    DMatrixRMaj u = new DMatrixRMaj(visible, states);
    Parameters.fillNormal(w, INITIAL_DEVIATION, random);
    Parameters.fillNormal(u, INITIAL_DEVIATION, random);
    DMatrixRMaj a = Parameters.logits(data.means(), MEAN_CLIP);
    LatentCycleModel model = new LatentCycleModel(kind, w, new DMatrixRMaj(states, 1), u, a);
    if (kind == Kind.TIED) {
      model.tie();
    }
    return model;
  }

  /** Makes U the transpose of W again, after W has changed. */
  public void tie() {
    int states = states();
    int visible = visible();
    for (int z = 0; z < states; z++) {
      for (int i = 0; i < visible; i++) {
        decoderWeights.data[i * states + z] = encoderWeights.data[z * visible + i];
      }
    }
  }

  /** Which model. */
  public Kind kind() {
    return kind;
  }

  /** K. */
  public int states() {
    return encoderWeights.numRows;
  }

  /** V. */
  public int visible() {
    return encoderWeights.numCols;
  }

  /** The parameter W, b, U or a. */
  public DMatrixRMaj parameter(String name) {
    return switch (name) {
      case "W" -> encoderWeights;
      case "b" -> encoderBias;
      case "U" -> decoderWeights;
      case "a" -> decoderBias;
      default -> throw new IllegalArgumentException("parameter " + name + ", allowed: W, b, U, a");
    };
  }

  /** The live values of {@link #PARAMETERS}, row-major, in their order. */
  public Map<String, double[]> parameters() {
    return Parameters.byName(PARAMETERS, this::parameter);
  }

  /** Shape of the parameter W, b, U or a. */
  public int[] shape(String name) {
    DMatrixRMaj block = parameter(name);
    return block.numCols == 1 && name.charAt(0) >= 'a'
        ? new int[] {block.numRows}
        : new int[] {block.numRows, block.numCols};
  }

  /** W, K x V. */
  public DMatrixRMaj encoderWeights() {
    return encoderWeights;
  }

  /** b, K x 1. */
  public DMatrixRMaj encoderBias() {
    return encoderBias;
  }

  /** U, V x K. */
  public DMatrixRMaj decoderWeights() {
    return decoderWeights;
  }

  /** a, V x 1. */
  public DMatrixRMaj decoderBias() {
    return decoderBias;
  }

  /**
   * 64-bit digest of the bits of W, b, U, a in this order, row-major: h starts as 0 and becomes
   * mix(31 h + bits) for each value, with the finaliser of SplitMix64. It tells whether two workers
   * hold the same bits; it is no defence against an attacker.
   */
  public long digest() {
    return Parameters.digest(encoderWeights, encoderBias, decoderWeights, decoderBias);
  }
}
