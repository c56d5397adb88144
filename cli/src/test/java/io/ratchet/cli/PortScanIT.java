package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What the commands listen on, as the system's own list of sockets has it: loopback, no more. */
class PortScanIT {
  private static final String LISTENING = "0A";

  @TempDir Path directory;

  @BeforeAll
  static void needsProc() {
    assumeTrue(Files.exists(Path.of("/proc/net/tcp")), "no /proc/net/tcp on this system");
  }

  @Test
  void defaultsOfEveryCommandThatListens_areLoopback_andTheScanFindsWhatIsNot() throws Exception {
    assertThat(commandsWith("--http", "--port"))
        .as("a command that may listen, but is not scanned here")
        .containsExactly("broker", "demo", "doctor", "stream"); // doctor looks at others' ports
    String loopback = anyPort(byDefault("stream", "--http"));
    assertThat(byDefault("demo", "--http")).isEqualTo(byDefault("stream", "--http"));

    try (RatchetProcess broker = RatchetProcess.broker(directory.resolve("broker"), 0)) {
      String bootstrap = broker.line();
      assertThat(listening(broker)).hasSizeGreaterThanOrEqualTo(2).allMatch(PortScanIT::isLoopback);
      try (RatchetProcess stream = stream(bootstrap, "closed", "--http", loopback)) {
        stream.line();
        assertThat(listening(stream)).isNotEmpty().allMatch(PortScanIT::isLoopback);
      }
      try (RatchetProcess open =
          stream(bootstrap, "open", "--http", anyPort("0.0.0.0:8080"), "--insecure")) {
        open.line();
        assertThat(listening(open)).anyMatch(address -> address.getAddress().isAnyLocalAddress());
      }
    }
    try (RatchetProcess demo =
        RatchetProcess.ratchet(
            "demo",
            "--port",
            "0",
            "--http",
            loopback,
            "--dir",
            directory.resolve("demo").toString())) {
      demo.line();
      assertThat(listening(demo)).hasSizeGreaterThanOrEqualTo(3).allMatch(PortScanIT::isLoopback);
    }
  }

  private RatchetProcess stream(String bootstrap, String state, String... more) {
    List<String> arguments = new ArrayList<>(List.of("stream", "--bootstrap", bootstrap));
    arguments.addAll(List.of("--state-dir", directory.resolve(state).toString()));
    arguments.addAll(List.of(more));
    return RatchetProcess.ratchet(arguments.toArray(new String[0]));
  }

  /** The address that is the default, at a port that nobody else of this machine has. */
  private static String anyPort(String address) {
    return address.replaceFirst(":\\d+$", ":0");
  }

  private static String byDefault(String command, String option) {
    return commands().get(command).getCommandSpec().findOption(option).defaultValue();
  }

  private static Set<String> commandsWith(String... options) {
    Set<String> names = new TreeSet<>();
    commands()
        .forEach(
            (name, command) -> {
              for (String option : options) {
                OptionSpec found = command.getCommandSpec().findOption(option);
                if (found != null) {
                  names.add(name);
                }
              }
            });
    return names;
  }

  private static Map<String, CommandLine> commands() {
    return new CommandLine(new Ratchet()).getSubcommands();
  }

  private static boolean isLoopback(InetSocketAddress address) {
    return address.getAddress().isLoopbackAddress();
  }

  /** Where a process listens by TCP, of version 4 or 6. */
  private static List<InetSocketAddress> listening(RatchetProcess process) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        String target = link(descriptor);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    List<InetSocketAddress> found = new ArrayList<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] fields = line.strip().split("\\s+", -1);
        if (fields[3].equals(LISTENING) && inodes.contains(fields[9])) {
          found.add(address(fields[1]));
        }
      }
    }
    return found;
  }

  /** What a descriptor stands for; a socket is no file, but the link names its inode. */
  private static String link(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  /** As the kernel writes it: words of four bytes in the machine's order, colon, port. */
  private static InetSocketAddress address(String text) throws UnknownHostException {
    String[] parts = text.split(":", -1);
    ByteBuffer words = ByteBuffer.wrap(HexFormat.of().parseHex(parts[0]));
    ByteBuffer bytes = ByteBuffer.allocate(words.capacity()).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      bytes.putInt(words.getInt());
    }
    return new InetSocketAddress(
        InetAddress.getByAddress(bytes.array()), Integer.parseInt(parts[1], 16));
  }
}
