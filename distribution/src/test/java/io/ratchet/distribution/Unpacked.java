package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The distribution as it is built, and unpacked as an operator does it. */
final class Unpacked {
  static final Path ARCHIVE =
      Path.of("target", "ratchet-" + System.getProperty("ratchet.version") + ".tar.gz")
          .toAbsolutePath();

  private Unpacked() {}

  /** Unpacks it; the directory that comes out. */
  static Path into(Path directory) throws IOException {
    Program.Outcome tar = Program.run(directory, Map.of(), "tar", "-xzf", ARCHIVE.toString());
    assertThat(tar.err()).isEmpty();
    try (Stream<Path> unpacked = Files.list(directory)) {
      List<Path> roots = unpacked.toList();
      assertThat(roots).hasSize(1);
      return roots.get(0);
    }
  }

  /** The files in a directory, by name. */
  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
