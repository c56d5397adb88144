package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputFileTest {
  private static final byte[] CONTENT = "whole".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path directory;

  @Test
  void isThereWholeOrNotAtAll() throws IOException {
    Path out = directory.resolve("out.csv");
    try (OutputFile file = OutputFile.create("--out", out)) {
      file.write(CONTENT);
    }
    assertThat(directory).isEmptyDirectory();
    try (OutputFile file = OutputFile.create("--out", out)) {
      file.write(CONTENT);
      assertThat(out).doesNotExist();
      file.complete();
    }
    assertThat(out).hasBinaryContent(CONTENT);
    assertThat(directory.toFile().list()).containsExactly("out.csv");
  }

  @Test
  void whatAKilledProcessLeft_isRemoved_andNothingElse() throws Exception {
    Path out = directory.resolve("out.csv");
    Path abandoned = Files.write(directory.resolve(".out.csv.999999999"), CONTENT);
    Files.write(directory.resolve(".out.csv.bak"), CONTENT);
    Files.write(directory.resolve(".other.csv.999999999"), CONTENT);
    Path inUse = Files.write(directory.resolve(".out.csv.999999998"), CONTENT);
    try (FileChannel channel = FileChannel.open(inUse, StandardOpenOption.WRITE);
        FileLock held = channel.lock();
        OutputFile file = OutputFile.create("--out", out)) {
      assertThat(held.isValid()).isTrue();
      assertThat(abandoned).doesNotExist();
      file.complete();
    }
    assertThat(directory.toFile().list())
        .containsExactlyInAnyOrder(
            "out.csv", ".out.csv.bak", ".other.csv.999999999", ".out.csv.999999998");
  }
}
