package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Bytes that earlier releases wrote decode for ever, and today's encoding is bit for bit known. */
class GoldenBytesTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("ratchet.root"), "schemas/src/test/resources/golden");

  @Test
  void bytesOfEveryRelease_decode() throws Exception {
    for (String release : ReleasedSchemas.RELEASES) {
      for (var golden : GoldenRecords.all().entrySet()) {
        Path file = file(release, golden.getKey());
        if (Files.exists(file)) { // a record with a later release's field has none in an earlier
          assertThat(RecordCodec.decode(Files.readAllBytes(file)))
              .as(golden.getKey())
              .isEqualTo(golden.getValue());
        }
      }
    }
  }

  @Test
  void encodingOfToday_isBitForBitTheNewestReleases() throws IOException {
    String newest = ReleasedSchemas.RELEASES.get(ReleasedSchemas.RELEASES.size() - 1);
    for (var golden : GoldenRecords.all().entrySet()) {
      assertThat(RecordCodec.encode(golden.getValue()))
          .as(golden.getKey())
          .isEqualTo(Files.readAllBytes(file(newest, golden.getKey())));
    }
  }

  static Path file(String release, String name) {
    return GOLDEN.resolve(release).resolve(name + ".bin");
  }
}
