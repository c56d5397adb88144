package io.ratchet.stream.accept;

import io.ratchet.stream.store.BytesReader;
import io.ratchet.stream.store.BytesWriter;
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

  private final int states;
  private final int chains;
  private final boolean wide;
  private final byte[] from;
  private final byte[] to;
  private final byte[] pathEntropy;
  private final byte[] softTo;
  private final byte[] classes;
  private final byte[] classReference;
  private final byte[] dataLatent;

  /** Takes the arrays as they are; their lengths and contents were checked. Null is absent. */
  Transitions(
      int states,
      boolean wide,
      byte[] from,
      byte[] to,
      byte[] pathEntropy,
      byte[] softTo,
      byte[] classes,
      byte[] classReference,
      byte[] dataLatent) {
    this.states = states;
    this.chains = wide ? from.length / 2 : from.length;
    this.wide = wide;
    this.from = from;
    this.to = to;
    this.pathEntropy = pathEntropy;
    this.softTo = softTo;
    this.classes = classes;
    this.classReference = classReference;
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
    return pathEntropy != null;
  }

  /** Path entropy of a chain's transition, nats. */
  public double pathEntropy(int chain) {
    return (float) FLOATS.get(pathEntropy, chain * Float.BYTES);
  }

  public boolean hasSoftTo() {
    return softTo != null;
  }

  /** p(y|x) of a chain: probability of each next state, given the visible state it passed. */
  public double softTo(int chain, int state) {
    return (float) FLOATS.get(softTo, (chain * states + state) * Float.BYTES);
  }

  public boolean hasClasses() {
    return classes != null;
  }

  /** Class of a chain's visible state, or {@link #NO_CLASS}. */
  public int classOf(int chain) {
    return classes[chain] & 0xFF;
  }

  /** Number of classes of the data, m; 0 where their shares were not given. */
  public int referenceClasses() {
    return classReference == null ? 0 : classReference.length / Double.BYTES;
  }

  /** Share of a class in the data. */
  public double classReference(int index) {
    return (double) DOUBLES.get(classReference, index * Double.BYTES);
  }

  public boolean hasDataLatent() {
    return dataLatent != null;
  }

  /** Mean of p(z|x) over a minibatch of the data, for one state z. */
  public double dataLatent(int state) {
    return (float) FLOATS.get(dataLatent, state * Float.BYTES);
  }

  /** Appends these transitions to a value of a state store. */
  public void writeTo(BytesWriter out) {
    out.putByte(
        (wide ? WIDE : 0)
            | (pathEntropy != null ? PATH : 0)
            | (softTo != null ? SOFT : 0)
            | (classes != null ? CLASSES : 0)
            | (classReference != null ? REFERENCE : 0)
            | (dataLatent != null ? LATENT : 0));
    out.putVarint(states).putSized(from).putBytes(to);
    putIfPresent(out, pathEntropy);
    putIfPresent(out, softTo);
    putIfPresent(out, classes);
    if (classReference != null) {
      out.putSized(classReference);
    }
    putIfPresent(out, dataLatent);
  }

  /** Reads what {@link #writeTo} wrote. */
  public static Transitions readFrom(BytesReader in) {
    int fields = in.getByte();
    int states = in.getCount();
    byte[] from = in.getSized();
    boolean wide = (fields & WIDE) != 0;
    int chains = wide ? from.length / 2 : from.length;
    return new Transitions(
        states,
        wide,
        from,
        in.getBytes(from.length),
        (fields & PATH) == 0 ? null : in.getBytes(chains * Float.BYTES),
        (fields & SOFT) == 0 ? null : in.getBytes(chains * states * Float.BYTES),
        (fields & CLASSES) == 0 ? null : in.getBytes(chains),
        (fields & REFERENCE) == 0 ? null : in.getSized(),
        (fields & LATENT) == 0 ? null : in.getBytes(states * Float.BYTES));
  }

  private static void putIfPresent(BytesWriter out, byte[] bytes) {
    if (bytes != null) {
      out.putBytes(bytes);
    }
  }

  private int state(byte[] bytes, int chain) {
    return wide ? (short) SHORTS.get(bytes, 2 * chain) & 0xFFFF : bytes[chain] & 0xFF;
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
  }
}
