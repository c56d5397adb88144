package io.ratchet.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** No library is shipped in a version with a hole that has a number; needs no network. */
class MinimumVersionsTest {
  @Test
  void everyShippedLibrary_isAtLeastItsMinimum_andEveryListedOneIsShipped() throws IOException {
    Map<String, String> shipped = Versions.shipped();
    assertThat(shipped).hasSizeGreaterThan(70);
    assertThat(Versions.complaints(Versions.minimums(), shipped)).isEmpty();
  }

  @Test
  void anOlderVersion_andALibraryThatIsGone_areNamed() throws IOException {
    Map<String, String> shipped = new TreeMap<>(Versions.shipped());
    shipped.put("org.apache.avro:avro", "1.12.0");
    shipped.put("org.xerial.snappy:snappy-java", "1.1.10.7");
    shipped.put("com.github.luben:zstd-jni", "1.5.6-10");
    shipped.remove("org.yaml:snakeyaml");
    assertThat(Versions.complaints(Versions.minimums(), shipped))
        .satisfiesExactlyInAnyOrder(
            avro -> assertThat(avro).startsWith("org.apache.avro:avro 1.12.0: at least 1.12.1, "),
            snappy -> assertThat(snappy).startsWith("org.xerial.snappy:snappy-java 1.1.10.7: "),
            zstd -> assertThat(zstd).startsWith("com.github.luben:zstd-jni 1.5.6-10: "),
            yaml -> assertThat(yaml).isEqualTo("org.yaml:snakeyaml: no longer shipped"));
  }

  @Test
  void versionsAreComparedByNumber() {
    List<String> minimum = List.of("a:b 1.1.10.9 CVE-2026-1 source");
    for (String safe : List.of("1.1.10.9", "1.1.10.10", "1.2", "10.0")) {
      assertThat(Versions.complaints(minimum, Map.of("a:b", safe))).as(safe).isEmpty();
    }
    for (String unsafe : List.of("1.1.9.10", "1.1.10", "0.9")) {
      assertThat(Versions.complaints(minimum, Map.of("a:b", unsafe))).as(unsafe).hasSize(1);
    }
  }

  @Test
  void aLineWithoutAReason_isRefused() {
    assertThat(Versions.complaints(List.of("# a comment", "", "a:b 1.0"), Map.of("a:b", "2")))
        .containsExactly("a:b 1.0: allowed: GROUP:ARTIFACT MINIMUM CVE ...");
  }
}
