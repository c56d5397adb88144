package io.ratchet.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.trainer.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointsTest {

  @TempDir private Path directory;

  @Test
  void everyField_survives() throws IOException {
    Snapshot written = snapshot();
    Path file = directory.resolve("new/run.avro");
    Checkpoints.write(file, written);
    Snapshot read = Checkpoints.read(file);

    assertThat(read)
        .usingRecursiveComparison()
        .withStrictTypeChecking()
        .ignoringFields("parameters", "optimizer", "settings")
        .isEqualTo(written);
    assertThat(read.settings()).isEqualTo(written.settings());
    assertThat(read.parameter("W").values()).containsExactly(1.5, -0.0, Double.MIN_VALUE, 1e308);
    assertThat(read.parameter("W").shape()).containsExactly(2, 2);
    assertThat(read.optimizerBlock("W").values()).containsExactly(0.25);
  }

  @Test
  void file_isReplacedWhole_andNothingElseIsLeft() throws IOException {
    Path file = directory.resolve("run.avro");
    Checkpoints.write(file, snapshot());
    byte[] first = Files.readAllBytes(file);
    Checkpoints.write(file, snapshot());
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void damagedFile_isRefused_whereverItIsDamaged() throws IOException {
    Path file = directory.resolve("run.avro");
    Checkpoints.write(file, snapshot());
    byte[] good = Files.readAllBytes(file);
    Snapshot original = Checkpoints.read(file);
    // Every byte of the record, one in 29 of the schema before it.
    for (int at = 0; at < good.length; at += at < good.length - 400 ? 29 : 1) {
      Files.write(file, Arrays.copyOf(good, at));
      refused(file);
      byte[] flipped = good.clone();
      flipped[at] ^= 0x10;
      Files.write(file, flipped);
      Snapshot read;
      try {
        read = Checkpoints.read(file);
      } catch (InputException e) {
        assertThat(e).hasMessageContaining("run.avro: not a checkpoint, or damaged");
        continue;
      }
      // What may change unnoticed is the schema's documentation, never a value.
      assertThat(read.settings()).isEqualTo(original.settings());
      assertThat(read).usingRecursiveComparison().ignoringFields("settings").isEqualTo(original);
    }
  }

  @Test
  void laterFormat_isRefusedByName_andOneWithoutAFormatIsRead() throws IOException {
    Path file = directory.resolve("run.avro");
    Checkpoints.write(file, snapshot());
    byte[] good = Files.readAllBytes(file);
    Files.write(file, withFormat(good, "2"));
    assertThatThrownBy(() -> Checkpoints.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("run.avro: a checkpoint of format 2, which a later version")
        .hasMessageContaining("allowed: up to format 1");
    Files.write(file, withFormat(good, null)); // as those before 2026-12 are
    assertThat(Checkpoints.read(file).step()).isEqualTo(snapshot().step());
  }

  /** The same container under another format, or under none. */
  private static byte[] withFormat(byte[] container, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DataFileReader<Object> reader =
            new DataFileReader<>(
                new SeekableByteArrayInput(container), new GenericDatumReader<>());
        DataFileWriter<Object> writer = new DataFileWriter<>(new GenericDatumWriter<>())) {
      writer.setMeta("ratchet.crc32c", reader.getMeta("ratchet.crc32c"));
      if (format != null) {
        writer.setMeta("ratchet.format", format);
      }
      writer.create(reader.getSchema(), out);
      writer.append(reader.next());
    }
    return out.toByteArray();
  }

  @Test
  void whatIsNoCheckpoint_isRefused() throws IOException {
    assertThatThrownBy(() -> Checkpoints.read(directory.resolve("none")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none: no such file, allowed: a checkpoint");
    refused(Files.writeString(directory.resolve("text"), "hello"));
    refused(Files.write(directory.resolve("empty"), new byte[0]));
  }

  private static void refused(Path file) {
    assertThatThrownBy(() -> Checkpoints.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.getFileName() + ": not a checkpoint, or damaged");
  }

  private static Snapshot snapshot() {
    double[] w = {1.5, -0.0, Double.MIN_VALUE, 1e308};
    return new Snapshot(
        "run-1",
        3,
        1,
        2,
        12_345_678_901L,
        "latent-cycle",
        2,
        2,
        List.of(new Snapshot.NamedArray("W", new int[] {2, 2}, w)),
        List.of(new Snapshot.NamedArray("W", new int[] {1}, new double[] {0.25})),
        new byte[] {1, 2, 3},
        new byte[] {4, 5},
        new byte[] {6},
        7,
        8,
        98_765_432_109L,
        -9,
        Map.of("k", "2", "data", "glyphs", "z", "1", "a", "2"));
  }
}
