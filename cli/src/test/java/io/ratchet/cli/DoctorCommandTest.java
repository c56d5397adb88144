package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a broker; with one, see {@link PipelineIT}. */
class DoctorCommandTest {
  @TempDir Path directory;

  @Test
  void aBrokerThatIsAway_is69_andItSaysHowToGetOne() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    CommandLineRun run = doctor("127.0.0.1:" + free, "127.0.0.1:" + free);
    assertThat(run.exitCode()).isEqualTo(69);
    assertThat(run.out())
        .containsPattern("(?m)^ok +java +17\\.|^ok +java +[2-9]")
        .containsPattern("(?m)^(ok|note) +disk .* free for ")
        .containsPattern("(?m)^note +page .* is free, no stream serves it\n +-> ratchet stream ")
        .containsPattern("(?m)^wrong +broker +no Kafka answered .*\n +-> ratchet broker starts one")
        .doesNotContain("\u001b");
  }

  @Test
  void aPortThatIsSomeoneElses_isWrong() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread answer =
          new Thread(
              () -> {
                try (var socket = other.accept()) {
                  socket
                      .getOutputStream()
                      .write("220 mail\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  // The test is over.
                }
              });
      answer.start();
      CommandLineRun run = doctor("127.0.0.1:1", "127.0.0.1:" + other.getLocalPort());
      assertThat(run.out()).containsPattern("(?m)^wrong +page .* does not speak HTTP\n +-> give ");
    }
  }

  private CommandLineRun doctor(String bootstrap, String http) {
    return CommandLineRun.of(
        "doctor",
        "--bootstrap",
        bootstrap,
        "--http",
        http,
        "--dir",
        directory + "",
        "--timeout",
        "1");
  }
}
