package io.ratchet.schema;

import org.apache.avro.Conversion;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Avro's process-wide safety switches, set in code so that no user has to pass a flag.
 *
 * <p>Only the classes of this package may be instantiated from a schema; Avro refuses even these
 * until told. The limits bound what one length in hostile input can make Avro allocate. {@link
 * RecordCodec} does not depend on them (over an array Avro compares every length with what is
 * left); a container file, which Avro reads from a stream, does. A limit set on the command line
 * stays.
 *
 * <p>Avro reads the limits once, and asks for trust as early as a generated builder fills in an
 * enum's default. So the switches are set by {@link Hook}, which Avro itself loads before it can
 * use a generated class; nobody has to remember to call {@link #install}.
 */
public final class AvroGuard {

  /** Longest {@code bytes}: a weight matrix of a checkpoint is the longest there is. */
  private static final int MAX_BYTES = 1 << 30;

  /** Longest {@code string}: a tag, a setting, a message. */
  private static final int MAX_STRING = 1 << 20;

  /** Most items of an array or map: the states of a cycle, the settings of a run. */
  private static final int MAX_ITEMS = 1 << 20;

  private AvroGuard() {}

  /** Sets trust and limits; may be called any number of times. */
  public static void install() {
    limit("bytes", MAX_BYTES);
    limit("string", MAX_STRING);
    limit("collectionItems", MAX_ITEMS);
    String contract = AvroGuard.class.getPackageName();
    ClassSecurityValidator.setGlobal(type -> type.getPackageName().equals(contract));
  }

  private static void limit(String what, int most) {
    String property = "org.apache.avro.limits." + what + ".maxLength";
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(most));
    }
  }

  /**
   * Sets the switches when Avro makes its first data model: every model loads the conversions that
   * the service loader knows, and this one converts nothing.
   */
  public static final class Hook extends Conversion<Void> {
    /** For the service loader. */
    public Hook() {
      install();
    }

    @Override
    public Class<Void> getConvertedType() {
      return Void.class;
    }

    @Override
    public String getLogicalTypeName() {
      return "io.ratchet.none";
    }
  }
}
