package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the launcher of a packaged distribution tells which JVM, whose place is taken by a script.
 */
class LauncherTest {
  private static final Path LAUNCHER = Path.of(System.getProperty("ratchet.root"), "ratchet");

  @TempDir Path directory;
  private Path home;
  private Path launcher;

  @BeforeEach
  void unpack() throws IOException {
    home = Files.createDirectories(directory.resolve("a place with spaces/ratchet-1"));
    launcher = Files.createDirectory(home.resolve("bin")).resolve("ratchet");
    Files.copy(LAUNCHER, launcher);
    Files.createFile(Files.createDirectory(home.resolve("lib")).resolve("ratchet-cli.jar"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"17.0.15", "23"})
  void aJvmThatDoesNotWarn_isToldNothingOfNativeAccess(String version) throws IOException {
    assertThat(launch(launcher, version).out())
        .contains("-jar\n")
        .doesNotContain("native-access", "unsafe");
  }

  @ParameterizedTest
  @ValueSource(strings = {"24", "25.0.3"})
  void aJvmThatWarns_isToldWhatIsMeant(String version) throws IOException {
    assertThat(launch(launcher, version).out())
        .contains(
            "--enable-native-access=ALL-UNNAMED\n", "--sun-misc-unsafe-memory-access=allow\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8.0_452", "11.0.2", "16"})
  void anOldJvm_isRefused_withWhatIsNeeded(String version) throws IOException {
    Program.Outcome outcome = launch(launcher, version);
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err()).contains("a JDK of version 17 or later is needed");
  }

  /** Another version would say that the archive is not its own. */
  @Test
  void anArchiveOfClasses_isForTheVersionThatRecordedIt() throws IOException {
    Files.createFile(home.resolve("lib/ratchet-17.jsa"));
    assertThat(launch(launcher, "17.0.15").out()).contains("/lib/ratchet-17.jsa\n");
    assertThat(launch(launcher, "25").out()).doesNotContain("jsa");
  }

  @Test
  void throughLinks_itFindsItsJars_andPassesItsArgumentsOn() throws IOException {
    Path bin = Files.createDirectory(directory.resolve("usr bin"));
    Path relative =
        Files.createSymbolicLink(
            bin.resolve("ratchet"), Path.of("../a place with spaces/ratchet-1/bin/ratchet"));
    Path second = Files.createSymbolicLink(directory.resolve("again"), relative);
    for (Path each : new Path[] {launcher, relative, second}) {
      assertThat(launch(each, "17").out())
          .as(each.toString())
          .endsWith(
              "-jar\n"
                  + home.toRealPath()
                  + "/lib/ratchet-cli.jar\nanalyze\nmy chains.csv\n--json");
    }
  }

  @Test
  void withoutItsJars_itSaysWhichItMisses() throws IOException {
    Files.delete(home.resolve("lib/ratchet-cli.jar"));
    Program.Outcome outcome = launch(launcher, "17");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err())
        .isEqualTo(
            "ratchet: %s/lib/ratchet-cli.jar not found: this is neither a clone nor a packaged distribution\n"
                .formatted(home.toRealPath()));
  }

  private Program.Outcome launch(Path command, String version) throws IOException {
    Path jdk = Files.createDirectories(directory.resolve("jdk of " + version));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    Path java = Files.createDirectories(jdk.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    return Program.run(
        directory,
        Map.of("JAVA_HOME", jdk.toString()),
        command.toString(),
        "analyze",
        "my chains.csv",
        "--json");
  }
}
