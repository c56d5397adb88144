package io.ratchet.stream.accept;

import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
import io.ratchet.thermodynamics.SweepCounts;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What one sweep did to the C chains of a worker, and what was observed with it.
 *
 * <p>A view of the bytes as they were published: the state store keeps these very bytes, so a
 * window that is folded after a restart has the bits of one that was not interrupted. Immutable.
 */
public final class Transitions {
  /** A chain's visible state that has no class. */
  public static final int NO_CLASS = 255;

  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle FLOATS = view(float[].class);
  private static final VarHandle DOUBLES = view(double[].class);

  private static final int WIDE = 1;
  private static final int PATH = 2;
  private static final int SOFT = 4;
  private static final int CLASSES = 8;
  private static final int REFERENCE = 16;
  private static final int LATENT = 32;

  /** Where a field lies that is not there. */
  static final int ABSENT = -1;

  private final int states;
  private final int chains;
  private final boolean wide;
  private final byte[] bytes;

  /** Where in the bytes the fields begin. */
  private final int from;

  private final int to;
  private final int pathEntropy;
  private final int softTo;
  private final int classes;
  private final int classReference;
  private final int referenceClasses;
  private final int dataLatent;

  /** A view of fields whose lengths and contents were checked. */
  Transitions(
      int states,
      int chains,
      boolean wide,
      byte[] bytes,
      int from,
      int to,
      int pathEntropy,
      int softTo,
      int classes,
      int classReference,
      int referenceClasses,
      int dataLatent) {
    this.states = states;
    this.chains = chains;
    this.wide = wide;
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.pathEntropy = pathEntropy;
    this.softTo = softTo;
    this.classes = classes;
    this.classReference = classReference;
    this.referenceClasses = referenceClasses;
    this.dataLatent = dataLatent;
  }

  /** Number of chains, C; 0 for an {@code end} that carries no sweep. */
  public int chains() {
    return chains;
  }

  /** Number of states, K. */
  public int states() {
    return states;
  }

  /** State of a chain before the sweep, 0..K-1. */
  public int from(int chain) {
    return state(from, chain);
  }

  /** State of a chain after the sweep, 0..K-1. */
  public int to(int chain) {
    return state(to, chain);
  }

  public boolean hasPathEntropy() {
    return pathEntropy != ABSENT;
  }

  /** Path entropy of a chain's transition, nats. */
  public double pathEntropy(int chain) {
    return (float) FLOATS.get(bytes, pathEntropy + chain * Float.BYTES);
  }

  public boolean hasSoftTo() {
    return softTo != ABSENT;
  }

  /** p(y|x) of a chain: probability of each next state, given the visible state it passed. */
  public double softTo(int chain, int state) {
    return (float) FLOATS.get(bytes, softTo + (chain * states + state) * Float.BYTES);
  }

  public boolean hasClasses() {
    return classes != ABSENT;
  }

  /** Class of a chain's visible state, or {@link #NO_CLASS}. */
  public int classOf(int chain) {
    return bytes[classes + chain] & 0xFF;
  }

  /** Number of classes of the data, m; 0 where their shares were not given. */
  public int referenceClasses() {
    return referenceClasses;
  }

  /** Share of a class in the data. */
  public double classReference(int index) {
    return (double) DOUBLES.get(bytes, classReference + index * Double.BYTES);
  }

  public boolean hasDataLatent() {
    return dataLatent != ABSENT;
  }

  /** Mean of p(z|x) over a minibatch of the data, for one state z. */
  public double dataLatent(int state) {
    return (float) FLOATS.get(bytes, dataLatent + state * Float.BYTES);
  }

  /** Whether there are chains, with states of one byte each. */
  public boolean isNarrow() {
    return !wide && chains > 0;
  }

  /** Counts the sweep of as many chains, whose states must be narrow. */
  public void addTo(SweepCounts sweeps) {
    sweeps.addChecked(bytes, from, to); // when it was read, if not by the program that stored it
  }

  /** Appends these transitions to a value of a state store. */
  public void writeTo(BytesWriter out) {
    int width = stateBytes();
    out.putByte(
            (wide ? WIDE : 0)
                | (hasPathEntropy() ? PATH : 0)
                | (hasSoftTo() ? SOFT : 0)
                | (hasClasses() ? CLASSES : 0)
                | (classReference != ABSENT ? REFERENCE : 0)
                | (hasDataLatent() ? LATENT : 0))
        .putVarint(states)
        .putVarint(width)
        .putBytes(bytes, from, width)
        .putBytes(bytes, to, width);
    putIfPresent(out, pathEntropy, chains * Float.BYTES);
    putIfPresent(out, softTo, chains * states * Float.BYTES);
    putIfPresent(out, classes, chains);
    if (classReference != ABSENT) {
      out.putVarint((long) referenceClasses * Double.BYTES)
          .putBytes(bytes, classReference, referenceClasses * Double.BYTES);
    }
    putIfPresent(out, dataLatent, states * Float.BYTES);
  }

  /** A view of what {@link #writeTo} wrote. */
  public static Transitions readFrom(BytesReader in) {
    int fields = in.getByte();
    int states = in.getCount();
    int width = in.getCount();
    boolean wide = (fields & WIDE) != 0;
    int chains = wide ? width / 2 : width;
    int from = in.skip(width);
    int to = in.skip(width);
    int path = (fields & PATH) == 0 ? ABSENT : in.skip((long) chains * Float.BYTES);
    int soft = (fields & SOFT) == 0 ? ABSENT : in.skip((long) chains * states * Float.BYTES);
    int classes = (fields & CLASSES) == 0 ? ABSENT : in.skip(chains);
    int referenceBytes = (fields & REFERENCE) == 0 ? 0 : in.getCount();
    int reference = (fields & REFERENCE) == 0 ? ABSENT : in.skip(referenceBytes);
    int latent = (fields & LATENT) == 0 ? ABSENT : in.skip((long) states * Float.BYTES);
    return new Transitions(
        states,
        chains,
        wide,
        in.bytes(),
        from,
        to,
        path,
        soft,
        classes,
        reference,
        referenceBytes / Double.BYTES,
        latent);
  }

  private void putIfPresent(BytesWriter out, int start, int length) {
    if (start != ABSENT) {
      out.putBytes(bytes, start, length);
    }
  }

  private int stateBytes() {
    return wide ? 2 * chains : chains;
  }

  private int state(int field, int chain) {
    return wide
        ? (short) SHORTS.get(bytes, field + 2 * chain) & 0xFFFF
        : bytes[field + chain] & 0xFF;
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
  }
}
