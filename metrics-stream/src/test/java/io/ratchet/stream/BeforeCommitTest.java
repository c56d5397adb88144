package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.stream.store.BeforeCommit;
import io.ratchet.stream.store.PagedLog;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is kept in memory until a commit: who saves it, and what a log writes then. */
class BeforeCommitTest {
  private static final byte[] PREFIX = {'r', 0};

  private final BeforeCommit beforeCommit = ProcessorFixture.beforeCommit();
  private final MapStore store = new MapStore("logs");

  @Test
  void whatHasChanged_isSavedOnceACommit() {
    AtomicInteger saves = new AtomicInteger();
    BeforeCommit.Unsaved run = saves::incrementAndGet;
    beforeCommit.add(run, 1);
    beforeCommit.add(run, 1);
    beforeCommit.flushCache();
    assertThat(saves).hasValue(1);
    beforeCommit.flushCache();
    beforeCommit.save(run);
    assertThat(saves).describedAs("nothing has changed").hasValue(1);
    beforeCommit.add(run, 1);
    beforeCommit.save(run);
    beforeCommit.flushCache();
    assertThat(saves).hasValue(2);
  }

  @Test
  void whatIsUnsaved_isBounded() {
    AtomicInteger saves = new AtomicInteger();
    for (int megabyte = 0; megabyte < 100; megabyte++) {
      beforeCommit.add(saves::incrementAndGet, 1 << 20);
    }
    assertThat(saves).hasValue(99); // after 33 each: the hundredth waits
  }

  @Test
  void aCommitThatWasNotAnnounced_stopsTheTask() {
    beforeCommit.commit(Map.of());
    beforeCommit.add(() -> {}, 1);
    assertThatThrownBy(() -> beforeCommit.commit(Map.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("without a flush");
  }

  @Test
  void aLog_isWhatWasAppended_howeverItIsSavedAndReopened() {
    Random random = new Random(1);
    ByteArrayOutputStream appended = new ByteArrayOutputStream();
    PagedLog log = PagedLog.create(store, PREFIX);
    for (int turn = 0; turn < 2_000; turn++) {
      // Now and then an entry that takes several pages of 512 KiB.
      byte[] entry = new byte[random.nextInt(500) == 0 ? 1_500_000 : random.nextInt(3_000)];
      random.nextBytes(entry);
      log.append(out -> out.putBytes(entry));
      appended.writeBytes(entry);
      if (random.nextInt(3) == 0) {
        log.save();
      }
      if (random.nextInt(50) == 0) {
        assertThat(log.read()).isEqualTo(appended.toByteArray());
      }
      if (random.nextInt(50) == 0 && appended.size() > 0) {
        log.save();
        log = PagedLog.openAll(store, Arrays.copyOf(PREFIX, 1)).firstEntry().getValue();
      }
      if (random.nextInt(200) == 0) {
        log.delete();
        appended.reset();
        assertThat(store.approximateNumEntries()).isZero();
      }
    }
  }

  @Test
  void aLogThatIsDeletedBeforeItIsSaved_isNeverWritten() {
    PagedLog log = PagedLog.create(store, PREFIX);
    log.append(out -> out.putBytes(new byte[100_000]));
    log.delete();
    log.save();
    assertThat(store.writes()).isZero();
  }
}
