package io.ratchet.stream.accept;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Topics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads chain-states records and refuses those that no producer may write. */
public final class SweepReader {
  /** Largest step and sweep number: exact in a double, and no sum of them overflows. */
  static final long MAX_STEP = 1L << 53;

  /** Most workers of an attempt: each that is absent is named in every window. */
  static final int MAX_WORKERS = 4_096;

  static final int MAX_STATES = 65_535;

  /** Most states with soft rows: C x K floats a record. */
  static final int MAX_SOFT_STATES = 256;

  /** A probability that float32 arithmetic has made a little larger than 1. */
  private static final float MAX_PROBABILITY = 1.001f;

  private SweepReader() {}

  /**
   * Reads a record.
   *
   * @throws RejectedException with {@link Reason#INVALID} if a field has a value that it may not
   *     have, naming the field, the value and what is allowed
   */
  public static Sweep read(ChainStates record) throws RejectedException {
    if (!Topics.isRunId(record.getRun())) {
      throw invalid("run is not " + Topics.RUN_ID);
    }
    int states = record.getStates();
    checkRange("attempt", record.getAttempt(), 1, Integer.MAX_VALUE);
    checkRange("workers", record.getWorkers(), 1, MAX_WORKERS);
    checkRange("worker", record.getWorker(), 0, Integer.MAX_VALUE);
    checkRange("chains", record.getChains(), 1, Integer.MAX_VALUE);
    checkRange("startStep", record.getStartStep(), 0, MAX_STEP);
    checkRange("step", record.getStep(), record.getStartStep(), MAX_STEP);
    checkRange("sweep", record.getSweep(), 0, MAX_STEP);
    checkRange("states", states, 1, MAX_STATES);
    Transitions transitions = transitions(record, states);
    checkRange(
        "chainOffset", record.getChainOffset(), 0, record.getChains() - transitions.chains());
    return new Sweep(
        record.getRun(),
        record.getAttempt(),
        record.getWorker(),
        record.getIncarnation(),
        new AttemptShape(
            record.getWorkers(),
            record.getChains(),
            states,
            record.getExpectation(),
            record.getStartStep()),
        record.getChainOffset(),
        record.getStep(),
        record.getSweep(),
        record.getEnd(),
        transitions);
  }

  private static Transitions transitions(ChainStates record, int states) throws RejectedException {
    byte[] from = bytes(record.getFrom());
    byte[] to = bytes(record.getTo());
    boolean wide = record.getEncoding() == StateEncoding.UINT16_LE;
    if (from.length == 0) {
      if (!record.getEnd()) {
        throw invalid("from is empty; only an end record may be without a sweep");
      }
    } else if (record.getEncoding() == StateEncoding.UNKNOWN) {
      throw invalid("encoding is UNKNOWN; it must be UINT8 or UINT16_LE");
    } else if (!wide && states > 256) {
      throw invalid("encoding is UINT8 for " + states + " states; at most 256");
    }
    int width = wide ? 2 : 1;
    if (from.length % width != 0) {
      throw invalid("from has " + from.length + " bytes; UINT16_LE needs an even number");
    }
    checkLength("to", to, from.length);
    int chains = from.length / width;
    byte[] path = bytes(record.getPathEntropy());
    byte[] soft = bytes(record.getSoftTo());
    byte[] classes = bytes(record.getClasses());
    byte[] reference = bytes(record.getClassReference());
    byte[] latent = bytes(record.getDataLatent());
    if (path != null) {
      checkLength("pathEntropy", path, (long) chains * Float.BYTES);
      checkFloats("pathEntropy", path, -Float.MAX_VALUE, Float.MAX_VALUE, "finite");
    }
    if (soft != null) {
      if (states > MAX_SOFT_STATES) {
        throw invalid("softTo is given for " + states + " states; at most " + MAX_SOFT_STATES);
      }
      checkLength("softTo", soft, (long) chains * states * Float.BYTES);
      checkFloats("softTo", soft, 0, MAX_PROBABILITY, "probabilities");
    }
    if (latent != null) {
      checkLength("dataLatent", latent, (long) states * Float.BYTES);
      checkFloats("dataLatent", latent, 0, MAX_PROBABILITY, "probabilities");
    }
    checkClasses(classes, reference, chains);
    Transitions transitions =
        new Transitions(states, wide, from, to, path, soft, classes, reference, latent);
    for (int chain = 0; chain < chains; chain++) {
      if (transitions.from(chain) >= states || transitions.to(chain) >= states) {
        throw invalid(
            "chain at position %d goes %d -> %d; states must be 0 to %d"
                .formatted(chain, transitions.from(chain), transitions.to(chain), states - 1));
      }
    }
    return transitions;
  }

  private static void checkClasses(byte[] classes, byte[] reference, int chains)
      throws RejectedException {
    int known = Transitions.NO_CLASS;
    if (reference != null) {
      known = reference.length / Double.BYTES;
      if (reference.length % Double.BYTES != 0 || known < 1 || known > Transitions.NO_CLASS) {
        throw invalid(
            "classReference has " + reference.length + " bytes; 8 for each of 1 to 255 classes");
      }
      ByteBuffer shares = ByteBuffer.wrap(reference).order(ByteOrder.LITTLE_ENDIAN);
      double sum = 0;
      for (int index = 0; index < known; index++) {
        double share = shares.getDouble();
        if (!(share >= 0 && share <= Double.MAX_VALUE)) {
          throw invalid("classReference has " + share + "; shares must be finite, not negative");
        }
        sum += share;
      }
      // A sum of up to 255 rounded doubles; what is further off is not a set of shares.
      if (!(Math.abs(sum - 1) <= 1e-6)) {
        throw invalid("classReference sums to " + sum + "; shares must sum to 1");
      }
    }
    if (classes != null) {
      checkLength("classes", classes, chains);
      for (byte value : classes) {
        int index = value & 0xFF;
        if (index >= known && index != Transitions.NO_CLASS) {
          throw invalid(
              "classes has " + index + "; must be 0 to " + (known - 1) + ", or 255 for none");
        }
      }
    }
  }

  private static void checkFloats(
      String name, byte[] bytes, float least, float most, String allowed) throws RejectedException {
    ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (floats.hasRemaining()) {
      float value = floats.getFloat();
      if (!(value >= least && value <= most)) {
        throw invalid(name + " has " + value + "; numbers must be " + allowed);
      }
    }
  }

  private static void checkLength(String name, byte[] bytes, long length) throws RejectedException {
    if (bytes.length != length) {
      throw invalid(name + " has " + bytes.length + " bytes; must be " + length);
    }
  }

  private static void checkRange(String name, long value, long least, long most)
      throws RejectedException {
    if (value < least || value > most) {
      throw invalid(name + " is " + value + "; must be " + least + " to " + most);
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static RejectedException invalid(String detail) {
    return new RejectedException(Reason.INVALID, detail);
  }
}
