package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class ReleasedSchemasTest {

  @Test
  void keys_areTheFingerprintsOnTheWire() {
    Map<String, String> listing = ReleasedSchemas.jsonByFingerprint();
    GoldenRecords.all()
        .forEach(
            (name, record) -> {
              byte[] bytes = RecordCodec.encode(record);
              String key = HexFormat.of().formatHex(Arrays.copyOfRange(bytes, 2, 10));
              assertThat(listing).as(name).containsKey(key);
              assertThat(listing.get(key))
                  .contains("\"name\" : \"" + record.getSchema().getName() + "\"");
            });
  }

  @Test
  void fingerprint_isCrc64Avro() {
    // Provenance: share/test/data/schema-tests.txt of Apache Avro: "int" has 8247732601305521295,
    // which is 7275d51a3f395c8f; on the wire its lowest byte comes first.
    Schema schema = new Schema.Parser().parse("\"int\"");
    assertThat(ReleasedSchemas.hex(ReleasedSchemas.fingerprint(schema)))
        .isEqualTo("8f5c393f1ad57572");
  }

  @Test
  void everyTypeOnATopic_hasAReleasedSchema() {
    for (Topics.Topic topic : Topics.of("").all()) {
      for (Class<? extends SpecificRecord> type : topic.values()) {
        assertThat(ReleasedSchemas.RECORDS).contains(type.getSimpleName());
      }
    }
  }
}
