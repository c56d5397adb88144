package io.ratchet.stream.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.GradientUpdate;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class LogExtentTest {
  @Test
  void whatRetentionHasNotTouched_isWhole_whateverItsNumbers() {
    assertThat(extent(false, 5, 6, 7).isWhole()).isTrue();
    assertThat(extent(false).isWhole()).isTrue();
  }

  @Test
  void aRunThatBeginsAfterTheCut_isWhole_inTheOrderOfAnyNetwork() {
    for (long[] order : List.of(new long[] {0, 1, 2, 3}, new long[] {3, 1, 0, 1, 2, 4})) {
      LogExtent extent = extent(true, order);
      assertThat(extent.isWhole()).isTrue();
      assertThat(extent.completeFrom()).hasValue(0);
    }
  }

  @Test
  void aRunThatWasCut_isCompleteFromAfterItsFirstStepOn() {
    LogExtent extent = extent(true, 5, 6, 7);
    assertThat(extent.isWhole()).isFalse();
    assertThat(extent.completeFrom()).hasValue(51);
    assertThat(extent.lastStep()).isEqualTo(70);
    assertThat(extent.records()).isEqualTo(3);
  }

  @Test
  void aLateCopyOfWhatWasCut_doesNotMakeUpForIt() {
    for (long first : new long[] {5, 500}) {
      for (long late : new long[] {0, 3}) {
        LogExtent extent = extent(true, first, first + 1, late, first + 2);
        assertThat(extent.isWhole()).isFalse();
        assertThat(extent.completeFrom()).hasValue(10 * first + 1);
      }
    }
  }

  @Test
  void withoutRecords_nothingIsComplete() {
    assertThat(extent(true).isWhole()).isFalse();
    assertThat(extent(true).completeFrom()).isEmpty();
  }

  /** The extent of updates with these numbers, ten steps between two of them. */
  private static LogExtent extent(boolean truncated, long... numbers) {
    LogExtent extent = new LogExtent(truncated);
    LongStream.of(numbers)
        .forEach(
            number ->
                extent.take(
                    GradientUpdate.newBuilder()
                        .setRun("run")
                        .setAttempt(1)
                        .setWorker(0)
                        .setIncarnation(1)
                        .setStep(10 * number)
                        .setSequence(number)
                        .build()));
    return extent;
  }
}
