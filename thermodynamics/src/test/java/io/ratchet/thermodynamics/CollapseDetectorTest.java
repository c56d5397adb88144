package io.ratchet.thermodynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.thermodynamics.CollapseDetector.Expectation;
import io.ratchet.thermodynamics.CollapseDetector.Latch;
import io.ratchet.thermodynamics.CollapseDetector.Opinion;
import io.ratchet.thermodynamics.CollapseDetector.State;
import io.ratchet.thermodynamics.CollapseDetector.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollapseDetectorTest {
  private static final double FLOOR = 0.05;
  private static final OptionalDouble UNTESTED = OptionalDouble.empty();

  private static final GroupedCounts DRIVEN = window(32, 150, 10);
  private static final GroupedCounts BALANCED = window(32, 80, 80);
  private static final GroupedCounts FROZEN = frozen(32);

  private final CollapseDetector detector = CollapseDetector.of(Expectation.IRREVERSIBLE, FLOOR, 3);

  @Test
  void alarm_isRaisedByThreeStridesBelowTheFloor_andResolvedByThreeAbove() {
    List<GroupedCounts> windows =
        List.of(
            DRIVEN, BALANCED, BALANCED, DRIVEN, BALANCED, BALANCED, BALANCED, BALANCED, DRIVEN,
            DRIVEN, BALANCED, DRIVEN, DRIVEN, DRIVEN);

    List<String> course = new ArrayList<>();
    State state = State.INITIAL;
    for (GroupedCounts window : windows) {
      Verdict verdict = judge(detector, state, window, true);
      assertThat(verdict.judged()).isTrue();
      state = verdict.state();
      course.add(verdict.opinion().name().charAt(0) + "" + state.alarm().strikes());
    }

    assertThat(course)
        .containsExactly(
            "F0", "D1", "D2", "F0", "D1", "D2", "A0", "A0", "A1", "A2", "A0", "A1", "A2", "F0");
  }

  @Test
  void strideThatCannotBeJudged_leavesTheCountAsItIs() {
    State two = new State(new Latch(false, 2), new Latch(false, 0));

    Verdict incomplete = judge(detector, two, BALANCED, false);
    Verdict small = judge(detector, two, window(32, 10, 10), true);
    Verdict fewGroups = judge(detector, two, window(19, 200, 200), true);
    Verdict judged = judge(detector, two, window(20, 200, 200), true);

    assertThat(List.of(incomplete, small, fewGroups))
        .allSatisfy(
            verdict -> {
              assertThat(verdict.judged()).isFalse();
              assertThat(verdict.opinion()).isEqualTo(Opinion.CANNOT_TELL);
              assertThat(verdict.state()).isEqualTo(two);
            });
    assertThat(judged.state().alarm().raised()).isTrue();
    assertThat(judged.opinion()).isEqualTo(Opinion.ALARMED);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0.05, 2000",
    "7, 0.05, 2000",
    "10, 0.05, 2800",
    "20, 0.1, 2800",
    "10, 0.03, 4667"
  })
  void windowNeeds100Or14KNats(int states, double floor, long least) {
    assertThat(CollapseDetector.of(Expectation.IRREVERSIBLE, floor, states).leastTransitions())
        .isEqualTo(least);
  }

  @Test
  void frozenChain_isNotACollapsedOne() {
    State state = State.INITIAL;
    for (int stride = 0; stride < 3; stride++) {
      assertThat(state.frozen().raised()).isFalse();
      Verdict verdict = judge(detector, state, FROZEN, true);
      assertThat(verdict.judged()).isFalse();
      assertThat(verdict.opinion()).isEqualTo(Opinion.FROZEN);
      state = verdict.state();
    }

    assertThat(state.frozen().raised()).isTrue();
    assertThat(state.alarm()).isEqualTo(State.INITIAL.alarm());
  }

  @Test
  void reversibleChain_isAlarmedByCurrents_notByTheirAbsence() {
    CollapseDetector reversible = CollapseDetector.of(Expectation.REVERSIBLE, FLOOR, 3);
    State state = State.INITIAL;
    for (int stride = 0; stride < 3; stride++) {
      assertThat(state.alarm().raised()).isFalse();
      state = judge(reversible, state, DRIVEN, true, OptionalDouble.of(0.005)).state();
    }
    assertThat(state.alarm().raised()).isTrue();

    for (int stride = 0; stride < 3; stride++) {
      assertThat(state.alarm().raised()).isTrue();
      state = judge(reversible, state, BALANCED, true, OptionalDouble.of(0.5)).state();
    }
    assertThat(state.alarm().raised()).isFalse();
  }

  @Test
  void reversibleChain_needsBothTheTestAndTheBound() {
    CollapseDetector reversible = CollapseDetector.of(Expectation.REVERSIBLE, FLOOR, 3);

    assertThat(opinion(reversible, DRIVEN, OptionalDouble.of(0.01))).isEqualTo(Opinion.FINE);
    assertThat(opinion(reversible, BALANCED, OptionalDouble.of(0.005))).isEqualTo(Opinion.FINE);
    assertThat(opinion(reversible, DRIVEN, OptionalDouble.of(0.005))).isEqualTo(Opinion.DOUBTFUL);
    assertThat(opinion(reversible, DRIVEN, UNTESTED)).isEqualTo(Opinion.CANNOT_TELL);
  }

  @Test
  void drivenTransient_isNeverJudged() {
    CollapseDetector driven = CollapseDetector.of(Expectation.DRIVEN, FLOOR, 3);
    for (GroupedCounts window : List.of(DRIVEN, BALANCED, FROZEN)) {
      Verdict verdict = judge(driven, State.INITIAL, window, true);
      assertThat(verdict.opinion()).isEqualTo(Opinion.NOT_JUDGED);
      assertThat(verdict.state()).isEqualTo(State.INITIAL);
    }
  }

  @Test
  void bound_isOneSidedAt99Percent() {
    EntropyProduction found = EntropyProduction.fromCounts(BALANCED, 150);

    Verdict verdict = judge(detector, State.INITIAL, BALANCED, true);

    assertThat(verdict.bound()).isEqualTo(found.upperBound(0.99));
    assertThat(
            judge(
                    CollapseDetector.of(Expectation.REVERSIBLE, FLOOR, 3),
                    State.INITIAL,
                    BALANCED,
                    true)
                .bound())
        .isEqualTo(found.lowerBound(0.99));
  }

  @Test
  void unusableSettings_areRefused() {
    assertThatThrownBy(() -> CollapseDetector.of(Expectation.REVERSIBLE, Double.NaN, 3))
        .hasMessage("floor is NaN; it must be positive and finite");
    assertThatThrownBy(() -> CollapseDetector.of(Expectation.REVERSIBLE, 0, 3))
        .hasMessageContaining("floor is 0.0");
    assertThatThrownBy(() -> new Latch(true, 3)).hasMessageContaining("strikes is 3");
  }

  private static Opinion opinion(
      CollapseDetector detector, GroupedCounts window, OptionalDouble signFlip) {
    return judge(detector, State.INITIAL, window, true, signFlip).opinion();
  }

  private static Verdict judge(
      CollapseDetector detector, State state, GroupedCounts window, boolean complete) {
    return judge(detector, state, window, complete, UNTESTED);
  }

  private static Verdict judge(
      CollapseDetector detector,
      State state,
      GroupedCounts window,
      boolean complete,
      OptionalDouble signFlip) {
    return detector.judge(
        state, window, EntropyProduction.fromCounts(window, 150), signFlip, complete);
  }

  /** A ring of three states with as many steps around and back in every group. */
  private static GroupedCounts window(int groups, long around, long back) {
    GroupedCounts counts = GroupedCounts.empty(32, 3);
    for (int group = 0; group < groups; group++) {
      for (int state = 0; state < 3; state++) {
        counts.add(group, state, (state + 1) % 3, around);
        counts.add(group, (state + 1) % 3, state, back);
      }
    }
    return counts;
  }

  private static GroupedCounts frozen(int groups) {
    GroupedCounts counts = GroupedCounts.empty(32, 3);
    for (int group = 0; group < groups; group++) {
      counts.add(group, group % 3, group % 3, 500);
    }
    return counts;
  }
}
