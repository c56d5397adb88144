package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  private static final String PORT = "RATCHET_PORT";

  @TempDir Path directory;

  @Test
  void flag_winsOverEnvironment_overFile_overDefault() throws IOException {
    // A value that is not allowed shows, by the message, which source was used.
    String file = config("port=70001");
    Map<String, String> environment = Map.of(PORT, "70002");

    assertThat(CommandLineRun.of(environment, "broker", "--port=70003", "--config", file).err())
        .isEqualTo("ratchet: --port: 70003, allowed: 0 to 65,535\n");
    assertThat(CommandLineRun.of(environment, "broker", "--config", file).err())
        .isEqualTo("ratchet: RATCHET_PORT: 70002, allowed: 0 to 65,535\n");
    assertThat(CommandLineRun.of("broker", "--config", file).err())
        .isEqualTo("ratchet: " + file + ":1: port: 70001, allowed: 0 to 65,535\n");
    assertThat(CommandLineRun.of("config", "show").out()).contains("port=9092\n");
  }

  @Test
  void configShow_namesTheOriginOfEachValue() throws IOException {
    String file = config("# a comment", "", "topic-prefix = lab.", "port=9093");
    String shown =
        CommandLineRun.of(Map.of(PORT, "9094"), "config", "show", "--origin", "--config", file)
            .out();
    assertThat(shown.lines())
        .contains(
            "topic-prefix=lab.  # config " + file + ":3: topic-prefix",
            "port=9094  # environment RATCHET_PORT",
            "timeout=10  # default");
  }

  @Test
  void configShow_hidesSecretsOfTheClientConfig() throws IOException {
    Path client = directory.resolve("client.properties");
    Files.writeString(
        client,
        """
        security.protocol=SASL_SSL
        sasl.jaas.config=org.example.Login required password="hunter2";
        ssl.key.password=hunter3
        my.own.token=hunter4
        """);
    String shown =
        CommandLineRun.of(Map.of("RATCHET_CLIENT_CONFIG", client.toString()), "config", "show")
            .out();
    assertThat(shown.lines())
        .contains(
            "client-config=" + client,
            "client-config:security.protocol=SASL_SSL",
            "client-config:sasl.jaas.config=(hidden)",
            "client-config:ssl.key.password=(hidden)",
            "client-config:my.own.token=(hidden)");
    assertThat(shown).doesNotContain("hunter");
  }

  @Test
  void unknownKeys_areRefused_withFileAndLine() throws IOException {
    String file = config("port=9093", "learning-speed=3");
    CommandLineRun run = CommandLineRun.of("config", "show", "--config=" + file);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("ratchet: " + file + ":2: learning-speed, unknown setting");

    run = CommandLineRun.of(Map.of("RATCHET_LEARNING_SPEED", "3"), "config", "show");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("ratchet: environment variable RATCHET_LEARNING_SPEED, unknown setting");
  }

  @Test
  void lineWithoutAnEqualsSign_isRefused_withFileAndLine() throws IOException {
    for (String line : new String[] {"port 9093", "port", "port:9093", "port:9093=1", "=9093"}) {
      String file = config("# port = comment", " ! another", "", line);
      CommandLineRun run = CommandLineRun.of("config", "show", "--config", file);
      assertThat(run.exitCode()).as(line).isEqualTo(2);
      assertThat(run.err()).startsWith("ratchet: " + file + ":4: ");
    }
    assertThat(CommandLineRun.of("config", "show", "--config", config("port 9093")).err())
        .endsWith(":1: port 9093, allowed: key=value\n");
    // What is about no setting may be a password in the wrong file.
    assertThat(CommandLineRun.of("config", "show", "--config", config("password hunter2")).err())
        .endsWith(":1: no setting, allowed: key=value\n");
  }

  @Test
  void keyGivenTwice_isRefused() throws IOException {
    String file = config("port=9093", "port=9094");
    CommandLineRun run = CommandLineRun.of("config", "show", "--config", file);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(file + ":2: port, given twice, also in " + file + ":1");
  }

  @Test
  void actsAreNoSettings() throws IOException {
    assertThat(CommandLineRun.of("config", "show", "--config", config("force=true")).exitCode())
        .isEqualTo(2);
    assertThat(CommandLineRun.of(Map.of("RATCHET_JSON", "true"), "config", "show").exitCode())
        .isEqualTo(2);
  }

  @Test
  void missingConfigFile_isRefused() {
    CommandLineRun run = CommandLineRun.of("config", "show", "--config", "/nowhere/c.properties");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).isEqualTo("ratchet: --config: /nowhere/c.properties, no such file\n");
  }

  @Test
  void launchersOwnVariable_isLeftAlone() {
    assertThat(
            CommandLineRun.of(Map.of("RATCHET_JAVA_OPTS", "-Xmx1g"), "config", "show").exitCode())
        .isZero();
  }

  private String config(String... lines) throws IOException {
    return Files.writeString(directory.resolve("c.properties"), String.join("\n", lines))
        .toString();
  }
}
