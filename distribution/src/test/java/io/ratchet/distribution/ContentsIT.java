package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the archive, and that it is all that is needed. */
class ContentsIT {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  @TempDir static Path directory;
  private static Path home;

  @BeforeAll
  static void unpack() throws IOException {
    home = Unpacked.into(directory);
  }

  @Test
  void theRoot_holdsWhatTheReadmeNames_andNoMore() throws IOException {
    String readme = Files.readString(home.resolve("README.md"));
    try (var entries = Files.list(home)) {
      List<String> names = entries.map(entry -> entry.getFileName().toString()).toList();
      assertThat(names)
          .containsAll(List.of("bin", "lib", "LICENSE", "THIRD-PARTY.txt", "licences", "systemd"));
      for (String name : names) {
        assertThat(readme.contains(name) || name.equals("README.md")).as(name).isTrue();
      }
    }
    assertThat(home.getFileName().toString())
        .isEqualTo("ratchet-" + System.getProperty("ratchet.version"));
  }

  /**
   * Whoever built it, wherever and under whatever umask; also what the reproducible build needs.
   */
  @Test
  void everyEntry_isRoots_ofOneTime_andReadableByAll() {
    List<String> entries =
        Program.run(
                directory,
                Map.of("TZ", "UTC"),
                "tar",
                "--numeric-owner",
                "-tvzf",
                Unpacked.ARCHIVE.toString())
            .out()
            .lines()
            .toList();
    assertThat(entries).hasSizeGreaterThan(200);
    assertThat(entries)
        .allMatch(
            entry ->
                entry.matches(
                    "(drwxr-xr-x|-rw-r--r--) 0/0 +\\d+ 2026-11-22 00:00 .*|-rwxr-xr-x 0/0 .*/bin/ratchet"));
  }

  @Test
  void lib_isTheClassPathOfTheCommand_andHoldsNothingElse() throws IOException {
    Set<String> lib = names(home.resolve("lib"));
    try (JarFile jar = new JarFile(home.resolve("lib/ratchet-cli.jar").toFile())) {
      Set<String> named =
          new TreeSet<>(
              List.of(jar.getManifest().getMainAttributes().getValue("Class-Path").split(" ", -1)));
      named.add("ratchet-cli.jar");
      assertThat(lib).isEqualTo(named);
    }
  }

  @Test
  void nothingThatRatchetUses_isMissingFromLib() throws IOException {
    assertThat(missing(jar -> true)).isEmpty();
    assertThat(missing(jar -> !jar.contains("jackson-dataformat-yaml")))
        .contains("io.ratchet.stream.page.WebConfig");
  }

  /** What our classes refer to and the jars that are let through do not hold. */
  private static String missing(Predicate<String> let) throws IOException {
    List<String> ours = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (Path jar : Unpacked.files(home.resolve("lib"))) {
      boolean own = jar.getFileName().toString().startsWith("ratchet-");
      if (own) {
        ours.add(jar.toString());
      } else if (let.test(jar.toString())) {
        others.add(jar.toString());
      }
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--multi-release",
                "17",
                "--add-modules",
                "jdk.incubator.vector",
                "--missing-deps",
                "-cp",
                String.join(":", others)));
    arguments.addAll(ours);
    StringWriter out = new StringWriter();
    try (PrintWriter writer = new PrintWriter(out)) {
      int code =
          ToolProvider.findFirst("jdeps")
              .orElseThrow()
              .run(writer, writer, arguments.toArray(new String[0]));
      assertThat(code).as(out.toString()).isZero();
    }
    return out.toString().strip();
  }

  @Test
  void theBillOfMaterials_listsEveryJar_byItsHash() throws Exception {
    Path bill = home.resolve("ratchet.cdx.json");
    assumeTrue(Files.exists(bill), "built offline (mvn -o): Maven left out the bill of materials");
    JsonNode json = new ObjectMapper().readTree(bill.toFile());
    assertThat(json.get("bomFormat").asText()).isEqualTo("CycloneDX");
    Set<String> listed = new TreeSet<>();
    for (JsonNode component : json.get("components")) {
      assertThat(component.get("purl").asText()).startsWith("pkg:maven/");
      for (JsonNode hash : component.get("hashes")) {
        if (hash.get("alg").asText().equals("SHA-256")) {
          listed.add(hash.get("content").asText());
        }
      }
    }
    Set<String> shipped = new TreeSet<>();
    for (Path jar : Unpacked.files(home.resolve("lib"))) {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
      shipped.add(HexFormat.of().formatHex(hash));
    }
    assertThat(listed).isEqualTo(shipped);
  }

  @Test
  void theListOfLicences_namesEveryLibrary_withALicence() throws IOException {
    String list = Files.readString(home.resolve("THIRD-PARTY.txt"));
    Set<String> expected =
        Versions.shipped().entrySet().stream()
            .filter(library -> !library.getKey().startsWith("io.ratchet:"))
            .map(library -> library.getKey() + ":" + library.getValue())
            .collect(Collectors.toCollection(TreeSet::new));
    Matcher line = Pattern.compile("(?m)^ +\\((.+?)\\) .*\\(([^()\\s]+) - .*\\)$").matcher(list);
    Set<String> listed = new TreeSet<>();
    while (line.find()) {
      assertThat(line.group(1)).as(line.group()).doesNotContainIgnoringCase("unknown");
      listed.add(line.group(2));
    }
    assertThat(listed).isEqualTo(expected);
    assertThat(home.resolve("licences/avro-1.12.2/META-INF/LICENSE")).exists();
  }

  @Test
  void everyLinkOfItsPages_leadsToAFileInIt() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path page : Unpacked.files(home)) {
      if (!page.toString().endsWith(".md") || page.startsWith(home.resolve("licences"))) {
        continue;
      }
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        String target = link.group(1).replaceFirst("#.*", "");
        if (!target.isEmpty() && !target.contains("://")) {
          links++;
          if (!Files.exists(page.resolveSibling(target))) {
            broken.add(home.relativize(page) + ": " + target);
          }
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(links).isGreaterThan(50);
  }

  @Test
  void theCompletions_areABashScriptForRatchet() {
    Program.Outcome bash =
        Program.run(
            home,
            Map.of(),
            "bash",
            "--norc",
            "-c",
            "source completions/ratchet && complete -p ratchet");
    assertThat(bash.err()).isEmpty();
    assertThat(bash.out()).contains("_complete_ratchet");
  }

  @Test
  void systemd_acceptsTheUnits_andFindsThemClosed() throws IOException {
    assumeTrue(Program.exists("systemd-analyze"), "systemd is not installed");
    Path units = Files.createDirectory(directory.resolve("units"));
    for (Path unit : Unpacked.files(home.resolve("systemd"))) {
      if (unit.toString().endsWith(".service")) {
        // Elsewhere than where it says; an instance for the template.
        Path here = units.resolve(unit.getFileName().toString().replace("@", "@digits-1"));
        Files.writeString(here, Files.readString(unit).replace("/opt/ratchet/bin", home + "/bin"));
        Program.Outcome verify =
            Program.run(
                units,
                Map.of(),
                "systemd-analyze",
                "verify",
                "--recursive-errors=no",
                here.toString());
        assertThat(verify.err() + verify.out()).isEmpty();
        assertThat(verify.exitCode()).isZero();
        assertThat(exposure(here).exitCode()).as(here.toString()).isZero();
      }
    }
    Path open = units.resolve("open.service");
    Files.writeString(open, "[Service]\nExecStart=/bin/true\n");
    assertThat(exposure(open).exitCode()).isNotZero();
    assertThat(names(units)).hasSize(3);
  }

  /** Fails above 2.0 of 10, by systemd's own measure of what a unit leaves open. */
  private static Program.Outcome exposure(Path unit) {
    return Program.run(
        directory,
        Map.of(),
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=20",
        "--no-pager",
        unit.toString());
  }

  private static Set<String> names(Path directory) throws IOException {
    return Unpacked.files(directory).stream()
        .map(file -> file.getFileName().toString())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
