package io.ratchet.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * Every schema text that was ever released, and the fingerprint by which a record names its own.
 *
 * <p>The texts are resources, one folder a release, and stay for ever: a record written by any
 * release can be read by every later one. A fingerprint is CRC-64-AVRO of the schema's parsing
 * canonical form, so it ignores docs and defaults; of several texts with one fingerprint the latest
 * counts.
 */
public final class ReleasedSchemas {

  /** Releases that changed a schema, oldest first. */
  static final List<String> RELEASES = List.of("0.1.0", "0.2.0", "0.3.0");

  /** Records of the contract; a release before a record was invented does not have it. */
  static final List<String> RECORDS =
      List.of(
          "Run",
          "Worker",
          "ChainStates",
          "GradientUpdate",
          "Thermodynamics",
          "Alert",
          "Checkpoint");

  private ReleasedSchemas() {}

  /**
   * The listing that is published to the schemas topic: fingerprint (16 hex digits in the order of
   * the bytes on the wire) to schema JSON, in order of release.
   */
  public static Map<String, String> jsonByFingerprint() {
    Map<String, String> listing = new LinkedHashMap<>();
    for (String release : RELEASES) {
      for (String record : RECORDS) {
        String json = text(release, record);
        if (json != null) {
          listing.put(hex(fingerprint(new Schema.Parser().parse(json))), json);
        }
      }
    }
    return Collections.unmodifiableMap(listing);
  }

  /** The released schemas, oldest first. */
  static List<Schema> all() {
    List<Schema> schemas = new ArrayList<>();
    for (String json : jsonByFingerprint().values()) {
      schemas.add(new Schema.Parser().parse(json));
    }
    return schemas;
  }

  /** Text of a record in a release, or null where the release does not have it. */
  static String text(String release, String record) {
    String resource = "released/" + release + "/" + record + ".avsc";
    try (InputStream in = ReleasedSchemas.class.getResourceAsStream(resource)) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  /** CRC-64-AVRO of the schema's parsing canonical form. */
  static long fingerprint(Schema schema) {
    return SchemaNormalization.parsingFingerprint64(schema);
  }

  /** A fingerprint as 16 hex digits in the order of its bytes on the wire: little-endian. */
  static String hex(long fingerprint) {
    ByteBuffer wire = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return HexFormat.of().formatHex(wire.putLong(fingerprint).array());
  }
}
