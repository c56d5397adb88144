package io.ratchet.stream.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.stream.export.MetricCatalog.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricCatalogTest {
  private static final Path REFERENCE =
      Path.of(System.getProperty("ratchet.root"), "docs", "metrics.md");

  /** To take over a change: put this test's expected text into the file. */
  @Test
  void theReference_isTheCatalogue() throws IOException {
    String text = Files.readString(REFERENCE);
    int table = text.indexOf("| metric |");

    assertThat(text.substring(table)).isEqualTo(table());
  }

  private static String table() {
    return MetricCatalog.ALL.stream()
        .map(MetricCatalogTest::row)
        .collect(
            Collectors.joining(
                "\n", "| metric | labels | type | unit | what |\n|---|---|---|---|---|\n", "\n"));
  }

  private static String row(Metric metric) {
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            metric.name(),
            metric.labels().stream().map("`%s`"::formatted).collect(Collectors.joining(", ")),
            metric.type().name().toLowerCase(Locale.ROOT),
            metric.unit(),
            metric.help());
  }
}
