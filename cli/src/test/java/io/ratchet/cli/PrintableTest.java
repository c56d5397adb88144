package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.schema.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stranger has written into a record does nothing to the terminal that shows it. */
class PrintableTest {
  private static final String CLEAR = "\u001b[2J";

  @ParameterizedTest
  @ValueSource(
      strings = {
        CLEAR,
        "\u001b]0;title\u0007",
        "\u009b31m",
        "two\nlines",
        "over\rwritten",
        "back\bspace",
        "a\u0000b",
        "\u007f",
        "\u202egnp.exe",
        "\u2066x\u2069",
        "\u2028",
        "\ufeff",
        "\ud800"
      })
  void whatATerminalObeys_isSpeltOut(String text) {
    assertThat(Printable.of(text)).contains("\\u").matches("[\\p{L}\\p{N}\\p{P}\\p{S} ]*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "θ = ½ · 10⁻³", "日本語", "😀", "a\\b\"c'<d>"})
  void whatIsOnlyText_staysAsItIs(String text) {
    assertThat(Printable.of(text)).isSameAs(text);
  }

  @Test
  void aJsonLine_staysTheSameJson() throws Exception {
    Run run =
        Run.newBuilder()
            .setRun("r")
            .setAttempt(1)
            .setCreatedMillis(0)
            .setNotes("a\u009bb\n")
            .build();
    String line = RecordJson.of(run).toString();
    assertThat(line).as("the writer of JSON leaves it as it is").contains("\u009b");
    JsonNode shown = new ObjectMapper().readTree(Printable.of(line));
    assertThat(Printable.of(line)).doesNotContain("\u009b");
    assertThat(shown).isEqualTo(new ObjectMapper().readTree(line));
  }
}
