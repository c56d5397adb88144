package io.ratchet.trainer.data;

import io.ratchet.trainer.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Binary training examples, labelled or not. Immutable once made.
 *
 * <p>Classes are numbered 0, 1, ... in the order of {@link #classNames}: labels kept by a selection
 * are renumbered without holes.
 */
public final class DataSet {

  private final String spec;
  private final BitRows rows;
  private final int width;
  private final int height;
  private final byte[] labels;
  private final List<String> classNames;
  private final String digest;

  /**
   * Takes over {@code rows} and {@code labels}.
   *
   * @param labels class of each row, unsigned bytes, or null when unlabelled
   */
  DataSet(
      String spec, BitRows rows, int width, int height, byte[] labels, List<String> classNames) {
    rows.trim();
    this.spec = spec;
    this.rows = rows;
    this.width = width;
    this.height = height;
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    this.digest = sha256();
  }

  /** The SPEC it was loaded from. */
  public String spec() {
    return spec;
  }

  /** The examples. */
  public BitRows rows() {
    return rows;
  }

  /** Number of examples. */
  public int size() {
    return rows.size();
  }

  /** Units of an example, V. */
  public int visible() {
    return rows.visible();
  }

  /**
   * Refuses data that a model cannot read.
   *
   * @param units V of the model
   * @throws InputException if the examples have another number of units
   */
  public void requireVisible(int units) {
    if (visible() != units) {
      throw new InputException(
          "--data "
              + spec
              + ": "
              + visible()
              + " units an example, allowed: "
              + units
              + ", as the model has");
    }
  }

  /** Width of an image in pixels; 0 when the examples are not images. */
  public int width() {
    return width;
  }

  /** Height of an image in pixels; 0 when the examples are not images. */
  public int height() {
    return height;
  }

  /** Whether every example has a class. */
  public boolean labelled() {
    return labels != null;
  }

  /** Names of the classes in the order of their numbers; empty when unlabelled. */
  public List<String> classNames() {
    return classNames;
  }

  /** Class of an example, 0 to {@code classNames().size() - 1}. */
  public int label(int row) {
    return labels[row] & 0xff;
  }

  /** Share of the examples in each class; null when unlabelled. */
  public double[] classShares() {
    if (labels == null) {
      return null;
    }
    double[] shares = new double[classNames.size()];
    for (byte label : labels) {
      shares[label & 0xff]++;
    }
    for (int c = 0; c < shares.length; c++) {
      shares[c] /= labels.length;
    }
    return shares;
  }

  /** Share of the examples that have a 1, for each unit; V values. */
  public double[] means() {
    double[] means = new double[visible()];
    char[] ones = new char[visible()];
    for (int n = 0; n < size(); n++) {
      for (int j = rows.ones(n, ones) - 1; j >= 0; j--) {
        means[ones[j]]++;
      }
    }
    for (int i = 0; i < means.length; i++) {
      means[i] /= size();
    }
    return means;
  }

  /**
   * SHA-256 of the binarised examples and labels, 64 hex digits: V, number of examples and number
   * of classes (int32 LE each), then for each example its bits (bit i in byte i/8 at bit i%8) and,
   * when labelled, its class in one byte.
   */
  public String digest() {
    return digest;
  }

  private String sha256() {
    MessageDigest sha;
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    ByteBuffer head = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    sha.update(head.putInt(visible()).putInt(size()).putInt(classNames.size()).array());
    byte[] packed = new byte[(visible() + 7) >>> 3];
    for (int r = 0; r < size(); r++) {
      rows.pack(r, packed, 0);
      sha.update(packed);
      if (labels != null) {
        sha.update(labels[r]);
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }
}
