package io.ratchet.trainer.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TeamTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyIndex_isDoneOnce_andByOneMember(int size) {
    try (Team team = Team.of(size)) {
      for (int count : new int[] {0, 1, 2, 7, 1_000}) {
        for (int loop = 0; loop < 200; loop++) {
          int[] times = new int[count];
          boolean[] members = new boolean[size];
          team.each(
              count,
              (member, from, to) -> {
                members[member] |= from < to;
                for (int i = from; i < to; i++) {
                  times[i]++;
                }
              });
          assertThat(Arrays.stream(times).allMatch(n -> n == 1)).isTrue();
          if (count >= size) {
            assertThat(members).doesNotContain(false);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatAMemberThrows_isThrown_andTheTeamGoesOn(int culprit) {
    try (Team team = Team.of(2)) {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  team.each(
                      2,
                      (member, from, to) -> {
                        if (member == culprit) {
                          throw new IllegalStateException("by member " + member);
                        }
                      }))
          .satisfies(
              e ->
                  assertThat(e.getCause() == null ? e : e.getCause())
                      .hasMessage("by member " + culprit));
      int[] done = new int[2];
      team.each(2, (member, from, to) -> done[member] = to - from);
      assertThat(done).containsExactly(1, 1);
    }
  }

  @Test
  void members_areThreadsOfTheirOwn_thatEndWithTheTeam() throws InterruptedException {
    ConcurrentHashMap<Integer, Thread> threads = new ConcurrentHashMap<>();
    try (Team team = Team.of(2)) {
      team.each(2, (member, from, to) -> threads.put(member, Thread.currentThread()));
    }
    assertThat(threads).hasSize(2);
    assertThat(threads.get(0)).isSameAs(Thread.currentThread());
    threads.get(1).join(10_000);
    assertThat(threads.get(1).isAlive()).isFalse();
  }
}
