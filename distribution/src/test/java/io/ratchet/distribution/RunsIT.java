package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The unpacked distribution at work, with every JDK that it is for: from another directory, in a
 * place whose name has a space, through a link, as its units start it, and without a warning.
 */
class RunsIT {
  private static final Pattern EXEC = Pattern.compile("(?m)^ExecStart=(.+)$");

  @TempDir static Path directory;
  private static Path home;

  /** A link without a space to where it is, for the units. */
  private static Path opt;

  @BeforeAll
  static void unpack() throws IOException {
    home = Unpacked.into(Files.createDirectory(directory.resolve("a place")));
    opt = Files.createSymbolicLink(directory.resolve("opt-ratchet"), home);
  }

  @ParameterizedTest(name = "JDK {0}")
  @ValueSource(ints = {17, 25})
  void withoutAWarning_itAnalyzes_demonstrates_streamsAndTrains(int feature) throws Exception {
    Path jdk = jdk(feature);
    assumeTrue(jdk != null, "JDK " + feature + " is not installed");
    Map<String, String> environment =
        Map.of(
            "JAVA_HOME",
            jdk.toString(),
            "RATCHET_JAVA_OPTS",
            "-Xmx512m -XX:TieredStopAtLevel=1"); // each lives for seconds
    Path work = Files.createDirectory(directory.resolve("work-" + feature));
    String ratchet = opt.resolve("bin/ratchet").toString();

    Program.Outcome version = Program.run(work, environment, ratchet, "--version");
    assertThat(version.out()).contains("JDK " + feature + ".");
    assertThat(version.err()).isEmpty();

    Files.writeString(work.resolve("my chains.csv"), ("0,1,2,0,1,1".repeat(6) + "\n").repeat(8));
    Program.Outcome analysis =
        Program.run(
            work, environment, home.resolve("bin/ratchet").toString(), "analyze", "my chains.csv");
    assertThat(analysis.out()).contains("8 chains, ");
    quiet(analysis, 0);

    String demo = ratchet + " demo --once --updates 60 --pace 0 --http 127.0.0.1:0 --port 0";
    quiet(Program.run(work, environment, demo.split(" ")), 0);
    assertThat(work.resolve("ratchet-data/runs/demo-1/step-60.avro")).exists();

    String broker = ratchet + " broker --dir kafka --port 0";
    try (Program kafka = Program.start(work, environment, List.of(broker.split(" ")))) {
      String bootstrap = kafka.line();
      streams(work, environment, bootstrap);
      trains(work, environment, bootstrap);
      quiet(kafka.stop(), 143);
    }
  }

  /** As the unit starts it, with the settings that come with it, and with passwords. */
  private static void streams(Path work, Map<String, String> environment, String bootstrap)
      throws Exception {
    String hash = OpenBSDBCrypt.generate("2y", "open sesame".toCharArray(), new byte[16], 4);
    Path web = work.resolve("web.yml");
    Files.writeString(web, "basic_auth_users:\n  reader: " + hash + "\n");
    Files.setPosixFilePermissions(web, PosixFilePermissions.fromString("rw-------"));
    Path settings = settings("stream.conf", work, bootstrap, "web-config=" + web);
    String command =
        exec("ratchet-stream.service", work).replace("/etc/ratchet/stream.conf", settings + "");
    try (Program stream = Program.start(work, environment, List.of(command.split(" ")))) {
      URI page = URI.create(stream.line());
      assertThat(status(page.resolve("/metrics"), "reader:open sesame")).isEqualTo(200);
      assertThat(status(page.resolve("/metrics"), "reader:sesame")).isEqualTo(401);
      quiet(stream.stop(), 143);
    }
    assertThat(work.resolve("var/stream")).isNotEmptyDirectory();
  }

  /** As the template starts it: anew at first, then from where it was. */
  private static void trains(Path work, Map<String, String> environment, String bootstrap)
      throws IOException {
    Path settings = settings("trainer.conf", work, bootstrap, "updates=30");
    Matcher shell =
        Pattern.compile("/bin/sh -c '(.*)'").matcher(exec("ratchet-trainer@.service", work));
    assertThat(shell.matches()).isTrue();
    String script =
        shell
            .group(1)
            .replace("$$", "$")
            .replace("/etc/ratchet/%i.conf", settings + "")
            .replace("%i", "digits-1");
    Program.Outcome first = Program.run(work, environment, "/bin/sh", "-c", script);
    assertThat(first.out()).endsWith("/runs/digits-1/step-30.avro");
    assertThat(first.err()).contains("run digits-1 finished at step 30");
    // What the JVM says of the Vector API cannot be turned off.
    assertThat(warnings(first))
        .containsExactly("WARNING: Using incubator modules: jdk.incubator.vector");
    Program.Outcome second = Program.run(work, environment, "/bin/sh", "-c", script);
    assertThat(second.err()).contains("has finished already, at step 30");
    assertThat(second.exitCode()).isZero();
  }

  private static String exec(String unit, Path work) throws IOException {
    Matcher matcher = EXEC.matcher(Files.readString(home.resolve("systemd").resolve(unit)));
    assertThat(matcher.find()).isTrue();
    return matcher
        .group(1)
        .replace("/opt/ratchet", opt.toString())
        .replace("/var/lib/ratchet", work.resolve("var").toString());
  }

  /** An example's settings with some of them changed. */
  private static Path settings(String example, Path work, String bootstrap, String own)
      throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(home.resolve("systemd").resolve(example))) {
      if (!line.startsWith(own.split("=", 2)[0] + "=")) {
        lines.add(
            line.replaceFirst("^bootstrap=.*", "bootstrap=" + bootstrap)
                .replaceFirst("^http=.*", "http=127.0.0.1:0"));
      }
    }
    lines.add(own);
    return Files.write(work.resolve(example), lines);
  }

  private static int status(URI uri, String user) throws Exception {
    String basic = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(uri).header("Authorization", "Basic " + basic).build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  private static void quiet(Program.Outcome outcome, int exitCode) {
    assertThat(outcome.exitCode()).as(outcome.err()).isEqualTo(exitCode);
    assertThat(warnings(outcome)).isEmpty();
  }

  /**
   * What the JVM warns of; our own log, whose lines begin with the time, may say that a broker is
   * slow.
   */
  private static List<String> warnings(Program.Outcome outcome) {
    return outcome
        .err()
        .lines()
        .filter(line -> line.matches("(?i).*warn.*") && !line.matches("\\d\\d:\\d\\d:\\d\\d .*"))
        .toList();
  }

  /** A JDK of that version: the one that runs this, or one where Linux distributions have them. */
  private static Path jdk(int feature) throws IOException {
    if (Runtime.version().feature() == feature) {
      return Path.of(System.getProperty("java.home"));
    }
    Path all = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(all)) {
      return null;
    }
    try (Stream<Path> jdks = Files.list(all)) {
      for (Path jdk : jdks.sorted().toList()) {
        Path release = jdk.resolve("release");
        if (Files.exists(release)
            && Files.readString(release)
                .matches("(?s).*\\bJAVA_VERSION=\"" + feature + "[.\"].*")) {
          return jdk;
        }
      }
    }
    return null;
  }
}
