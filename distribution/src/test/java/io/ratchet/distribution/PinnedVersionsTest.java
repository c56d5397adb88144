package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Every version that a pom names is one version, and no plugin is left to Maven's choice. That no
 * library asks for a range further down, the build itself checks ({@code maven-enforcer-plugin}).
 */
class PinnedVersionsTest {
  private static final Path ROOT = Path.of(System.getProperty("ratchet.root"));

  @Test
  void everyVersionInEveryPom_isPinned() throws Exception {
    int versions = 0;
    for (Path pom : poms()) {
      String text = Files.readString(pom);
      assertThat(loose(text)).as(pom.toString()).isEmpty();
      versions += versions(text).size();
    }
    assertThat(versions).isGreaterThan(100);
  }

  /** Those that poms name, and those that Maven brings along by itself. */
  @Test
  void everyPlugin_hasItsVersionInTheRoot() throws Exception {
    Set<String> pinned = new TreeSet<>();
    Set<String> used = new TreeSet<>();
    for (Path pom : poms()) {
      for (Element plugin : elements(Files.readString(pom), "plugin")) {
        boolean managed = !of(plugin, "version").isEmpty() && pom.equals(ROOT.resolve("pom.xml"));
        (managed ? pinned : used).add(of(plugin, "artifactId"));
      }
    }
    for (String own :
        List.of("clean", "resources", "compiler", "surefire", "jar", "install", "deploy", "site")) {
      used.add("maven-" + own + "-plugin");
    }
    assertThat(used).hasSizeGreaterThan(12);
    assertThat(pinned).containsAll(used);
  }

  @Test
  void aRange_aSnapshotOfOthers_andTheLatest_areFound() throws Exception {
    for (String version : new String[] {"[1.0,2.0)", "(,2]", "LATEST", "RELEASE", "1.0-SNAPSHOT"}) {
      assertThat(
              loose(
                  "<project><dependency><groupId>a</groupId><version>%s</version></dependency></project>"
                      .formatted(version)))
          .containsExactly(version);
      assertThat(
              loose(
                  "<project><properties><a.version>%s</a.version></properties></project>"
                      .formatted(version)))
          .containsExactly(version);
    }
  }

  /** The versions that are not one version; our own is a snapshot until it is released. */
  private static List<String> loose(String pom)
      throws IOException, ParserConfigurationException, SAXException {
    List<String> loose = new ArrayList<>();
    for (Element version : versions(pom)) {
      Element of = (Element) version.getParentNode();
      boolean ours =
          of(of, "groupId").equals("io.ratchet") && of(of, "artifactId").startsWith("ratchet");
      boolean ofATool = of.getTagName().matches("require(Java|Maven)Version");
      String value = version.getTextContent().strip();
      if (!ours && !ofATool && !value.matches("\\$\\{[\\w.-]+}|\\d[\\w.-]*(?<!-SNAPSHOT)")) {
        loose.add(value);
      }
    }
    return loose;
  }

  private static List<Path> poms() throws IOException {
    try (Stream<Path> files = Files.find(ROOT, 2, (file, a) -> file.endsWith("pom.xml"))) {
      List<Path> poms = files.sorted().toList();
      assertThat(poms).hasSizeGreaterThan(8);
      return poms;
    }
  }

  /** The text of an element's own child of that name; empty if there is none. */
  private static String of(Element element, String child) {
    for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(child)) {
        return node.getTextContent().strip();
      }
    }
    return "";
  }

  private static List<Element> versions(String pom)
      throws IOException, ParserConfigurationException, SAXException {
    return elements(pom, "version|.*\\.version");
  }

  private static List<Element> elements(String pom, String name)
      throws IOException, ParserConfigurationException, SAXException {
    NodeList all =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(pom.getBytes(StandardCharsets.UTF_8)))
            .getElementsByTagName("*");
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      if (element.getTagName().matches(name)) {
        elements.add(element);
      }
    }
    return elements;
  }
}
