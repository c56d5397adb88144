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
 * Runs what the pages tell their readers to type, block by block, against one pipeline: the demo's.
 * What would wait for Ctrl-C, a demo, a broker, a stream, is left out: {@link DocumentationTest}
 * parses it.
 */
@Tag("faults")
final class DocumentationIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String SERVER = "\\./ratchet (demo|broker|stream)\\b.*";

  /** What a reader has who comes to a block of Python: a chain of his own. */
  private static final String OWN_CHAIN =
      """
      import numpy
      import ratchet
      K, C, steps = 5, 64, 60
      rng = numpy.random.default_rng(1)
      before = rng.integers(0, K, C)
      def kernel(state):
          return (state + rng.choice([1, K - 1], C)) % K
      """;

  /** In the order in which they are run; later pages use runs of earlier ones. */
  private static final List<String> PAGES =
      List.of(
          "docs/tutorial",
          "docs/how-to/set-a-floor",
          "docs/how-to/replay",
          "docs/how-to/compare",
          "docs/how-to/prometheus",
          "docs/how-to/cluster",
          "docs/how-to/watch-my-sampler",
          "docs/api",
          "clients/python/README",
          "README");

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
    kafka = port();
    http = port();
    // The reader's own chains, for the pages that take a file of them.
    for (String file : List.of("my-sampler.csv", "my-chains.csv")) {
      Files.writeString(directory.resolve(file), ("0,1,2,0,1,1".repeat(6) + "\n").repeat(8));
    }
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
  void everyBlock_runs() throws IOException {
    List<String> all = new ArrayList<>();
    for (String page : PAGES) {
      for (Documentation.Block block : Documentation.blocks(page(page))) {
        if (block.exempt() == null) {
          all.add("== " + page + "\n" + block.text() + "\n" + output(block));
        }
      }
    }
    assertThat(String.join("\n", all))
        .contains("byte for byte")
        .contains("ratchet_entropy_production_nats{")
        .contains("8 chains, ");
    assertThat(alerts("wrong-claim")).contains("\"COLLAPSE\"");
    assertThat(alerts("right-claim")).isEmpty();
    assertThat(alerts("metropolis-1")).isEmpty();
    assertThat(alerts("metropolis-2")).contains("\"IRREVERSIBLE\"");
  }

  private static String output(Documentation.Block block) throws IOException {
    return switch (block.language()) {
      case "sh" ->
          shell("set -eu\n" + withoutServers(block.text()) + "\nwait\n").output(0, PATIENCE);
      case "python" ->
          shell(
                  "export PYTHONPATH=clients/python\npython3 - <<'END'\n%s\n%s\nEND\n"
                      .formatted(OWN_CHAIN, block.text()))
              .output(0, PATIENCE);
      default -> { // the one kind of configuration that pages show in full
        Path config = directory.resolve("prometheus.yml");
        Files.writeString(config, block.text().replace("/path/to", directory.toString()));
        yield shell("promtool check config " + config).output(0, PATIENCE);
      }
    };
  }

  private static String alerts(String run) {
    return CommandLineRun.of(
            "alerts", "list", "--json", "--run", run, "--bootstrap", "127.0.0.1:" + kafka)
        .out();
  }

  @Test
  void everyHowTo_isRun() throws IOException {
    try (var files = Files.list(Documentation.ROOT.resolve("docs/how-to"))) {
      assertThat(
              files.map(file -> "docs/how-to/" + file.getFileName().toString().replace(".md", "")))
          .allMatch(PAGES::contains);
    }
  }

  private static Path page(String name) {
    return Documentation.ROOT.resolve(name + ".md");
  }

  private static String withoutServers(String text) {
    return text.lines()
        .filter(line -> !line.matches(SERVER))
        .reduce("", (before, line) -> before + line + "\n");
  }

  private static String port() {
    return String.valueOf(EmbeddedBroker.freePort());
  }

  /** A shell in the directory, where the pages' ports are those of the demo. */
  private static RatchetProcess shell(String script) {
    return RatchetProcess.tool(
        "env",
        "-C",
        directory.toString(),
        "PATH=" + directory.resolve("bin") + ":" + System.getenv("PATH"),
        "RATCHET_BOOTSTRAP=127.0.0.1:" + kafka,
        "RATCHET_HTTP=127.0.0.1:" + http,
        "sh",
        "-c",
        script.replace("9092", kafka).replace("8080", http));
  }
}
