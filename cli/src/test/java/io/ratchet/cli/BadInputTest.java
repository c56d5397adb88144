package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be used ends with exit code 2 and one line that says where, what, and what could. */
class BadInputTest {
  @TempDir Path directory;

  static Stream<Arguments> commandLines() {
    return Stream.of(
        arguments("train --run a --learning-speed 3", "unknown option --learning-speed"),
        arguments("trian", "unexpected argument trian"),
        arguments("train --run a --at-step 5", "--at-step: 5, allowed: with --resume"),
        arguments("train --run a --checkpoint-every -1", "--checkpoint-every: -1, allowed: 0 and"),
        arguments("train --run a --resume --checkpoint-dir /nowhere", "/nowhere/a: no checkpoint"),
        arguments("train --data glyphs", "missing required option: '--run=ID'"),
        arguments("train --run a --k 0", "--k: 0, allowed: 1 to 1,024"),
        arguments("train --run a --k 1025", "--k: 1025, allowed: 1 to 1,024"),
        arguments("train --run a --k ten", "--k: ten, allowed: a whole number"),
        arguments("train --run a --k 2.5", "--k: 2.5, allowed: a whole number"),
        arguments("train --run a --updates 0", "--updates: 0, allowed: 1 to"),
        arguments("train --run a --batch 4001", "--batch: 4001, allowed: at most 4000"),
        arguments("train --run a --chains 0", "--chains: 0, allowed: 1 to"),
        arguments("train --run a --sweeps 0", "--sweeps: 0, allowed: 1 to"),
        arguments("train --run a --learning-rate NaN", "--learning-rate: NaN, allowed: above 0"),
        arguments("train --run a --learning-rate -1", "--learning-rate: -1.0, allowed: above 0"),
        arguments("train --run a --publish-every 0", "--publish-every: 0, allowed: 1 to"),
        arguments("train --run a --observe-every 0", "--observe-every: 0, allowed: 1 to"),
        arguments("train --run a --limit 0", "--limit: 0, allowed: at least 1"),
        arguments("train --run a --limit 499", "--batch: 500, allowed: at most 499"),
        arguments("train --run a --digits 0,x", "--digits: x, allowed: whole numbers"),
        arguments("train --run a --digits 0,11", "--digits: 11, allowed: labels that examples of"),
        arguments("train --run a --model rbn", "--model: rbn, allowed: latent-cycle, tied or rbm"),
        arguments(
            "train --run a --algorithm cd", "--algorithm: cd, allowed: two-step or full or em"),
        arguments("train --run a --model tied --algorithm em", "--algorithm: em, allowed: pcd"),
        arguments("train --run a --hidden 50", "--hidden: 50, allowed: with --model rbm only"),
        arguments("train --run a --model tied --hidden 50", "--hidden: 50, allowed: with --model"),
        arguments(
            "train --run a --state argmax",
            "--state: argmax, allowed: latent for --model latent-cycle"),
        arguments(
            "train --run a --model rbm --state latent",
            "--state: latent, allowed: prototype or argmax or class for --model rbm"),
        arguments(
            "train --run a --model rbm --state argmax --hidden 5",
            "--k: 10, allowed: at most 5, the hidden units, with --state argmax"),
        arguments(
            "train --run a --model rbm --state class --k 4",
            "--k: 4, allowed: 10, the classes, with --state class"),
        arguments("train --run a --model rbm --hidden 0", "--hidden: 0, allowed: 1 to 16,384"),
        arguments(
            "train --run a --model rbm --k 600 --limit 500", "--k: 600, allowed: at most 500"),
        arguments(
            "train --run a --model tied --algorithm two-step",
            "--algorithm: two-step, allowed: pcd or exact for --model tied"),
        arguments(
            "train --run a --model rbm --threads 2", "--threads: 2, allowed: 1 for rbm and em"),
        arguments("train --run a --algorithm em --threads 2", "--threads: 2, allowed: 1 for rbm"),
        arguments("train --run a --expect much", "--expect: much, allowed: irreversible"),
        arguments("train --run a --tag -x", "--tag: -x, allowed: 1 to 63 letters, digits and"),
        arguments("train --run a --tag a,,b", "--tag: , allowed: 1 to 63 letters, digits and"),
        arguments("runs list --bootstrap 127.0.0.1:99999", "--bootstrap: 127.0.0.1:99999, allowed"),
        arguments("train --run a --note \u0007", "--note: \\u0007, allowed: text without control"),
        arguments("train --run Not-An-Id", "--run: Not-An-Id, allowed: [a-z0-9]"),
        arguments("train --run a --data pictures:x", "--data pictures:x: unknown kind, allowed: "),
        arguments("train --run a --data idx:/nowhere/images", "/nowhere/images"),
        arguments("train --run a --data csv:/nowhere/table", "/nowhere/table"),
        arguments("train --run a --topic-prefix a/b", "--topic-prefix: a/b, allowed: "),
        arguments("train --run a --bootstrap nowhere", "--bootstrap: nowhere, allowed: HOST:PORT"),
        arguments(
            "train --run a --bootstrap me:secret@h:1", "--bootstrap: (hidden)@h:1, allowed: "),
        arguments("train --run a --timeout 0", "--timeout: 0, allowed: 1 to"),
        arguments(
            "train --run a --client-config /nowhere/c",
            "--client-config: /nowhere/c, no such file"),
        arguments("stream --http 8080", "--http: 8080, allowed: HOST:PORT"),
        arguments("stream --http 127.0.0.1:65536", "--http: 127.0.0.1:65536, allowed: HOST:PORT"),
        arguments("stream --http 0.0.0.0:0", "--http: 0.0.0.0:0, allowed: a loopback address"),
        arguments("stream --http [::]:0", "--http: [::]:0, allowed: a loopback address"),
        arguments("stream --http 0.0.0.0:0", "or --web-config FILE or --insecure must be given"),
        arguments("stream --http :: --web-config /nowhere/w", "--http: ::, allowed: HOST:PORT"),
        arguments(
            "stream --http 0.0.0.0:0 --web-config /nowhere/w",
            "--web-config: /nowhere/w: no such file"),
        arguments("demo --web-config /nowhere/w", "--web-config: /nowhere/w: no such file"),
        arguments("stream --bucket 0", "--bucket: 0, allowed: 1 to"),
        arguments("stream --window 12", "--window: 12, allowed: a multiple of 5"),
        arguments("stream --grace -1", "--grace: -1, allowed: 0 to"),
        arguments("stream --floor 0", "--floor: 0.0, allowed: a finite number of nats above 0"),
        arguments("demo --http 0.0.0.0:0", "--http: 0.0.0.0:0, allowed: a loopback address"),
        arguments("demo --pace -1", "--pace: -1.0, allowed: updates per second"),
        arguments("demo --k 0", "--k: 0, allowed: 1 to 1,024"),
        arguments("broker --port 65536", "--port: 65536, allowed: 0 to 65,535"),
        arguments("broker --dir /proc/ratchet", "--dir: /proc/ratchet/kafka, allowed: a directory"),
        arguments("topics tail chain-state", "topic chain-state, allowed: ratchet.runs.v1, "),
        arguments("topics create --partitions 0", "--partitions: 0, allowed: 1 to 1,000"),
        arguments("topics create --retention 1w", "--retention: 1w, allowed: days or hours"),
        arguments("topics create --retention windows=1d", "topic windows, allowed: ratchet."),
        arguments(
            "topics create --retention runs=1d", "--retention: runs=1d, topic ratchet.runs.v1"),
        arguments("topics", "missing subcommand: create or list or tail"),
        arguments("runs show UPPER", "--run: UPPER, allowed: [a-z0-9]"),
        arguments("evaluate", "--checkpoint: missing, allowed: a file, or --run ID"),
        arguments("evaluate --checkpoint a --run b", "--checkpoint: a, allowed: a file, or --run"),
        arguments("evaluate --checkpoint a --at-step 3", "--at-step: 3, allowed: with --run"),
        arguments("evaluate --run b --checkpoint-dir /nowhere --at-step 3", "/nowhere/b: no check"),
        arguments("sample --checkpoint a --out b.gif", "--out: b.gif, allowed: a name that ends"),
        arguments("sample --checkpoint a --out b.png --n 0", "--n: 0, allowed: 1 to 1,000,000"),
        arguments("sample --checkpoint /nowhere/c.avro --out -", "/nowhere/c.avro: no such file"),
        arguments("evaluate --checkpoint /nowhere/c.avro", "/nowhere/c.avro: no such file"));
  }

  @ParameterizedTest
  @MethodSource("commandLines")
  void isRefusedInOneLine_withExitCode2(String commandLine, String message) {
    expectRefusal(commandLine(commandLine.split(" ")), message);
  }

  @Test
  void truncatedIdx() throws IOException {
    Path images = directory.resolve("images");
    Files.write(images, idx(0x803, new int[] {600, 2, 2}, 600 * 4 - 1));
    expectRefusal(train("idx:" + images), images.toString());
  }

  @Test
  void labelsThatDoNotMatchImages() throws IOException {
    Path images = directory.resolve("images");
    Path labels = directory.resolve("labels");
    Files.write(images, idx(0x803, new int[] {600, 2, 2}, 600 * 4));
    Files.write(labels, idx(0x801, new int[] {599}, 599));
    expectRefusal(train("idx:" + images + "," + labels), "599");
  }

  @ParameterizedTest
  @MethodSource("tables")
  void unusableCsv_isNamedWithItsLine(String text, String message) throws IOException {
    Path table = Files.writeString(directory.resolve("table.csv"), text);
    expectRefusal(train("csv:" + table), message);
  }

  static Stream<Arguments> tables() {
    return Stream.of(
        arguments("0,1\n1,0\n1\n", "table.csv:3: "),
        arguments("0,1\n1,zero\n", "table.csv:2: "),
        arguments("0,1\n1,NaN\n", "table.csv:2: "),
        arguments("0,1\n1,1.5\n", "table.csv:2: "),
        arguments("", "table.csv"));
  }

  @Test
  void runWhoseFilesAreThere_isRefused() throws IOException {
    Files.createDirectories(directory.resolve("a"));
    Files.writeString(directory.resolve("a").resolve("step-1.avro"), "precious");
    expectRefusal(
        commandLine("train", "--run", "a", "--checkpoint-dir", directory.toString()),
        "--run: a, exists already in " + directory.resolve("a"));
    assertThat(directory.resolve("a").resolve("step-1.avro")).hasContent("precious");
  }

  @Test
  void fileThatIsThere_isOverwrittenOnlyWithForce() throws IOException {
    Path old = Files.writeString(directory.resolve("old.csv"), "precious");
    for (String command :
        List.of("export --run a --what metrics --out ", "sample --checkpoint a --out ")) {
      expectRefusal(
          commandLine((command + old).split(" ")),
          "--out: " + old + ", exists; --force overwrites");
    }
    assertThat(old).hasContent("precious");
    expectRefusal(
        commandLine("export", "--run", "a", "--what", "metrics", "--force", "--out", "/dev/null"),
        "--out: /dev/null, allowed: a file, this is a directory or a device");
  }

  @Test
  void portInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      expectRefusal(
          commandLine("broker", "--dir", directory.toString(), "--port", port),
          "--port: " + port + ", in use");
      expectRefusal(
          commandLine("demo", "--dir", directory.toString(), "--port", port),
          "--port: " + port + ", in use");
    }
  }

  @Test
  void fileInPlaceOfADirectory() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    expectRefusal(commandLine("broker", "--port", "0", "--dir", file.toString()), "--dir: " + file);
  }

  @Test
  void clientProperty_thatKafkaRefuses() throws IOException {
    Path client = Files.writeString(directory.resolve("c"), "security.protocol=CARRIER_PIGEON\n");
    expectRefusal(
        commandLine("topics", "list", "--client-config", client.toString()), "CARRIER_PIGEON");
  }

  @Test
  void valueFromTheEnvironment_isNamedByItsVariable() {
    CommandLineRun run = CommandLineRun.of(Map.of("RATCHET_K", "5000"), "train", "--run", "a");
    assertThat(run.err()).isEqualTo("ratchet: RATCHET_K: 5000, allowed: 1 to 1,024\n");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void brokerThatDoesNotAnswer_isExitCode69_withItsAddress() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String address = "127.0.0.1:" + port;
    for (String command :
        List.of(
            "topics list",
            "topics create",
            "topics tail runs",
            "runs list",
            "runs show a",
            "train --run a --checkpoint-dir " + directory.resolve("runs"),
            "stream --http 127.0.0.1:0 --state-dir " + directory.resolve("state"))) {
      List<String> args = new ArrayList<>(List.of(command.split(" ")));
      args.addAll(List.of("--timeout", "1", "--bootstrap", address));
      CommandLineRun run = CommandLineRun.of(args.toArray(new String[0]));
      assertThat(run.exitCode()).as(command).isEqualTo(69);
      assertThat(run.err())
          .as(command)
          .isEqualTo("ratchet: no Kafka answered at " + address + " within 1 s\n");
    }
    assertThat(directory).isEmptyDirectory();
  }

  private String[] train(String data) {
    return commandLine("train", "--run", "a", "--data", data);
  }

  private String[] commandLine(String... args) {
    return args;
  }

  private static void expectRefusal(String[] args, String message) {
    // No case is about the default port, which somebody else may use.
    CommandLineRun run = CommandLineRun.of(Map.of("RATCHET_HTTP", "127.0.0.1:0"), args);
    assertThat(run.err()).contains(message).startsWith("ratchet: ").endsWith("\n");
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  private static byte[] idx(int magic, int[] sizes, int bytes) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * sizes.length + bytes);
    file.putInt(magic);
    for (int size : sizes) {
      file.putInt(size);
    }
    return file.array();
  }
}
