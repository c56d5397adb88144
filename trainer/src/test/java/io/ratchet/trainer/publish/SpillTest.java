package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.trainer.publish.Outgoing.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpillTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void file() {
    file = folder.resolve("run-0.spill");
  }

  @Test
  void records_comeOutAsAndInTheOrderTheyWentIn() throws IOException {
    try (Spill spill = Spill.open(file, 1 << 20)) {
      for (int i = 0; i < 100; i++) {
        assertThat(spill.append(record(i))).isTrue();
        if (i % 3 == 0) { // reading and writing take turns
          assertThat(spill.peek().millis()).isEqualTo(i / 3);
          spill.take();
        }
      }
      assertThat(millis(drain(spill))).isEqualTo(range(34, 100));
      assertThat(spill.isRead()).isTrue();
      assertThat(spill.isEmpty()).isFalse();
      spill.reset();
      assertThat(spill.isEmpty()).isTrue();
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void whatWasNotForgotten_isThereAgainAfterAKill() throws IOException {
    byte[] bytes;
    try (Spill spill = Spill.open(file, 1 << 20)) {
      for (int i = 0; i < 5; i++) {
        spill.append(record(i));
      }
      drain(spill); // read, but never said to be acknowledged
      bytes = Files.readAllBytes(file);
    }
    Files.write(file, bytes); // what a killed process leaves
    try (Spill spill = Spill.open(file, 1 << 20)) {
      List<Outgoing> records = drain(spill);
      assertThat(millis(records)).isEqualTo(range(0, 5));
      assertThat(records.get(3).kind()).isEqualTo(Kind.CHAIN_STATES);
      assertThat(records.get(3).value()).isEqualTo(record(3).value());
    }
  }

  @Test
  void everyTornEnd_isCutAtTheLastWholeRecord() throws IOException {
    List<Integer> ends = new ArrayList<>();
    byte[] whole;
    try (Spill spill = Spill.open(file, 1 << 20)) {
      for (int i = 0; i < 3; i++) {
        spill.append(record(i));
        ends.add((int) spill.size());
      }
      whole = Files.readAllBytes(file);
    }
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      int kept = 0;
      int keptBytes = 8;
      for (int end : ends) {
        if (end <= length) {
          kept++;
          keptBytes = end;
        }
      }
      try (Spill spill = Spill.open(file, 1 << 20)) {
        assertThat(spill.cutBytes()).isEqualTo(length < 8 ? length : length - keptBytes);
        assertThat(spill.append(record(7))).isTrue(); // the file can be written on
        List<Long> expected = range(0, kept);
        expected.add(7L);
        assertThat(millis(drain(spill))).as("cut to %d bytes", length).isEqualTo(expected);
      }
    }
  }

  @Test
  void everyFlippedBit_endsTheFileThere() throws IOException {
    byte[] whole;
    try (Spill spill = Spill.open(file, 1 << 20)) {
      for (int i = 0; i < 3; i++) {
        spill.append(record(i));
      }
      whole = Files.readAllBytes(file);
    }
    int frame = (whole.length - 8) / 3;
    for (int bit = 8 * 8; bit < 8 * whole.length; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(file, damaged);
      try (Spill spill = Spill.open(file, 1 << 20)) {
        assertThat(millis(drain(spill))).isEqualTo(range(0, (bit / 8 - 8) / frame));
        assertThat(spill.cutBytes()).isPositive();
      }
    }
  }

  @Test
  void fullFile_takesNoMore() throws IOException {
    try (Spill spill = Spill.open(file, 8 + 2 * 47)) {
      assertThat(spill.append(record(0))).isTrue();
      assertThat(spill.append(record(1))).isTrue();
      assertThat(spill.size()).as("two records of 8 + 9 + 30 bytes").isEqualTo(8 + 2 * 47);
      assertThat(spill.append(record(2))).isFalse();
      assertThat(millis(drain(spill))).isEqualTo(range(0, 2));
    }
  }

  @Test
  void putFirst_isBeforeWhatWasNotTaken() throws IOException {
    try (Spill spill = Spill.open(file, 1 << 20)) {
      for (int i = 0; i < 4; i++) {
        spill.append(record(i));
      }
      spill.peek();
      spill.take();
      spill.putFirst(List.of(record(10), record(11)));
      spill.append(record(4));
      assertThat(millis(drain(spill))).containsExactly(10L, 11L, 1L, 2L, 3L, 4L);
    }
    try (Spill spill = Spill.open(file, 1 << 20)) {
      assertThat(millis(drain(spill))).containsExactly(10L, 11L, 1L, 2L, 3L, 4L);
    }
    assertThat(folder.toFile().list()).containsExactly("run-0.spill");
  }

  @Test
  void secondUser_isRefused() throws IOException {
    try (Spill spill = Spill.open(file, 1 << 20)) {
      assertThatThrownBy(() -> Spill.open(file, 1 << 20))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use");
      assertThat(spill.append(record(0))).isTrue();
    }
  }

  @Test
  void anotherKindOfFile_isLeftAlone() throws IOException {
    Files.writeString(file, "somebody's precious notes");
    assertThatThrownBy(() -> Spill.open(file, 1 << 20)).hasMessageContaining("not a spill file");
    assertThat(file).hasContent("somebody's precious notes");
  }

  private static Outgoing record(int i) {
    byte[] value = new byte[30];
    Arrays.fill(value, (byte) i);
    return new Outgoing(Kind.CHAIN_STATES, value, i);
  }

  private static List<Outgoing> drain(Spill spill) throws IOException {
    List<Outgoing> records = new ArrayList<>();
    for (Outgoing next = spill.peek(); next != null; next = spill.peek()) {
      records.add(next);
      spill.take();
    }
    return records;
  }

  private static List<Long> millis(List<Outgoing> records) {
    return records.stream().map(Outgoing::millis).toList();
  }

  private static List<Long> range(int from, int to) {
    List<Long> numbers = new ArrayList<>();
    for (long i = from; i < to; i++) {
      numbers.add(i);
    }
    return numbers;
  }
}
