package io.ratchet.distribution;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The libraries that are shipped, and the versions below which they may not fall. */
final class Versions {
  private static final Pattern SHIPPED =
      Pattern.compile("^ +([^:\\s]+:[^:]+):jar:([^:]+):(?:compile|runtime).*$", Pattern.MULTILINE);
  private static final Pattern MINIMUM =
      Pattern.compile("([\\w.-]+:[\\w.-]+) +([\\w.-]+) +(CVE-\\d{4}-\\d+.*)");

  private Versions() {}

  /**
   * What Maven resolved for {@code lib/}, version by group and artifact: {@code
   * target/shipped.txt}.
   */
  static Map<String, String> shipped() throws IOException {
    Map<String, String> shipped = new TreeMap<>();
    Matcher matcher = SHIPPED.matcher(Files.readString(Path.of("target/shipped.txt")));
    while (matcher.find()) {
      shipped.put(matcher.group(1), matcher.group(2));
    }
    return shipped;
  }

  /** The committed list, {@code minimum-versions.txt}. */
  static List<String> minimums() throws IOException {
    return Files.readAllLines(Path.of("minimum-versions.txt"));
  }

  /**
   * What is wrong, a line each; empty if nothing is.
   *
   * @param minimums lines of the list; those that are blank or begin with # are skipped
   * @param shipped version by group and artifact
   */
  static List<String> complaints(List<String> minimums, Map<String, String> shipped) {
    List<String> complaints = new ArrayList<>();
    for (String line : minimums) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher matcher = MINIMUM.matcher(line);
      if (!matcher.matches()) {
        complaints.add(line + ": allowed: GROUP:ARTIFACT MINIMUM CVE ...");
        continue;
      }
      String version = shipped.get(matcher.group(1));
      if (version == null) {
        complaints.add(matcher.group(1) + ": no longer shipped");
      } else if (Version.parse(version).compareTo(Version.parse(matcher.group(2))) < 0) {
        complaints.add(
            "%s %s: at least %s, for %s"
                .formatted(matcher.group(1), version, matcher.group(2), matcher.group(3)));
      }
    }
    return complaints;
  }
}
