package io.ratchet.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.avro.SchemaFormatter;

/**
 * Releases the schemas of today: writes their standalone texts, and golden bytes, into a release's
 * folder.
 *
 * <pre>mvn -pl schemas test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=io.ratchet.schema.SchemaRelease -Dexec.args="schemas 0.1.0"</pre>
 */
final class SchemaRelease {
  private SchemaRelease() {}

  public static void main(String[] args) throws IOException {
    Path module = Path.of(args[0]);
    Path folder = module.resolve("src/main/resources/io/ratchet/schema/released").resolve(args[1]);
    Files.createDirectories(folder);
    for (String record : ReleasedSchemas.RECORDS) {
      Files.writeString(folder.resolve(record + ".avsc"), textOfToday(module, record));
    }
    Path golden = module.resolve("src/test/resources/golden").resolve(args[1]);
    Files.createDirectories(golden);
    for (var entry : GoldenRecords.all().entrySet()) {
      Files.write(golden.resolve(entry.getKey() + ".bin"), RecordCodec.encode(entry.getValue()));
    }
  }

  /** A record's schema as one text that needs no other. */
  static String textOfToday(Path module, String record) throws IOException {
    Path avro = module.resolve("src/main/avro");
    Schema.Parser parser = new Schema.Parser();
    parser.parse(Files.readString(avro.resolve("Types.avsc")));
    Schema schema = parser.parse(Files.readString(avro.resolve(record + ".avsc")));
    return SchemaFormatter.format("json/pretty", schema) + "\n";
  }
}
