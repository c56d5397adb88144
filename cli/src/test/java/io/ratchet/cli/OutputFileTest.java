package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
  void ofTwoAtOnce_eachIsWhole() throws IOException {
    Path out = directory.resolve("out.csv");
    try (OutputFile first = OutputFile.create("--out", out);
        OutputFile second = OutputFile.create("--out", out)) {
      first.write(CONTENT);
      second.write(CONTENT);
      first.complete();
      assertThat(out).hasBinaryContent(CONTENT);
      second.write(CONTENT);
      second.complete();
      assertThat(out).hasSize(2L * CONTENT.length);
    }
    assertThat(directory.toFile().list()).containsExactly("out.csv");
  }
}
