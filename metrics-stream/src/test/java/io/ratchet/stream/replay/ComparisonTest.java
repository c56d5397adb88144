package io.ratchet.stream.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.KnownChains;
import io.ratchet.stream.Recomputed;
import io.ratchet.stream.accept.WindowSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final List<Thermodynamics> WINDOWS =
      Recomputed.of(
              "run-a",
              new WindowSettings(5, 5, 3, 0.5),
              new KnownChains("run-a", Expectation.IRREVERSIBLE, 32)
                  .run(30, 0.8, 0.1)
                  .end()
                  .records())
          .windows();

  private final Comparison comparison = new Comparison("window");

  private static byte[] window(int i) {
    return RecordCodec.encode(WINDOWS.get(i));
  }

  @Test
  void anyOtherByte_isADifference() {
    byte[] window = window(0);
    int idEnds = 11 + "run-a".length();
    for (int at = 0; at < window.length; at++) {
      byte[] changed = window.clone();
      changed[at] ^= 1;
      Comparison each = new Comparison("window");
      each.expect(window);
      each.published(changed);
      boolean ofTheId = at >= 11 && at < idEnds;
      assertThat(each.difference().isEmpty()).as("byte " + at).isEqualTo(ofTheId);
    }
  }

  @Test
  void theFirstFieldThatDiffers_isNamedWithBothValues() {
    Thermodynamics changed = Thermodynamics.newBuilder(WINDOWS.get(1)).build();
    changed.getEntropyProduction().setUpper(7.5);
    changed.setOneWayPairs(99);
    comparison.expect(window(0));
    comparison.expect(window(1));
    comparison.published(window(0));
    comparison.published(RecordCodec.encode(changed));
    assertThat(comparison.equal()).isEqualTo(1);
    assertThat(comparison.result().orElseThrow())
        .isEqualTo(
            "window 1: entropyProduction.upper was published as 7.5, the log gives "
                + WINDOWS.get(1).getEntropyProduction().getUpper());
  }

  @Test
  void aRunIdOfAnotherLength_isNoDifference() {
    comparison.expect(window(0));
    comparison.published(
        RecordCodec.encode(
            Thermodynamics.newBuilder(WINDOWS.get(0)).setRun("r".repeat(63)).build()));
    assertThat(comparison.result()).isEmpty();
    assertThat(comparison.equal()).isEqualTo(1);
  }

  @Test
  void whatIsMissing_andWhatIsTooMuch_isSaid() {
    comparison.expect(window(0));
    comparison.published(window(0));
    comparison.expect(window(1));
    assertThat(comparison.result().orElseThrow()).startsWith("window 1 and 0 more that the log");
    comparison.published(window(1));
    comparison.published(window(1));
    assertThat(comparison.result().orElseThrow()).startsWith("window 2 and 0 more were published");
  }

  @Test
  void whatIsNoRecord_isADifference() {
    comparison.expect(window(0));
    comparison.published(new byte[0]);
    assertThat(comparison.result().orElseThrow()).contains("not a record");
  }

  @Test
  void theExtentOfALog_knowsWhatRetentionTook() {
    List<ChainStates> records =
        new KnownChains("run-a", Expectation.IRREVERSIBLE, 4).run(30, 0.8, 0.1).end().records();
    LogExtent whole = extent(records, false);
    assertThat(whole.isWhole()).isTrue();
    assertThat(whole.completeFrom()).hasValue(0);
    assertThat(whole.lastStep()).isEqualTo(29);
    assertThat(extent(records, true).isWhole()).isTrue();
    LogExtent cut = extent(records.subList(10, 31), true);
    assertThat(cut.isWhole()).isFalse();
    assertThat(cut.completeFrom()).hasValue(11);
    assertThat(extent(List.of(), true).completeFrom()).isEmpty();
  }

  private static LogExtent extent(List<ChainStates> records, boolean truncated) {
    LogExtent extent = new LogExtent(truncated);
    records.forEach(extent::take);
    return extent;
  }
}
