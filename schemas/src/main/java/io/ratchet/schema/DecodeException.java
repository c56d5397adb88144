package io.ratchet.schema;

/**
 * Bytes that are not a record of this contract.
 *
 * <p>Checked, because bytes come from outside: whoever decodes must decide what becomes of those
 * that do not. No stack trace is recorded; a flood of bad bytes must stay cheap.
 */
public final class DecodeException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why bytes were refused. The {@link #code} is what dead letters and counters carry. */
  public enum Reason {
    /** No bytes at all, or a tombstone. */
    EMPTY("empty"),
    /** The first two bytes are not C3 01. */
    MAGIC("magic"),
    /** The fingerprint is of no released schema. */
    FINGERPRINT("fingerprint"),
    /** A record of this contract, but of another type than was asked for. */
    TYPE("type"),
    /** The bytes end inside the header or inside a field. */
    TRUNCATED("truncated"),
    /** A length, index or number that the writer's schema does not allow. */
    MALFORMED("malformed"),
    /** Bytes are left after the record. */
    TRAILING_BYTES("trailing-bytes");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    /** The reason as one word for machines: lower case, stable. */
    public String code() {
      return code;
    }
  }

  private final Reason reason;

  DecodeException(Reason reason, String detail) {
    super(reason.code() + ": " + detail, null, false, false);
    this.reason = reason;
  }

  /** Why the bytes were refused. */
  public Reason reason() {
    return reason;
  }
}
