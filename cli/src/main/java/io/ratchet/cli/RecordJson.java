package io.ratchet.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.StateEncoding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema.Field;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.IndexedRecord;

/**
 * A record of the contract as a JSON object with the same field names. Fields of packed numbers
 * become arrays of them, as the schema's documentation says they are packed; a number that is not
 * finite becomes null.
 */
final class RecordJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  static final ObjectMapper MAPPER = new ObjectMapper();

  private RecordJson() {}

  static ObjectNode of(IndexedRecord record) {
    ObjectNode object = JSON.objectNode();
    for (Field field : record.getSchema().getFields()) {
      Object value = record.get(field.pos());
      if (value instanceof ByteBuffer bytes) {
        unpack(object, field.name(), record, bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN));
      } else {
        put(object, field.name(), value);
      }
    }
    return object;
  }

  private static void put(ObjectNode object, String name, Object value) {
    if (value instanceof List<?> list) {
      ArrayNode array = object.putArray(name);
      for (Object element : list) {
        if (element instanceof IndexedRecord nested) {
          array.add(of(nested));
        } else {
          array.addPOJO(plain(element));
        }
      }
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode nested = object.putObject(name);
      map.forEach((key, element) -> nested.put(key.toString(), element.toString()));
    } else if (value instanceof IndexedRecord nested) {
      object.set(name, of(nested));
    } else {
      object.putPOJO(name, plain(value));
    }
  }

  private static Object plain(Object value) {
    if (value instanceof Double number && !Double.isFinite(number)) {
      return null;
    }
    return value instanceof CharSequence
            || value instanceof GenericEnumSymbol<?>
            || value instanceof Enum<?>
        ? value.toString()
        : value;
  }

  private static void unpack(
      ObjectNode object, String name, IndexedRecord record, ByteBuffer bytes) {
    switch (name) {
      case "from", "to" -> {
        boolean wide = ((ChainStates) record).getEncoding() == StateEncoding.UINT16_LE;
        ArrayNode states = object.putArray(name);
        while (bytes.remaining() >= (wide ? 2 : 1)) {
          states.add(wide ? bytes.getShort() & 0xffff : bytes.get() & 0xff);
        }
      }
      case "classes" -> {
        ArrayNode classes = object.putArray(name);
        while (bytes.hasRemaining()) {
          classes.add(bytes.get() & 0xff);
        }
      }
      case "pathEntropy", "softTo", "dataLatent", "values" -> {
        ArrayNode numbers = object.putArray(name);
        while (bytes.remaining() >= Float.BYTES) {
          float value = bytes.getFloat();
          numbers.addPOJO(Float.isFinite(value) ? value : null);
        }
      }
      case "classReference", "stationaryDistribution" -> {
        ArrayNode numbers = object.putArray(name);
        while (bytes.remaining() >= Double.BYTES) {
          numbers.addPOJO(plain(bytes.getDouble()));
        }
      }
      case "counts" -> {
        ArrayNode triples = object.putArray(name);
        while (bytes.remaining() >= 2 * Short.BYTES + Long.BYTES) {
          ArrayNode triple = triples.addArray();
          triple.add(bytes.getShort() & 0xffff).add(bytes.getShort() & 0xffff).add(bytes.getLong());
        }
      }
      case "samples" -> samples(object.putArray(name), ((ChainStates) record).getVisible(), bytes);
      default -> {
        byte[] raw = new byte[bytes.remaining()];
        bytes.get(raw);
        object.put(name, raw); // base64
      }
    }
  }

  /** Each chain's visible state as a text of 0 and 1. */
  private static void samples(ArrayNode texts, int visible, ByteBuffer bytes) {
    byte[] row = new byte[(visible + 7) / 8];
    while (row.length > 0 && bytes.remaining() >= row.length) {
      bytes.get(row);
      StringBuilder text = new StringBuilder(visible);
      for (int i = 0; i < visible; i++) {
        text.append((row[i >> 3] >> (i & 7) & 1) == 0 ? '0' : '1');
      }
      texts.add(text.toString());
    }
  }
}
