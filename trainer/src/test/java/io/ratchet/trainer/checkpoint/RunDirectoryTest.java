package io.ratchet.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunDirectoryTest {
  @TempDir Path path;
  private RunDirectory directory;

  @BeforeEach
  void open() {
    directory = RunDirectory.of(path.resolve("run"));
  }

  @Test
  void line_leavesOutWhatALaterAttemptSuperseded() throws IOException {
    assertThat(directory.isEmpty()).isTrue();
    assertThat(directory.highestAttempt()).isZero();
    directory.begin(1, 0);
    write(1, 0, 100, 200, 300);
    directory.begin(2, 100);
    assertThat(directory.highestAttempt()).isEqualTo(2);
    assertThat(directory.latest().step()).isEqualTo(100); // not 300: attempt 2 did not get there
    write(2, 150);
    assertThat(directory.latest().step()).isEqualTo(150);
    write(2, 200);
    assertThat(directory.latest().attempt()).isEqualTo(2);
    directory.begin(4, 200);
    write(4, 250);

    assertThat(directory.nearest(249).step()).isEqualTo(200);
    assertThat(directory.nearest(100).step()).isEqualTo(100);
    assertThat(directory.nearest(99).step()).isZero();
    assertThat(directory.at(150).attempt()).isEqualTo(2);
    refused(() -> directory.at(300), "step-300.avro: superseded by attempt 2, which began at step");
    assertThat(directory.attemptAfter(directory.at(0))).isEqualTo(1);
    assertThat(directory.attemptAfter(directory.at(100))).isEqualTo(2);
    assertThat(directory.attemptAfter(directory.at(200))).isEqualTo(4);
    refused(() -> directory.at(120), "step-120.avro: no such file", "0, 100, 150, 200, 250, 300");
  }

  @Test
  void attempt_thatIsNotAboveAllOthers_isRefused() throws IOException {
    directory.begin(1, 0);
    directory.begin(3, 0);
    refused(() -> directory.begin(3, 0), "attempt 3 was begun by another process, attempt 3 is");
    refused(() -> directory.begin(2, 0), "attempt 3 was begun by another process, attempt 2 is");
    assertThat(Files.readString(path.resolve("run/attempts"))).isEqualTo("1 0\n3 0\n");
  }

  @Test
  void whatAnEarlierRunLeft_goesWhenToldTo() throws IOException {
    directory.begin(1, 0);
    write(1, 0, 700);
    Path half = Files.createFile(path.resolve("run/step-800.avro.123.tmp"));
    Path other = Files.createFile(path.resolve("run/notes.txt"));
    directory.clear();
    assertThat(directory.highestAttempt()).isZero();
    directory.begin(1, 0);
    assertThat(half).as("an attempt may begin while its process has staged files").exists();
    directory.removeStaged();
    assertThat(half).doesNotExist();
    assertThat(directory.file(700)).doesNotExist();
    assertThat(other).exists();
    refused(() -> directory.latest(), "run: no checkpoint, allowed: a directory in which a run");
  }

  @Test
  void furthest_isTheWorkerOfTheHighestAttempt_thenOfTheHighestStep() throws IOException {
    assertThat(directory.furthest().path()).isEqualTo(directory.path());
    RunDirectory run = directory;
    for (int worker : new int[] {2, 0, 1}) {
      directory = run.ofWorker(worker);
      directory.begin(1, 0);
      write(1, 0, 300);
    }
    assertThat(run.furthest().path()).isEqualTo(run.ofWorker(0).path());
    write(1, 400);
    assertThat(run.furthest().path()).isEqualTo(run.ofWorker(1).path());
    run.ofWorker(2).begin(2, 350); // left the others out, or went back
    assertThat(run.furthest().path()).isEqualTo(run.ofWorker(2).path());
    Files.createDirectories(run.ofWorker(3).path());
    assertThat(run.furthest().path()).isEqualTo(run.ofWorker(2).path());
    directory = run;
    write(1, 100);
    assertThat(run.furthest().path()).isEqualTo(run.path());
  }

  @Test
  void damage_isReported_notSteppedOver() throws IOException {
    directory.begin(1, 0);
    write(1, 0, 10);
    byte[] bytes = Files.readAllBytes(directory.file(10));
    bytes[bytes.length - 20] ^= 1; // in the record
    Files.write(directory.file(10), bytes);
    refused(() -> directory.latest(), "step-10.avro: not a checkpoint, or damaged");
    assertThat(directory.at(0).step()).isZero();

    Files.copy(directory.file(0), directory.file(5));
    refused(() -> directory.at(5), "step-5.avro: of step 0, renamed?");
    Files.writeString(path.resolve("run/attempts"), "1 0\n2\n");
    refused(() -> directory.at(0), "attempts:2: '2', allowed: ATTEMPT START-STEP");
  }

  private void write(int attempt, long... steps) throws IOException {
    for (long step : steps) {
      Checkpoints.write(
          directory.file(step),
          new Snapshot(
              "r",
              attempt,
              0,
              1,
              step,
              "tied",
              1,
              1,
              List.of(),
              List.of(),
              new byte[0],
              new byte[0],
              new byte[0],
              0,
              0,
              Snapshot.NOWHERE,
              1,
              Map.of()));
    }
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... parts) {
    assertThatThrownBy(call).isInstanceOf(InputException.class).hasMessageContainingAll(parts);
  }
}
