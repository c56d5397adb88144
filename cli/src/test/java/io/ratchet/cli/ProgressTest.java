package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** How far a long work is, on a terminal and without one. */
class ProgressTest {
  private static Progress resumed() {
    return Progress.of("digits-1", Progress.Unit.UPDATE, 1_000, 2_000, new DoctorCommand());
  }

  private static String bar(long step) {
    ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    try (Progress progress = resumed()) {
      progress.start(new PrintStream(terminal, true, StandardCharsets.UTF_8));
      progress.updated(step, -160);
    }
    String[] drawn = terminal.toString(StandardCharsets.UTF_8).strip().split("\r", -1);
    return drawn[drawn.length - 1];
  }

  @Test
  void onATerminal_aBar_withRateAndLogLikelihood_in80Columns() {
    assertThat(bar(1_500)).contains("digits-1", " 75% [", " 1500/2000 (", "/s ln p -160.00");
  }

  @Test
  void whatWasDoneBeforeAResume_saysNothingOfTheTimeLeft() {
    assertThat(bar(1_000)).contains(" 50% [", "(0:00:00 / ?)");
  }

  @Test
  void withoutATerminal_lines_withRateAndTimeLeft() {
    try (Progress progress = resumed()) {
      progress.start(null);
      progress.updated(1_200, -160.5);
      assertThat(progress.line(10_000))
          .isEqualTo("step 1,200 of 2,000, 20 updates/s, 40 s left, log-likelihood -160.50");
      assertThat(progress.line(10_000))
          .isEqualTo("step 1,200 of 2,000, 0 updates/s, log-likelihood -160.50");
    }
    try (Progress progress =
        Progress.of("a", Progress.Unit.RECORD, 0, 50_000, new DoctorCommand())) {
      progress.at(20_000);
      assertThat(progress.line(10_000))
          .isEqualTo("record 20,000 of 50,000, 2,000 records/s, 15 s left");
    }
  }
}
