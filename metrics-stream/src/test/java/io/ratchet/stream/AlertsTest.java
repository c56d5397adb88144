package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.WindowSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The detector in the topology, on chains whose entropy production is known. */
class AlertsTest {
  private static final String RUN = "run-a";
  private static final int CHAINS = 64;

  /** Two steps a bucket, a bucket a stride: a window has 640 transitions, of which 200 suffice. */
  private static final WindowSettings SETTINGS = new WindowSettings(2, 5, 3, 0.5);

  private static final int WINDOW_STEPS = 10;

  @TempDir private Path directory;

  /** 1.46 nats per transition. */
  private static KnownChains turning(KnownChains chains, int steps) {
    return chains.run(steps, 0.8, 0.1);
  }

  /** 0 nats per transition. */
  private static KnownChains reversible(KnownChains chains, int steps) {
    return chains.run(steps, 0.4, 0.4);
  }

  private static KnownChains frozen(KnownChains chains, int steps) {
    return chains.run(steps, 0, 0);
  }

  private static KnownChains irreversibleRun() {
    return new KnownChains(RUN, Expectation.IRREVERSIBLE, CHAINS);
  }

  private record Said(List<Thermodynamics> windows, List<Alert> alerts) {}

  private Said say(KnownChains chains) {
    return say(chains.records(), List.of(), SETTINGS);
  }

  /**
   * Sends everything, with another process in charge after each of the given numbers of records.
   */
  private Said say(List<ChainStates> records, List<Integer> restarts, WindowSettings settings) {
    List<Thermodynamics> windows = new ArrayList<>();
    List<Alert> alerts = new ArrayList<>();
    try (TopologyFixture stream =
        new TopologyFixture(settings, directory.resolve("stream" + lives++))) {
      for (int i = 0; i < records.size(); i++) {
        if (restarts.contains(i)) {
          windows.addAll(stream.windows());
          alerts.addAll(stream.alerts());
          stream.restart();
        }
        stream.send(records.get(i));
      }
      windows.addAll(stream.windows());
      alerts.addAll(stream.alerts());
    }
    Recomputed recomputed = Recomputed.of(RUN, settings, records);
    assertThat(windows).isEqualTo(recomputed.windows());
    assertThat(alerts).isEqualTo(recomputed.alerts());
    return new Said(windows, alerts);
  }

  private int lives;

  private static List<Tuple> kindsAndActions(List<Alert> alerts) {
    return alerts.stream().map(each -> new Tuple(each.getKind(), each.getAction())).toList();
  }

  @Test
  void aChainThatTurns_isFine_andUntilTheWindowIsWholeNobodyCanTell() {
    Said said = say(turning(irreversibleRun(), 100).end());

    assertThat(said.alerts).isEmpty();
    assertThat(said.windows).hasSize(50);
    assertThat(said.windows.subList(0, 4))
        .allSatisfy(
            window -> {
              assertThat(window.getVerdict().getJudged()).isFalse();
              assertThat(window.getVerdict().getBound()).isNotNull();
            });
    assertThat(said.windows.subList(4, 50))
        .allSatisfy(
            window -> {
              assertThat(window.getVerdict().getJudged()).isTrue();
              assertThat(window.getVerdict().getBound()).isGreaterThan(1);
              assertThat(window.getVerdict().getAlarm()).isFalse();
              assertThat(window.getVerdict().getFrozen()).isFalse();
            });
  }

  @Test
  void aCollapse_isRaisedAtTheThirdStrideWithItsEvidence_andResolvedWhenTheChainTurnsAgain() {
    KnownChains chains = irreversibleRun();
    turning(chains, 40);
    reversible(chains, 60);
    turning(chains, 40);
    Said said = say(chains.end());

    assertThat(kindsAndActions(said.alerts))
        .containsExactly(
            new Tuple(AlertKind.COLLAPSE, AlertAction.RAISED),
            new Tuple(AlertKind.COLLAPSE, AlertAction.RESOLVED));
    Alert raised = said.alerts.get(0);
    Thermodynamics window = said.windows.get((int) raised.getSequence());
    assertThat(raised.getFromStep()).isEqualTo(window.getFromStep()).isBetween(35L, 60L);
    assertThat(raised.getToStep()).isEqualTo(window.getToStep());
    assertThat(raised.getTransitions()).isEqualTo(WINDOW_STEPS * CHAINS);
    assertThat(raised.getGroups()).isEqualTo(32);
    assertThat(raised.getStates()).isEqualTo(3);
    assertThat(raised.getFloor()).isEqualTo(0.5);
    assertThat(raised.getBound()).isLessThan(0.5).isEqualTo(window.getVerdict().getBound());
    assertThat(raised.getCounts()).isEqualTo(window.getCounts());
    assertThat(raised.getPValue()).isNull();
    assertThat(raised.getVanishedCycle().getStates()).containsExactly(0, 1, 2);
    assertThat(raised.getVanishedCycle().getWeight()).isCloseTo(0.7 / 3, within(0.1));
    assertThat(window.getVerdict().getAlarm()).isTrue();
    assertThat(said.windows.subList((int) raised.getSequence() - 3, (int) raised.getSequence()))
        .extracting(each -> each.getVerdict().getStrikes())
        .containsExactly(0, 1, 2);
    assertThat(said.alerts.get(1).getBound()).isGreaterThanOrEqualTo(0.5);
    assertThat(said.alerts.get(1).getVanishedCycle()).isNull();
    assertThat(said.windows.get(said.windows.size() - 1).getVerdict().getAlarm()).isFalse();
  }

  @Test
  void gauges_followTheAlert() {
    KnownChains chains = irreversibleRun();
    turning(chains, 30);
    int calm = chains.records().size();
    reversible(chains, 40);
    List<ChainStates> records = chains.resume(70).run(1, 0.8, 0.1).records();
    try (TopologyFixture stream = new TopologyFixture(SETTINGS, directory)) {
      records.subList(0, calm).forEach(stream::send);
      assertThat(stream.metric("ratchet_collapsed{run=\"run-a\",}")).isZero();
      assertThat(stream.metric(active("collapse"))).isZero();
      assertThat(stream.metric(active("frozen"))).isZero();
      assertThat(stream.metric(active("irreversible"))).isNaN();
      records.subList(calm, records.size() - 1).forEach(stream::send);
      assertThat(stream.metric("ratchet_collapsed{run=\"run-a\",}")).isEqualTo(1);
      assertThat(stream.metric(active("collapse"))).isEqualTo(1);
      stream.send(records.get(records.size() - 1));
      assertThat(stream.metric(active("collapse"))).isZero();
    }
  }

  private static String active(String kind) {
    return "ratchet_alert_active{run=\"run-a\",kind=\"" + kind + "\",}";
  }

  @Test
  void aLaterAttempt_supersedesWhatStands_andBeginsUnjudged() {
    KnownChains chains = irreversibleRun();
    turning(chains, 20);
    reversible(chains, 40);
    chains.resume(30);
    Said said = say(turning(chains, 40).end());

    assertThat(kindsAndActions(said.alerts))
        .containsExactly(
            new Tuple(AlertKind.COLLAPSE, AlertAction.RAISED),
            new Tuple(AlertKind.COLLAPSE, AlertAction.SUPERSEDED));
    Alert superseded = said.alerts.get(1);
    assertThat(superseded.getAttempt()).isEqualTo(1);
    assertThat(superseded.getSequence()).isEqualTo(said.alerts.get(0).getSequence());
    assertThat(superseded.getMessage()).contains("attempt 2").contains("step 30");
    assertThat(
            said.windows.stream()
                .filter(window -> window.getAttempt() == 2)
                .limit(4)
                .map(window -> window.getVerdict().getJudged()))
        .containsExactly(false, false, false, false);
  }

  @Test
  void restartsInTheMiddle_changeNoBit() {
    KnownChains chains = irreversibleRun();
    turning(chains, 20);
    reversible(chains, 40);
    frozen(chains, 30);
    turning(chains, 30);
    chains.resume(110);
    List<ChainStates> records = turning(chains, 20).end().records();
    Said once = say(records, List.of(), SETTINGS);
    List<Integer> restarts = new ArrayList<>();
    for (int i = 1; i < records.size(); i += 3) {
      restarts.add(i);
    }
    Said restarted = say(records, restarts, SETTINGS);

    assertThat(once.alerts).hasSizeGreaterThan(3);
    assertThat(restarted).isEqualTo(once);
  }

  @Test
  void aFrozenChain_isFrozenAndNotReversible() {
    KnownChains chains = irreversibleRun();
    turning(chains, 20);
    frozen(chains, 40);
    Said said = say(chains.end());

    assertThat(kindsAndActions(said.alerts))
        .containsExactly(new Tuple(AlertKind.FROZEN, AlertAction.RAISED));
    Thermodynamics last = said.windows.get(said.windows.size() - 1);
    assertThat(last.getStatus()).isEqualTo(EstimateStatus.FROZEN);
    assertThat(last.getVerdict().getFrozen()).isTrue();
    assertThat(last.getVerdict().getAlarm()).isFalse();
    assertThat(said.alerts.get(0).getBound()).isNull();
    assertThat(said.alerts.get(0).getVanishedCycle().getStates()).containsExactly(0, 1, 2);
  }

  @Test
  void aRunThatShouldBeReversible_isAlarmedByCurrents_notByTheirAbsence() {
    KnownChains quiet = new KnownChains(RUN, Expectation.REVERSIBLE, CHAINS);
    assertThat(say(reversible(quiet, 100).end()).alerts).isEmpty();

    KnownChains broken = new KnownChains(RUN, Expectation.REVERSIBLE, CHAINS);
    reversible(broken, 20);
    turning(broken, 40);
    Said said = say(reversible(broken, 40).end());
    assertThat(kindsAndActions(said.alerts))
        .containsExactly(
            new Tuple(AlertKind.IRREVERSIBLE, AlertAction.RAISED),
            new Tuple(AlertKind.IRREVERSIBLE, AlertAction.RESOLVED));
    assertThat(said.alerts.get(0).getBound()).isPositive();
    assertThat(said.alerts.get(0).getPValue()).isLessThan(0.01);
    assertThat(said.alerts.get(0).getVanishedCycle()).isNull();
  }

  @Test
  void aDrivenRun_andOneThatExpectsNothing_areNotJudged() {
    for (Expectation expectation : List.of(Expectation.DRIVEN, Expectation.UNKNOWN)) {
      Said said = say(reversible(new KnownChains(RUN, expectation, CHAINS), 60).end());
      assertThat(said.alerts).isEmpty();
      assertThat(said.windows)
          .isNotEmpty()
          .allSatisfy(window -> assertThat(window.getVerdict()).isNull());
    }
  }

  @Test
  void tooFewGroupsOrTransitions_canNotBeJudged() {
    Said fewGroups = say(reversible(new KnownChains(RUN, Expectation.IRREVERSIBLE, 19), 60).end());
    // A floor of 0.1 asks for 1,000 transitions a window; there are 640.
    Said fewTransitions =
        say(
            reversible(irreversibleRun(), 60).end().records(),
            List.of(),
            new WindowSettings(2, 5, 3, 0.1));
    for (Said said : List.of(fewGroups, fewTransitions)) {
      assertThat(said.alerts).isEmpty();
      assertThat(said.windows)
          .hasSize(30)
          .allSatisfy(window -> assertThat(window.getVerdict().getJudged()).isFalse());
    }
  }

  @Test
  void emptyBuckets_areJudged_whereAStrideEnds() {
    // Reversible for four strides of a whole window, then three buckets without a sweep.
    KnownChains chains = irreversibleRun();
    reversible(chains, 12).skip(6);
    Said said = say(chains.end());
    assertThat(said.windows).hasSize(6);
    assertThat(kindsAndActions(said.alerts))
        .containsExactly(new Tuple(AlertKind.COLLAPSE, AlertAction.RAISED));
    Alert raised = said.alerts.get(0);
    assertThat(raised.getToStep()).isEqualTo(13);
    assertThat(raised.getSequence()).isEqualTo(5);
    assertThat(raised.getTransitions()).isEqualTo(4 * 2 * CHAINS);
  }

  @Test
  void theEnd_isJudged_thoughNoStrideEndsThere() {
    // Strides of two buckets of one step. Whole windows from bucket 9 on; the end closes 13.
    WindowSettings settings = new WindowSettings(1, 10, 3, 0.5);
    KnownChains chains = reversible(irreversibleRun(), 13);
    assertThat(say(chains.records(), List.of(), settings).alerts).isEmpty();

    Said said = say(chains.end().records(), List.of(), settings);
    assertThat(said.windows.stream().map(window -> window.getVerdict().getJudged()))
        .endsWith(false, true, false, true)
        .filteredOn(judged -> judged)
        .hasSize(2);
    assertThat(kindsAndActions(said.alerts))
        .containsExactly(new Tuple(AlertKind.COLLAPSE, AlertAction.RAISED));
    assertThat(said.alerts.get(0).getToStep()).isEqualTo(13);
  }
}
