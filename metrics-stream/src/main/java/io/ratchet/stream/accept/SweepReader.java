package io.ratchet.stream.accept;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCursor;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Topics;
import io.ratchet.thermodynamics.SweepCounts;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads a chain-states record, where its bytes lie, and refuses one that no producer may write.
 *
 * <p>In two steps, since where a record belongs is checked before its content: {@link #open}
 * decodes it, {@link #sweep} checks what it says.
 */
public final class SweepReader {
  /** Largest step and sweep number: exact in a double, and no sum of them overflows. */
  public static final long MAX_STEP = 1L << 53;

  /** Most workers of an attempt: each that is absent is named in every window. */
  public static final int MAX_WORKERS = 4_096;

  public static final int MAX_STATES = 65_535;

  /** Most states with soft rows: C x K floats a record. */
  public static final int MAX_SOFT_STATES = 256;

  /** A probability that float32 arithmetic has made a little larger than 1. */
  private static final float MAX_PROBABILITY = 1.001f;

  private static final Expectation[] EXPECTATIONS = Expectation.values();
  private static final StateEncoding[] ENCODINGS = StateEncoding.values();

  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle DOUBLES =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  /** Where the bytes of a field lie. */
  private record Field(int start, int length) {
    static final Field ABSENT = new Field(Transitions.ABSENT, 0);

    static Field read(RecordCursor in) throws DecodeException {
      int length = in.readLength();
      return new Field(in.skip(length), length);
    }

    static Field readIfPresent(RecordCursor in) throws DecodeException {
      return in.readPresent() ? read(in) : ABSENT;
    }

    boolean isPresent() {
      return start != Transitions.ABSENT;
    }
  }

  /**
   * The fields that all records of a worker have in common, and begin with.
   *
   * @param bytes a record up to the end of the last of them
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by RecordCursor, never by equals
  record Origin(
      byte[] bytes,
      String run,
      int attempt,
      int worker,
      long incarnation,
      int workers,
      int chainOffset,
      int chains,
      long startStep) {
    static Origin read(RecordCursor in) throws DecodeException {
      Field id = Field.read(in);
      String run = new String(in.bytes(), id.start(), id.length(), StandardCharsets.UTF_8);
      int attempt = in.readInt();
      int worker = in.readInt();
      long incarnation = in.readLong();
      int workers = in.readInt();
      int chainOffset = in.readInt();
      int chains = in.readInt();
      long startStep = in.readLong();
      byte[] bytes = Arrays.copyOf(in.bytes(), in.position());
      return new Origin(
          bytes, run, attempt, worker, incarnation, workers, chainOffset, chains, startStep);
    }
  }

  private final byte[] bytes;

  private final boolean repeatsOrigin;
  private final Origin origin;
  private final long step;
  private final long number;
  private final boolean end;
  private final AttemptShape shape;
  private final StateEncoding encoding;
  private final Field from;
  private final Field to;
  private final Field pathEntropy;
  private final Field softTo;
  private final Field classes;
  private final Field classReference;
  private final Field dataLatent;

  private SweepReader(RecordCursor in, Origin origin, AttemptShape shape) throws DecodeException {
    bytes = in.bytes();
    repeatsOrigin = origin != null && in.skipIfEqual(origin.bytes());
    this.origin = repeatsOrigin ? origin : Origin.read(in);
    step = in.readLong();
    number = in.readLong();
    end = in.readBoolean();
    Expectation expectation = EXPECTATIONS[in.readIndex(EXPECTATIONS.length)];
    int states = in.readInt();
    this.shape =
        repeatsOrigin && shape.expectation() == expectation && shape.states() == states
            ? shape
            : new AttemptShape(
                this.origin.workers(),
                this.origin.chains(),
                states,
                expectation,
                this.origin.startStep());
    encoding = ENCODINGS[in.readIndex(ENCODINGS.length)];
    from = Field.read(in);
    to = Field.read(in);
    pathEntropy = Field.readIfPresent(in);
    softTo = Field.readIfPresent(in);
    classes = Field.readIfPresent(in);
    classReference = Field.readIfPresent(in);
    dataLatent = Field.readIfPresent(in);
    Field.readIfPresent(in); // samples
    in.readInt(); // visible
    if (in.readPresent()) {
      in.readInt(); // phase
    }
    if (in.readPresent()) {
      in.readInt(); // protocolTime
    }
    in.readLong(); // timestampMillis
    in.end();
  }

  /**
   * Decodes a record.
   *
   * @throws RejectedException with {@link Reason#UNDECODABLE} if it does not decode, with {@link
   *     Reason#INVALID} if what it calls its run is no run id
   */
  public static SweepReader open(byte[] record) throws RejectedException {
    return open(record, null, null);
  }

  /**
   * Decodes a record that most likely has the origin and shape of the one before it: then it has
   * the same objects.
   *
   * @param origin that of a record that was opened, or null
   * @param shape that of the same record
   * @throws RejectedException as {@link #open(byte[])} does
   */
  static SweepReader open(byte[] record, Origin origin, AttemptShape shape)
      throws RejectedException {
    SweepReader reader;
    try {
      reader = new SweepReader(RecordCursor.over(record, ChainStates.class), origin, shape);
    } catch (DecodeException e) {
      throw new RejectedException(Reason.UNDECODABLE, e.getMessage());
    }
    if (!reader.repeatsOrigin && !Topics.isRunId(reader.run())) {
      throw invalid("run is not " + Topics.RUN_ID);
    }
    return reader;
  }

  /** Whether it has the origin of the record before it. */
  boolean repeatsOrigin() {
    return repeatsOrigin;
  }

  Origin origin() {
    return origin;
  }

  AttemptShape shape() {
    return shape;
  }

  /** The run that the record says it is of. */
  public String run() {
    return origin.run();
  }

  /**
   * The sweep that the record tells of.
   *
   * @throws RejectedException with {@link Reason#INVALID} if a field has a value that it may not
   *     have, naming the field, the value and what is allowed
   */
  public Sweep sweep() throws RejectedException {
    checkRange("attempt", origin.attempt(), 1, Integer.MAX_VALUE);
    checkRange("workers", origin.workers(), 1, MAX_WORKERS);
    checkRange("worker", origin.worker(), 0, Integer.MAX_VALUE);
    checkRange("chains", origin.chains(), 1, Integer.MAX_VALUE);
    checkRange("startStep", origin.startStep(), 0, MAX_STEP);
    checkRange("step", step, origin.startStep(), MAX_STEP);
    checkRange("sweep", number, 0, MAX_STEP);
    checkRange("states", shape.states(), 1, MAX_STATES);
    Transitions transitions = transitions();
    checkRange("chainOffset", origin.chainOffset(), 0, origin.chains() - transitions.chains());
    return new Sweep(
        origin.run(),
        origin.attempt(),
        origin.worker(),
        origin.incarnation(),
        shape,
        origin.chainOffset(),
        step,
        number,
        end,
        transitions);
  }

  private Transitions transitions() throws RejectedException {
    int states = shape.states();
    boolean wide = encoding == StateEncoding.UINT16_LE;
    if (from.length() == 0) {
      if (!end) {
        throw invalid("from is empty; only an end record may be without a sweep");
      }
    } else if (encoding == StateEncoding.UNKNOWN) {
      throw invalid("encoding is UNKNOWN; it must be UINT8 or UINT16_LE");
    } else if (!wide && states > 256) {
      throw invalid("encoding is UINT8 for " + states + " states; at most 256");
    }
    int width = wide ? 2 : 1;
    if (from.length() % width != 0) {
      throw invalid("from has " + from.length() + " bytes; UINT16_LE needs an even number");
    }
    checkLength("to", to, from.length());
    int swept = from.length() / width;
    if (pathEntropy.isPresent()) {
      checkLength("pathEntropy", pathEntropy, (long) swept * Float.BYTES);
      checkFloats("pathEntropy", pathEntropy, -Float.MAX_VALUE, Float.MAX_VALUE, "finite");
    }
    if (softTo.isPresent()) {
      if (states > MAX_SOFT_STATES) {
        throw invalid("softTo is given for " + states + " states; at most " + MAX_SOFT_STATES);
      }
      checkLength("softTo", softTo, (long) swept * states * Float.BYTES);
      checkFloats("softTo", softTo, 0, MAX_PROBABILITY, "probabilities");
    }
    if (dataLatent.isPresent()) {
      checkLength("dataLatent", dataLatent, (long) states * Float.BYTES);
      checkFloats("dataLatent", dataLatent, 0, MAX_PROBABILITY, "probabilities");
    }
    int known = checkReference();
    checkClasses(known, swept);
    Transitions transitions =
        new Transitions(
            states,
            swept,
            wide,
            bytes,
            from.start(),
            to.start(),
            pathEntropy.start(),
            softTo.start(),
            classes.start(),
            classReference.start(),
            classReference.length() / Double.BYTES,
            dataLatent.start());
    checkStates(transitions);
    return transitions;
  }

  private void checkStates(Transitions transitions) throws RejectedException {
    int states = shape.states();
    if (transitions.isNarrow()
        && SweepCounts.firstNotBelow(bytes, from.start(), from.length(), states) < 0
        && SweepCounts.firstNotBelow(bytes, to.start(), to.length(), states) < 0) {
      return;
    }
    for (int chain = 0; chain < transitions.chains(); chain++) {
      if (transitions.from(chain) >= states || transitions.to(chain) >= states) {
        throw invalid(
            "chain at position %d goes %d -> %d; states must be 0 to %d"
                .formatted(chain, transitions.from(chain), transitions.to(chain), states - 1));
      }
    }
  }

  /** Checks the shares of the classes in the data, and returns how many classes there are. */
  private int checkReference() throws RejectedException {
    if (!classReference.isPresent()) {
      return Transitions.NO_CLASS;
    }
    int known = classReference.length() / Double.BYTES;
    if (classReference.length() % Double.BYTES != 0 || known < 1 || known > Transitions.NO_CLASS) {
      throw invalid(
          "classReference has "
              + classReference.length()
              + " bytes; 8 for each of 1 to 255 classes");
    }
    double sum = 0;
    for (int index = 0; index < known; index++) {
      double share = (double) DOUBLES.get(bytes, classReference.start() + index * Double.BYTES);
      if (!(share >= 0 && share <= Double.MAX_VALUE)) {
        throw invalid("classReference has " + share + "; shares must be finite, not negative");
      }
      sum += share;
    }
    // A sum of up to 255 rounded doubles; what is further off is not a set of shares.
    if (!(Math.abs(sum - 1) <= 1e-6)) {
      throw invalid("classReference sums to " + sum + "; shares must sum to 1");
    }
    return known;
  }

  private void checkClasses(int known, int swept) throws RejectedException {
    if (!classes.isPresent()) {
      return;
    }
    checkLength("classes", classes, swept);
    for (int at = classes.start(); at < classes.start() + swept; at++) {
      int index = bytes[at] & 0xFF;
      if (index >= known && index != Transitions.NO_CLASS) {
        throw invalid(
            "classes has " + index + "; must be 0 to " + (known - 1) + ", or 255 for none");
      }
    }
  }

  private void checkFloats(String name, Field field, float least, float most, String allowed)
      throws RejectedException {
    int end = field.start() + field.length();
    for (int at = field.start(); at < end; at += Float.BYTES) {
      float value = (float) FLOATS.get(bytes, at);
      if (!(value >= least && value <= most)) {
        throw invalid(name + " has " + value + "; numbers must be " + allowed);
      }
    }
  }

  private static void checkLength(String name, Field field, long length) throws RejectedException {
    if (field.length() != length) {
      throw invalid(name + " has " + field.length() + " bytes; must be " + length);
    }
  }

  private static void checkRange(String name, long value, long least, long most)
      throws RejectedException {
    if (value < least || value > most) {
      throw invalid(name + " is " + value + "; must be " + least + " to " + most);
    }
  }

  private static RejectedException invalid(String detail) {
    return new RejectedException(Reason.INVALID, detail);
  }
}
