package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of limits in docs/operations.md is what the code says, and all that it says. */
class LimitsTest {
  private static final Path ROOT = Path.of(System.getProperty("ratchet.root"));

  /** A number with its unit, what is beyond it, and the constant that it is. */
  private static final Pattern ROW =
      Pattern.compile(
          "\\| [^|]+ \\| (2\\^\\d+|[\\d,]+)(?: (KiB|MiB|GiB))?[^|]* \\| [^|]+ \\| `(\\w+)\\.(\\w+)` \\|");

  private static final Pattern CONSTANT = Pattern.compile("static final (?:int|long) (MAX_\\w+) =");

  /** Constants called so that bound no input: what a result holds, and shares of the heap. */
  private static final Set<String> OTHERS =
      Set.of(
          "RunArchive.MAX_ABOUT_BYTES",
          "RunArchive.MAX_FULL_BYTES",
          "WindowSettings.MAX_STEPS",
          "WindowSettings.MAX_BUCKETS",
          "PagedLog.MAX_PAGE_BYTES",
          "RunHistory.MAX_MOMENTS");

  private record Limit(String constant, long value, String row) {}

  @Test
  void everyNumber_isThatOfItsConstant() throws Exception {
    List<Limit> limits = limits();
    assertThat(limits).hasSizeGreaterThan(30);
    for (Limit limit : limits) {
      assertThat(value(limit.constant())).as(limit.row()).isEqualTo(limit.value());
    }
  }

  @Test
  void everyBoundOfInput_isInTheTable() throws Exception {
    Set<String> documented = new TreeSet<>();
    limits().forEach(limit -> documented.add(limit.constant()));
    Set<String> declared = new TreeSet<>();
    for (String module : List.of("schemas", "metrics-stream")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          Matcher constant = CONSTANT.matcher(Files.readString(file));
          while (constant.find()) {
            String type = file.getFileName().toString().replace(".java", "");
            declared.add(type + "." + constant.group(1));
          }
        }
      }
    }
    assertThat(declared).containsAll(OTHERS);
    declared.removeAll(OTHERS);
    assertThat(documented).containsAll(declared);
  }

  private static List<Limit> limits() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/operations.md"), StandardCharsets.UTF_8);
    int start = page.indexOf("\n## Limits");
    int next = page.indexOf("\n## ", start + 1);
    List<Limit> limits = new ArrayList<>();
    for (String line : page.substring(start, next < 0 ? page.length() : next).split("\n", -1)) {
      if (line.startsWith("| ") && line.endsWith("` |")) {
        Matcher row = ROW.matcher(line);
        assertThat(row.matches()).as(line).isTrue();
        limits.add(
            new Limit(row.group(3) + "." + row.group(4), number(row.group(1), row.group(2)), line));
      }
    }
    return limits;
  }

  private static long number(String digits, String unit) {
    long number =
        digits.startsWith("2^")
            ? 1L << Integer.parseInt(digits.substring(2))
            : Long.parseLong(digits.replace(",", ""));
    return number << (10 * (unit == null ? 0 : 1 + List.of("KiB", "MiB", "GiB").indexOf(unit)));
  }

  /** The value of a constant of the class of that name, wherever it is. */
  private static long value(String constant) throws Exception {
    String[] part = constant.split("\\.", -1);
    for (String module : List.of("schemas", "metrics-stream", "trainer", "cli")) {
      Path sources = ROOT.resolve(module).resolve("src/main/java");
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(f -> f.endsWith(part[0] + ".java")).toList()) {
          String name = sources.relativize(file).toString().replace(".java", "").replace('/', '.');
          try {
            Field field = Class.forName(name).getDeclaredField(part[1]);
            field.setAccessible(true);
            return ((Number) field.get(null)).longValue();
          } catch (NoSuchFieldException e) {
            // Another class of that name has it.
          }
        }
      }
    }
    throw new AssertionError("no constant " + constant);
  }
}
