package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of docs/formulas.md names methods and tests that exist. */
class FormulasTest {
  @Test
  void everyFormula_namesItsMethodAndItsTest() throws IOException {
    Path document = Path.of(System.getProperty("ratchet.root")).resolve("docs/formulas.md");
    List<String[]> rows =
        Files.readAllLines(document).stream()
            .filter(line -> line.startsWith("| ") && line.contains("`"))
            .map(line -> line.replace("\\|", "/").split(" \\| "))
            .toList();

    assertThat(rows).hasSizeGreaterThan(20);
    for (String[] row : rows) {
      assertThat(row).as(row[0]).hasSize(5);
      assertNamesAMethod(row[2]);
      assertNamesAMethod(row[3]);
    }
  }

  private static void assertNamesAMethod(String cell) {
    String name = cell.replace("`", "").trim();
    int dot = name.lastIndexOf('.');
    String type =
        FormulasTest.class.getPackageName() + "." + name.substring(0, dot).replace('.', '$');
    try {
      assertThat(Arrays.stream(Class.forName(type).getDeclaredMethods()))
          .as(name)
          .anyMatch(method -> method.getName().equals(name.substring(dot + 1)));
    } catch (ClassNotFoundException e) {
      throw new AssertionError(name + " names no class", e);
    }
  }
}
