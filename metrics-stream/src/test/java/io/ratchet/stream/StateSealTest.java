package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.stream.store.LaterFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateSealTest {
  private static final String APPLICATION = "app";
  private static final Map<String, String> CHANGELOGS = Map.of("app-runs-changelog", "id-1");
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  @TempDir private Path directory;
  private Path stored;

  @BeforeEach
  void leaveState() throws IOException {
    stored = directory.resolve(APPLICATION).resolve("0_3/rocksdb/runs/000012.sst");
    Files.createDirectories(stored.getParent());
    Files.writeString(stored, "what was counted");
  }

  @Test
  void state_isKept_whenItIsWhatWasSealed() throws IOException {
    sealIt();
    open(CHANGELOGS, NOW.plus(Duration.ofHours(11))).close();
    assertThat(stored).hasContent("what was counted");
  }

  @Test
  void state_isDeleted_withoutASeal() throws IOException {
    open(CHANGELOGS, NOW).close();
    assertThat(stored).doesNotExist();
  }

  @Test
  void seal_isGoodForOneStart() throws IOException {
    sealIt();
    open(CHANGELOGS, NOW).close(); // and is killed
    open(CHANGELOGS, NOW).close();
    assertThat(stored).doesNotExist();
  }

  @Test
  void state_isDeleted_whenAnythingDiffers() throws IOException {
    sealIt();
    Files.writeString(stored, "what was COUNTED");
    open(CHANGELOGS, NOW).close();
    assertThat(stored).doesNotExist();

    leaveState();
    sealIt();
    Files.writeString(stored.resolveSibling(".checkpoint"), "0\n0\n");
    open(CHANGELOGS, NOW).close();
    assertThat(stored).doesNotExist();

    leaveState();
    sealIt();
    open(Map.of("app-runs-changelog", "id-2"), NOW).close();
    assertThat(stored).as("the changelog is another one").doesNotExist();

    leaveState();
    sealIt();
    open(CHANGELOGS, NOW.plus(Duration.ofHours(13))).close();
    assertThat(stored).as("the changelog may have forgotten deletions").doesNotExist();

    leaveState();
    sealIt();
    Path seal = directory.resolve("app.seal");
    Files.writeString(seal, Files.readString(seal).replaceFirst("\n\\d+\n", "\n17\n"));
    open(CHANGELOGS, Instant.ofEpochMilli(17)).close();
    assertThat(stored).as("the seal is forged").doesNotExist();
  }

  @Test
  void laterVersionsState_isRefused_andHarmed_onlyIfItsSealIsForged() throws IOException {
    sealIt();
    Path seal = directory.resolve("app.seal");
    String good = Files.readString(seal);
    String later = good.replace("ratchet state 1\n", "ratchet state 2\n");
    String lines = later.substring(0, later.lastIndexOf('\n', later.length() - 2));
    CRC32C crc = new CRC32C();
    crc.update(lines.getBytes(StandardCharsets.UTF_8));
    String sealed = lines + "\n%08x\n".formatted(crc.getValue());
    for (int twice = 0; twice < 2; twice++) { // the lock was given back
      Files.writeString(seal, sealed);
      assertThatThrownBy(() -> open(CHANGELOGS, NOW))
          .isInstanceOf(LaterFormatException.class)
          .hasMessageContaining("app has format 2")
          .hasMessageContaining("a later version wrote it");
      assertThat(stored).hasContent("what was counted");
      assertThat(seal).hasContent(sealed);
    }
    Files.writeString(seal, later); // a flipped bit is not a later version
    open(CHANGELOGS, NOW).close();
    assertThat(stored).doesNotExist();
  }

  @Test
  void nothingButTasks_isDeleted() throws IOException {
    Path other = Files.writeString(directory.resolve(APPLICATION).resolve("notes"), "mine");
    open(CHANGELOGS, NOW).close();
    assertThat(stored).doesNotExist();
    assertThat(other).hasContent("mine");
  }

  @Test
  void secondOpener_isRefused_andHarmsNothing() throws IOException {
    sealIt();
    StateSeal first = open(CHANGELOGS, NOW);
    assertThatThrownBy(() -> open(CHANGELOGS, NOW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use by another running stream");
    assertThat(stored).exists();
    first.close();
    open(CHANGELOGS, NOW).close();
  }

  private void sealIt() throws IOException {
    Files.move(stored, directory.resolve("aside"));
    StateSeal seal = open(CHANGELOGS, NOW);
    Files.createDirectories(stored.getParent());
    Files.move(directory.resolve("aside"), stored);
    seal.seal(CHANGELOGS);
    seal.close();
  }

  private StateSeal open(Map<String, String> changelogs, Instant now) throws IOException {
    return StateSeal.open(directory, APPLICATION, changelogs, Clock.fixed(now, ZoneOffset.UTC));
  }
}
