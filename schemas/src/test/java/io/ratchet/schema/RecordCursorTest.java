package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

/** The cursor beside {@link RecordCodec}, on whole records and on damaged ones. */
class RecordCursorTest {
  @Test
  void aChainStatesRecord_isReadAsTheCodecReadsIt_orRefusedWithIt() {
    Random random = new Random(1);
    int read = 0;
    int refused = 0;
    for (Map.Entry<String, SpecificRecord> golden : GoldenRecords.all().entrySet()) {
      if (!(golden.getValue() instanceof ChainStates)) {
        continue;
      }
      byte[] whole = RecordCodec.encode(golden.getValue());
      for (int turn = 0; turn < 20_000; turn++) {
        byte[] bytes = turn == 0 ? whole : damaged(whole, random);
        ChainStates expected = byCodec(bytes);
        assertThat(byCursor(bytes))
            .as("%s, turn %d: %s", golden.getKey(), turn, Arrays.toString(bytes))
            .isEqualTo(expected);
        if (expected == null) {
          refused++;
        } else {
          read++;
        }
      }
    }
    assertThat(read).isGreaterThan(1_000);
    assertThat(refused).isGreaterThan(1_000);
  }

  @Test
  void numbers_areReadToTheirLastBit() throws Exception {
    for (long value : new long[] {0, 1, -1, 63, 64, Long.MAX_VALUE, Long.MIN_VALUE}) {
      Worker worker =
          Worker.newBuilder((Worker) GoldenRecords.all().get("worker-full"))
              .setIncarnation(value)
              .build();
      RecordCursor in = RecordCursor.over(RecordCodec.encode(worker), Worker.class);
      in.skip(in.readLength());
      assertThat(in.readInt()).isEqualTo(worker.getAttempt());
      assertThat(in.readInt()).isEqualTo(worker.getWorker());
      assertThat(in.readLong()).isEqualTo(value);
    }
  }

  @Test
  void aKnownBeginning_isPassedOver_andNoOther() throws Exception {
    byte[] record = RecordCodec.encode(GoldenRecords.all().get("worker-full"));
    RecordCursor first = RecordCursor.over(record, Worker.class);
    first.skip(first.readLength());
    byte[] start = Arrays.copyOf(record, first.position());
    int attempt = first.readInt();

    RecordCursor again = RecordCursor.over(record, Worker.class);
    assertThat(again.skipIfEqual(start)).isTrue();
    assertThat(again.readInt()).isEqualTo(attempt);

    byte[] other = start.clone();
    other[other.length - 1]++;
    RecordCursor fresh = RecordCursor.over(record, Worker.class);
    assertThat(fresh.skipIfEqual(other)).isFalse();
    assertThat(fresh.skipIfEqual(Arrays.copyOf(record, record.length + 1))).isFalse();
    assertThat(fresh.position()).isEqualTo(RecordCodec.HEADER_BYTES);
  }

  @Test
  void anotherRecord_isRefused() {
    byte[] worker = RecordCodec.encode(GoldenRecords.all().get("worker-full"));
    assertThatThrownBy(() -> RecordCursor.over(worker, ChainStates.class))
        .isInstanceOf(DecodeException.class)
        .hasMessageContaining("Worker instead of ChainStates");
    assertThatThrownBy(() -> RecordCursor.over(null, ChainStates.class))
        .isInstanceOf(DecodeException.class);
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] bytes = Arrays.copyOf(whole, whole.length - (random.nextInt(4) == 0 ? 1 : 0));
    for (int left = random.nextInt(3); left >= 0; left--) {
      bytes[random.nextInt(RecordCodec.HEADER_BYTES, bytes.length)] =
          random.nextBoolean() ? (byte) random.nextInt() : (byte) (random.nextInt(5) - 2);
    }
    return random.nextInt(10) == 0 ? Arrays.copyOf(bytes, bytes.length + 1) : bytes;
  }

  private static ChainStates byCodec(byte[] bytes) {
    try {
      return RecordCodec.decode(bytes, ChainStates.class);
    } catch (DecodeException e) {
      return null;
    }
  }

  private static ChainStates byCursor(byte[] bytes) {
    try {
      RecordCursor in = RecordCursor.over(bytes, ChainStates.class);
      ChainStates record = new ChainStates();
      int length = in.readLength();
      record.setRun(new String(in.bytes(), in.skip(length), length, StandardCharsets.UTF_8));
      record.setAttempt(in.readInt());
      record.setWorker(in.readInt());
      record.setIncarnation(in.readLong());
      record.setWorkers(in.readInt());
      record.setChainOffset(in.readInt());
      record.setChains(in.readInt());
      record.setStartStep(in.readLong());
      record.setStep(in.readLong());
      record.setSweep(in.readLong());
      record.setEnd(in.readBoolean());
      record.setExpectation(symbol(in, Expectation.values()));
      record.setStates(in.readInt());
      record.setEncoding(symbol(in, StateEncoding.values()));
      record.setFrom(bytes(in));
      record.setTo(bytes(in));
      record.setPathEntropy(in.readPresent() ? bytes(in) : null);
      record.setSoftTo(in.readPresent() ? bytes(in) : null);
      record.setClasses(in.readPresent() ? bytes(in) : null);
      record.setClassReference(in.readPresent() ? bytes(in) : null);
      record.setDataLatent(in.readPresent() ? bytes(in) : null);
      record.setSamples(in.readPresent() ? bytes(in) : null);
      record.setVisible(in.readInt());
      record.setPhase(in.readPresent() ? in.readInt() : null);
      record.setProtocolTime(in.readPresent() ? in.readInt() : null);
      record.setTimestampMillis(in.readLong());
      in.end();
      return record;
    } catch (DecodeException e) {
      return null;
    }
  }

  private static <T> T symbol(RecordCursor in, T[] symbols) throws DecodeException {
    return symbols[in.readIndex(symbols.length)];
  }

  private static ByteBuffer bytes(RecordCursor in) throws DecodeException {
    int length = in.readLength();
    return ByteBuffer.wrap(in.bytes(), in.skip(length), length);
  }
}
