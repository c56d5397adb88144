package io.ratchet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pages of the documentation, and the commands in them. */
final class Documentation {
  static final Path ROOT = Path.of(System.getProperty("ratchet.root"));

  private static final Pattern BLOCK =
      Pattern.compile(
          "(?:<!-- not run: (.+) -->\n)?```(sh|python|yaml)\n(.*?)\n```\n", Pattern.DOTALL);

  private Documentation() {}

  /**
   * A block that can be run or checked.
   *
   * @param language sh, python or yaml
   * @param exempt why it is not run; null where it is
   */
  record Block(String language, String text, String exempt) {}

  /** Every page that people read. */
  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    pages.add(ROOT.resolve("CONTRIBUTING.md"));
    pages.add(ROOT.resolve("benchmarks/README.md"));
    pages.add(ROOT.resolve("clients/python/README.md"));
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  /** The blocks of a page that say their language, in their order. */
  static List<Block> blocks(Path page) throws IOException {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(Files.readString(page));
    while (matcher.find()) {
      blocks.add(new Block(matcher.group(2), matcher.group(3), matcher.group(1)));
    }
    return blocks;
  }
}
