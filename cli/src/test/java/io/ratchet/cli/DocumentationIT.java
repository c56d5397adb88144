package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ratchet.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the tutorial and the how-to pages, command by command, against one pipeline: the demo's. The
 * commands that start a broker or a stream are left out, for they would wait for Ctrl-C; {@link
 * DocumentationTest} parses them.
 */
@Tag("faults")
final class DocumentationIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String SERVER = "\\./ratchet (demo|broker|stream)\\b.*";

  /** In the order in which they are run; later pages use runs of earlier ones. */
  private static final List<String> PAGES =
      List.of(
          "tutorial",
          "how-to/set-a-floor",
          "how-to/replay",
          "how-to/compare",
          "how-to/prometheus",
          "how-to/cluster",
          "how-to/watch-my-sampler");

  @TempDir static Path directory;
  private static RatchetProcess demo;
  private static String kafka;
  private static String http;

  @BeforeAll
  static void start() throws IOException {
    assumeTrue(
        RatchetProcess.exists("promtool") && RatchetProcess.exists("curl"),
        "prometheus and curl are not installed");
    Path root = Documentation.ROOT;
    for (String folder : List.of("clients", "grafana")) {
      Files.createSymbolicLink(directory.resolve(folder), root.resolve(folder));
    }
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("python3"), Path.of("/usr/bin/python3"));
    // As the launcher does it, but with the classes under test.
    Path launcher = directory.resolve("ratchet");
    Files.writeString(
        launcher,
        "#!/bin/sh\nexec %s/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -cp '%s' %s \"$@\"\n"
            .formatted(
                System.getProperty("java.home"),
                System.getProperty("java.class.path"),
                Ratchet.class.getName()));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    kafka = String.valueOf(EmbeddedBroker.freePort());
    http = String.valueOf(EmbeddedBroker.freePort());
    demo =
        shell(
            "exec ./ratchet demo --port 9092 --http 127.0.0.1:8080 --updates 1200 --pace 0 --limit 1000");
    assertThat(demo.line()).isEqualTo("http://127.0.0.1:" + http + "/");
  }

  @AfterAll
  static void stop() {
    if (demo != null) {
      demo.close();
    }
  }

  @Test
  void everyCommand_ofTutorialAndHowTos_runs() throws IOException {
    List<String> all = new ArrayList<>();
    for (String page : PAGES) {
      for (Documentation.Block block : Documentation.blocks(page(page))) {
        if (block.exempt() != null) {
          continue;
        }
        String commands = withoutServers(block.text());
        String output = shell("set -eu\n" + commands).output(0, PATIENCE);
        all.add("== " + page + "\n" + commands + "\n" + output);
      }
    }
    assertThat(String.join("\n", all))
        .contains("byte for byte")
        .contains("ratchet_entropy_production_nats{");
    assertThat(alerts("wrong-claim")).contains("\"COLLAPSE\"");
    assertThat(alerts("right-claim")).isEmpty();
    assertThat(alerts("metropolis-1")).isEmpty();
    assertThat(alerts("metropolis-2")).contains("\"IRREVERSIBLE\"");
  }

  private static String alerts(String run) {
    return CommandLineRun.of(
            "alerts", "list", "--json", "--run", run, "--bootstrap", "127.0.0.1:" + kafka)
        .out();
  }

  @Test
  void everyHowTo_isRun() throws IOException {
    try (var files = Files.list(Documentation.ROOT.resolve("docs/how-to"))) {
      assertThat(files.map(file -> "how-to/" + file.getFileName().toString().replace(".md", "")))
          .allMatch(PAGES::contains);
    }
  }

  private static Path page(String name) {
    return Documentation.ROOT.resolve("docs/" + name + ".md");
  }

  private static String withoutServers(String text) {
    return text.lines()
        .filter(line -> !line.matches(SERVER))
        .reduce("", (before, line) -> before + line + "\n");
  }

  /** A shell in the directory, where the pages' ports are those of the demo. */
  private static RatchetProcess shell(String script) {
    String here = script.replace("9092", kafka).replace("8080", http);
    return RatchetProcess.tool(
        "env",
        "-C",
        directory.toString(),
        "PATH=" + directory.resolve("bin") + ":" + System.getenv("PATH"),
        "RATCHET_BOOTSTRAP=127.0.0.1:" + kafka,
        "RATCHET_HTTP=127.0.0.1:" + http,
        "sh",
        "-c",
        here);
  }
}
