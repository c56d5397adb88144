package io.ratchet.schema;

import io.ratchet.schema.DecodeException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.FastReaderBuilder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/**
 * Avro single-object encoding of the contract's records: C3 01, the fingerprint of the writer's
 * schema (CRC-64-AVRO, little-endian), the body.
 *
 * <p>A record written under any released schema decodes to its class of today. Bytes are hostile
 * until proven otherwise: whatever they are, decoding ends in a record or in a {@link
 * DecodeException}, and allocates in proportion to their number. Whether a number makes sense (a
 * NaN, a state beyond K) is the reader's business. All methods may be called from any thread.
 */
public final class RecordCodec {
  private static final byte MAGIC_0 = (byte) 0xC3;
  private static final byte MAGIC_1 = 0x01;
  static final int HEADER_BYTES = 2 + Long.BYTES;

  /** What is known of a released schema: the text it was written with, and a way to read it. */
  private record Released(Schema writer, Class<?> type, DatumReader<SpecificRecord> reader) {}

  private static final Map<Long, Released> RELEASED;

  static {
    AvroGuard.install();
    RELEASED = released();
  }

  private RecordCodec() {}

  /**
   * Encodes a record with the schema of its class.
   *
   * @throws org.apache.avro.AvroRuntimeException or NullPointerException if a field without null
   *     was never set
   */
  public static byte[] encode(SpecificRecord record) {
    Schema schema = record.getSchema();
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    byte[] header = new byte[HEADER_BYTES];
    wire(header).put(MAGIC_0).put(MAGIC_1).putLong(Fingerprint.OF.get(record.getClass()));
    out.writeBytes(header);
    try {
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new SpecificDatumWriter<SpecificRecord>(schema).write(record, encoder);
      encoder.flush();
    } catch (IOException e) { // a byte array does not fail
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Decodes a record of whatever type its fingerprint names. */
  public static SpecificRecord decode(byte[] bytes) throws DecodeException {
    return decode(released(fingerprint(bytes)), bytes);
  }

  /**
   * Decodes a record of the given type.
   *
   * @throws DecodeException also, with reason {@code TYPE}, for a record of another type
   */
  public static <T extends SpecificRecord> T decode(byte[] bytes, Class<T> type)
      throws DecodeException {
    return type.cast(decode(released(fingerprint(bytes), type), bytes));
  }

  /** The record as its class's schema writes it: the same bytes, unless another schema wrote it. */
  static byte[] asOfToday(byte[] bytes, Class<? extends SpecificRecord> type)
      throws DecodeException {
    long fingerprint = fingerprint(bytes);
    return fingerprint == Fingerprint.OF.get(type)
        ? bytes
        : encode(decode(released(fingerprint, type), bytes));
  }

  private static Released released(long fingerprint, Class<?> type) throws DecodeException {
    Released released = released(fingerprint);
    if (released.type() != type) {
      throw new DecodeException(
          Reason.TYPE, released.type().getSimpleName() + " instead of " + type.getSimpleName());
    }
    return released;
  }

  private static long fingerprint(byte[] bytes) throws DecodeException {
    if (bytes == null || bytes.length == 0) {
      throw new DecodeException(Reason.EMPTY, "no bytes");
    }
    if (bytes[0] != MAGIC_0 || (bytes.length > 1 && bytes[1] != MAGIC_1)) {
      throw new DecodeException(Reason.MAGIC, "does not begin with C3 01");
    }
    if (bytes.length < HEADER_BYTES) {
      throw new DecodeException(Reason.TRUNCATED, "header of " + bytes.length + " bytes");
    }
    return wire(bytes).getLong(2);
  }

  private static Released released(long fingerprint) throws DecodeException {
    Released released = RELEASED.get(fingerprint);
    if (released == null) {
      throw new DecodeException(
          Reason.FINGERPRINT,
          "no schema %s is known to this version of Ratchet"
              .formatted(ReleasedSchemas.hex(fingerprint)));
    }
    return released;
  }

  private static SpecificRecord decode(Released released, byte[] bytes) throws DecodeException {
    // A decoder over a byte array refuses a length or count that the rest of the array cannot hold
    // before it allocates for it; over a stream it cannot know.
    BinaryDecoder decoder =
        DecoderFactory.get().binaryDecoder(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, null);
    try {
      SpecificRecord record = released.reader().read(null, decoder);
      if (!decoder.isEnd()) {
        throw new DecodeException(
            Reason.TRAILING_BYTES, decoder.remainingBytes() + " bytes after the record");
      }
      return record;
    } catch (EOFException e) {
      throw new DecodeException(
          Reason.TRUNCATED, "the record does not end within " + bytes.length + " bytes");
    } catch (IOException | RuntimeException e) {
      throw new DecodeException(Reason.MALFORMED, String.valueOf(e.getMessage()));
    }
  }

  private static ByteBuffer wire(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static Map<Long, Released> released() {
    Map<Long, Released> byFingerprint = new HashMap<>();
    ClassLoader loader = RecordCodec.class.getClassLoader();
    SpecificData data = new SpecificData(loader);
    for (Schema writer : ReleasedSchemas.all()) {
      Class<?> type = data.getClass(writer);
      Schema reader = data.getSchema(type);
      try {
        // Built here and not on first use: a reader that is final is safe in every thread.
        DatumReader<SpecificRecord> resolving =
            new FastReaderBuilder(data).createDatumReader(writer, reader);
        byFingerprint.put(
            ReleasedSchemas.fingerprint(writer), new Released(writer, type, resolving));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return Map.copyOf(byFingerprint);
  }

  /** Fingerprint of a class's own schema; the canonical form is too dear to make per record. */
  private static final class Fingerprint {
    static final ClassValue<Long> OF =
        new ClassValue<>() {
          @Override
          protected Long computeValue(Class<?> type) {
            return ReleasedSchemas.fingerprint(SpecificData.get().getSchema(type));
          }
        };
  }
}
