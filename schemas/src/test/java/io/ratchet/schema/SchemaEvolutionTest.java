package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.specific.SpecificData;
import org.junit.jupiter.api.Test;

/**
 * Evolution is FULL_TRANSITIVE: whatever any release wrote, every other release can read. Planted
 * violations prove that the check sees them.
 */
class SchemaEvolutionTest {
  private static final Path MODULE = Path.of(System.getProperty("ratchet.root"), "schemas");

  @Test
  void schemasOfToday_areReleased() throws IOException {
    String newest = ReleasedSchemas.RELEASES.get(ReleasedSchemas.RELEASES.size() - 1);
    for (String record : ReleasedSchemas.RECORDS) {
      assertThat(SchemaRelease.textOfToday(MODULE, record))
          .as(
              "src/main/avro/%s.avsc differs from release %s: release it (see SchemaRelease)",
              record, newest)
          .isEqualTo(ReleasedSchemas.text(newest, record));
    }
  }

  @Test
  void generatedClasses_areThoseSchemas() throws Exception {
    for (String record : ReleasedSchemas.RECORDS) {
      Schema today = parse(SchemaRelease.textOfToday(MODULE, record));
      Schema generated = SpecificData.get().getSchema(Class.forName("io.ratchet.schema." + record));
      assertThat(ReleasedSchemas.fingerprint(generated))
          .isEqualTo(ReleasedSchemas.fingerprint(today));
    }
  }

  @Test
  void everyRelease_canReadEveryOther() throws IOException {
    for (String record : ReleasedSchemas.RECORDS) {
      List<Schema> versions = new ArrayList<>();
      for (String release : ReleasedSchemas.RELEASES) {
        String text = ReleasedSchemas.text(release, record);
        if (text != null) {
          versions.add(parse(text));
        }
      }
      versions.add(parse(SchemaRelease.textOfToday(MODULE, record)));
      for (Schema one : versions) {
        assertThat(untidy(one)).as(record).isEmpty();
        for (Schema other : versions) {
          assertThat(violations(one, other)).as(record).isEmpty();
        }
      }
    }
  }

  @Test
  void plantedViolations_areSeen() throws IOException {
    assertThat(planted(s -> s.replace("\"name\" : \"sweep\"", "\"name\" : \"sweeps\"")))
        .as("renamed field")
        .isNotEmpty();
    assertThat(planted(s -> s.replaceFirst("\"type\" : \"long\"", "\"type\" : \"int\"")))
        .as("narrowed number: it can be read one way only")
        .isNotEmpty();
    String field = "\"fields\" : [ {\"name\":\"added\",\"type\":\"int\",\"doc\":\"New.\"%s}, ";
    assertThat(planted(s -> s.replaceFirst("\"fields\" : \\[ ", field.formatted(""))))
        .as("added field without a default")
        .isNotEmpty();
    assertThat(planted(s -> s.replaceFirst("\"fields\" : \\[ ", field.formatted(",\"default\":0"))))
        .as("added field with a default")
        .isEmpty();
    assertThat(planted(s -> s.replace("\"UINT16_LE\" ]", "\"UINT16_LE\", \"UINT32_LE\" ]")))
        .as("symbol added to an enum that has a default")
        .isEmpty();
  }

  @Test
  void plantedUntidiness_isSeen() throws IOException {
    assertThat(
            untidy(
                parse(
                    chainStates()
                        .replace("\"doc\" : \"Run id, also the record's key.\"", "\"x\" : 1"))))
        .containsExactly("ChainStates.run has no doc");
    assertThat(
            untidy(
                parse(
                    chainStates().replace("[ \"UNKNOWN\", \"UINT8\"", "[ \"UINT8\", \"UNKNOWN\""))))
        .containsExactly("StateEncoding does not begin with UNKNOWN, its default");
  }

  private static List<String> planted(UnaryOperator<String> edit) throws IOException {
    String before = chainStates();
    String after = edit.apply(before);
    assertThat(after).as("the edit").isNotEqualTo(before);
    return violations(parse(before), parse(after));
  }

  private static String chainStates() throws IOException {
    return SchemaRelease.textOfToday(MODULE, "ChainStates");
  }

  private static Schema parse(String json) {
    return new Schema.Parser().parse(json);
  }

  /** What keeps either schema from reading what the other wrote. */
  private static List<String> violations(Schema one, Schema other) {
    List<String> found = new ArrayList<>();
    for (Schema[] pair : new Schema[][] {{one, other}, {other, one}}) {
      var result = SchemaCompatibility.checkReaderWriterCompatibility(pair[0], pair[1]);
      if (result.getType() != SchemaCompatibilityType.COMPATIBLE) {
        found.add(result.getResult().getIncompatibilities().toString());
      }
    }
    return found;
  }

  /** Fields without a doc, and enums that could not grow. */
  private static List<String> untidy(Schema schema) {
    List<String> found = new ArrayList<>();
    switch (schema.getType()) {
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) {
          if (field.doc() == null || field.doc().isBlank()) {
            found.add(schema.getName() + "." + field.name() + " has no doc");
          }
          found.addAll(untidy(field.schema()));
        }
      }
      case ENUM -> {
        if (!schema.getEnumSymbols().get(0).equals("UNKNOWN")
            || !"UNKNOWN".equals(schema.getEnumDefault())) {
          found.add(schema.getName() + " does not begin with UNKNOWN, its default");
        }
      }
      case ARRAY -> found.addAll(untidy(schema.getElementType()));
      case MAP -> found.addAll(untidy(schema.getValueType()));
      case UNION -> schema.getTypes().forEach(branch -> found.addAll(untidy(branch)));
      default -> {} // a primitive
    }
    return found;
  }
}
