package io.ratchet.schema;

import io.ratchet.schema.DecodeException.Reason;
import org.apache.avro.Schema;

/**
 * Walks an encoded Avro body along its writer's schema without building anything.
 *
 * <p>Avro believes a block count: five bytes that claim 2^31 array items make it allocate for them
 * before it looks at the first. After this walk every length and count is known to be backed by
 * bytes of the input, so that decoding allocates in proportion to the input and cannot fail on its
 * structure. Depth of recursion is the depth of the schema, and none of ours is recursive.
 */
final class EncodedBody {
  private final byte[] bytes;
  private int at;

  private EncodedBody(byte[] bytes, int from) {
    this.bytes = bytes;
    this.at = from;
  }

  /** Checks that {@code bytes} from {@code from} to their end are exactly one datum. */
  static void check(Schema schema, byte[] bytes, int from) throws DecodeException {
    EncodedBody body = new EncodedBody(bytes, from);
    body.walk(schema);
    if (body.at != bytes.length) {
      throw new DecodeException(
          Reason.TRAILING_BYTES, (bytes.length - body.at) + " bytes after the record");
    }
  }

  private void walk(Schema schema) throws DecodeException {
    switch (schema.getType()) {
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) {
          walk(field.schema());
        }
      }
      case ARRAY -> blocks(null, schema.getElementType());
      case MAP -> blocks(Schema.Type.STRING, schema.getValueType());
      case UNION -> walk(schema.getTypes().get(index(schema.getTypes().size(), "union branch")));
      case ENUM -> index(schema.getEnumSymbols().size(), "enum symbol");
      case STRING, BYTES -> skip(number(10));
      case FIXED -> skip(schema.getFixedSize());
      case INT -> number(5);
      case LONG -> number(10);
      case FLOAT -> skip(Float.BYTES);
      case DOUBLE -> skip(Double.BYTES);
      case BOOLEAN -> {
        skip(1);
        if ((bytes[at - 1] & 0xfe) != 0) {
          throw malformed("boolean " + (bytes[at - 1] & 0xff));
        }
      }
      case NULL -> {}
    }
  }

  /** Blocks of an array, or of a map when there is a key: a count, then the items; 0 ends. */
  private void blocks(Schema.Type key, Schema item) throws DecodeException {
    for (long count = number(10); count != 0; count = number(10)) {
      int end = -1;
      if (count < 0) { // then the size of the block in bytes follows
        count = -count;
        long size = number(10);
        if (size < 0 || size > bytes.length - at) {
          throw malformed("block of " + size + " bytes");
        }
        end = at + (int) size;
      }
      if (count < 0 || count > bytes.length - at) { // no item of ours is empty
        throw malformed("block of " + count + " items in " + (bytes.length - at) + " bytes");
      }
      for (long i = 0; i < count; i++) {
        if (key != null) {
          skip(number(10));
        }
        walk(item);
      }
      if (end >= 0 && end != at) {
        throw malformed("block that is not as long as it says");
      }
    }
  }

  private int index(int bound, String what) throws DecodeException {
    long index = number(5);
    if (index < 0 || index >= bound) {
      throw malformed(what + " " + index + " of " + bound);
    }
    return (int) index;
  }

  /** Zig-zag number of at most {@code most} bytes: 5 for an int, 10 for a long. */
  private long number(int most) throws DecodeException {
    long zigzag = 0;
    for (int i = 0; i < most; i++) {
      skip(1);
      byte next = bytes[at - 1];
      int payload = most == 5 && i == 4 ? next & 0x0f : next & 0x7f;
      zigzag |= (long) payload << (7 * i);
      if (next >= 0) {
        if ((next & 0x7f) != payload) {
          break;
        }
        return (zigzag >>> 1) ^ -(zigzag & 1);
      }
    }
    throw malformed("number out of range");
  }

  private void skip(long length) throws DecodeException {
    if (length < 0) {
      throw malformed("length " + length);
    }
    if (length > bytes.length - at) {
      throw new DecodeException(
          Reason.TRUNCATED,
          length + " bytes wanted at " + at + ", " + (bytes.length - at) + " there");
    }
    at += (int) length;
  }

  private DecodeException malformed(String what) {
    return new DecodeException(Reason.MALFORMED, what + " before byte " + at);
  }
}
