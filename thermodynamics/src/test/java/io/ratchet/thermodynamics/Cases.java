package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The independent oracle: expected values made by separate NumPy programs (see the project's shared
 * cases), copied into the test resources.
 */
final class Cases {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Cases() {}

  /** One case file. */
  record Case(String name, JsonNode json) {
    double number(String field) {
      return json.get(field).asDouble();
    }

    double tolerance() {
      return json.path("tol_rel").asDouble(1e-9);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> model(String prefix) {
    return files("model").stream()
        .filter(file -> file.getFileName().toString().startsWith(prefix))
        .map(file -> new Case(file.getFileName().toString(), read(file)));
  }

  static List<Path> files(String directory) {
    try (Stream<Path> files =
        Files.list(Path.of(Cases.class.getResource("/cases/" + directory).toURI()))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static GroupedCounts groupedCounts(JsonNode perChainCounts) {
    TransitionCounts[] groups = new TransitionCounts[perChainCounts.size()];
    for (int group = 0; group < groups.length; group++) {
      groups[group] = TransitionCounts.of(longs(perChainCounts.get(group)));
    }
    return GroupedCounts.of(groups);
  }

  static long[][] longs(JsonNode matrix) {
    long[][] values = new long[matrix.size()][];
    for (int row = 0; row < values.length; row++) {
      values[row] = new long[matrix.get(row).size()];
      for (int column = 0; column < values[row].length; column++) {
        values[row][column] = matrix.get(row).get(column).asLong();
      }
    }
    return values;
  }

  static double[][] doubles(JsonNode matrix) {
    double[][] values = new double[matrix.size()][];
    for (int row = 0; row < values.length; row++) {
      values[row] = new double[matrix.get(row).size()];
      for (int column = 0; column < values[row].length; column++) {
        values[row][column] = matrix.get(row).get(column).asDouble();
      }
    }
    return values;
  }

  /** The oracle's own criterion: |a - b| <= relative * max(1e-3, |b|) + 1e-12. */
  static void assertClose(String what, double actual, double expected, double relative) {
    assertThat(Math.abs(actual - expected))
        .as("%s: %s, expected %s", what, actual, expected)
        .isLessThanOrEqualTo(relative * Math.max(1e-3, Math.abs(expected)) + 1e-12);
  }
}
