package io.ratchet.stream.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.KnownChains;
import io.ratchet.stream.RandomHistory;
import io.ratchet.stream.Recomputed;
import io.ratchet.stream.accept.WindowSettings;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

class CutTest {
  private static final WindowSettings SETTINGS = new WindowSettings(5, 5, 3, 0.5);

  private static List<ChainStates> cut(List<ChainStates> records, long from, long to) {
    Cut cut = new Cut("a-run-of-another-name", from, to);
    records.forEach(cut::survey);
    List<ChainStates> sent = new ArrayList<>();
    records.forEach(record -> cut.of(record).ifPresent(sent::add));
    sent.addAll(cut.ends());
    return sent;
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void aWholeHistory_howeverDisturbed_saysTheSameAgain_butForTheId(@ForAll long seed) {
    RandomHistory history = RandomHistory.of("run-a", seed);
    List<ChainStates> sent = cut(history.records(), 0, Long.MAX_VALUE);
    assertThat(sent).hasSameSizeAs(history.records());

    Recomputed original = Recomputed.of("run-a", history.settings(), history.records());
    Recomputed again = Recomputed.of("a-run-of-another-name", history.settings(), sent);
    Comparison comparison = new Comparison("window");
    original.windows().forEach(window -> comparison.expect(RecordCodec.encode(window)));
    again.windows().forEach(window -> comparison.published(RecordCodec.encode(window)));
    assertThat(comparison.result()).isEmpty();
    assertThat(comparison.equal()).isEqualTo(original.windows().size());
  }

  @Test
  void aStretch_isNumberedFromZero_beginsAtItsFirstStep_andEnds() {
    List<ChainStates> all =
        new KnownChains("run-a", Expectation.IRREVERSIBLE, 64).run(100, 0.8, 0.1).end().records();
    List<ChainStates> sent = cut(all, 12, 58);

    assertThat(sent).hasSize(58 - 12 + 2);
    for (int i = 0; i < sent.size(); i++) {
      assertThat(sent.get(i).getSweep()).isEqualTo(i);
      assertThat(sent.get(i).getStartStep()).isEqualTo(12);
      assertThat(sent.get(i).getStep()).isEqualTo(12 + i);
      assertThat(sent.get(i).getEnd()).isEqualTo(i == sent.size() - 1);
    }
    assertThat(sent.get(0).getFrom()).isEqualTo(all.get(12).getFrom());
    List<Thermodynamics> windows = Recomputed.of("a-run-of-another-name", SETTINGS, sent).windows();
    assertThat(windows).hasSize(10);
    assertThat(windows.get(0).getFromStep()).isEqualTo(12);
    assertThat(windows.get(0).getTransitions()).isEqualTo(3 * 64);
    assertThat(windows.get(9).getTransitions()).isEqualTo((4 * 5 + 4) * 64);
  }

  @Test
  void aStretchOfALaterAttempt_keepsItsNumberAndItsGaps() {
    KnownChains chains = new KnownChains("run-a", Expectation.IRREVERSIBLE, 64);
    List<ChainStates> all =
        new ArrayList<>(chains.run(30, 0.8, 0.1).resume(20).run(30, 0.8, 0.1).end().records());
    all.remove(42); // step 32 of attempt 2
    List<ChainStates> sent = cut(all, 30, Long.MAX_VALUE);

    assertThat(sent).allSatisfy(each -> assertThat(each.getAttempt()).isEqualTo(2));
    assertThat(sent.get(0).getStep()).isEqualTo(30);
    assertThat(sent.stream().map(ChainStates::getSweep)).startsWith(0L, 1L, 3L);
    assertThat(sent.get(sent.size() - 1).getEnd()).isTrue();
  }

  @Test
  void aStretch_belongsToWhoOwnedTheRun_whoeverComesFirstInIt() {
    List<ChainStates> own =
        new KnownChains("run-a", Expectation.IRREVERSIBLE, 64).run(60, 0.8, 0.1).end().records();
    List<ChainStates> all = new ArrayList<>(own);
    // A second producer, refused as long as it sent: with numbers below the owner's, and first.
    for (int step = 20; step < 40; step++) {
      all.add(
          step,
          ChainStates.newBuilder(own.get(step)).setIncarnation(-1).setSweep(step - 15).build());
    }
    List<Thermodynamics> alone =
        Recomputed.of("a-run-of-another-name", SETTINGS, cut(own, 20, 44)).windows();
    assertThat(alone).hasSize(5);
    assertThat(Recomputed.of("a-run-of-another-name", SETTINGS, cut(all, 20, 44)).windows())
        .isEqualTo(alone);
  }
}
