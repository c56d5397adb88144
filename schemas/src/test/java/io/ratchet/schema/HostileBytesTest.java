package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever the bytes, the outcome is a record or a refusal, at a cost in proportion to them. */
class HostileBytesTest {
  private static final List<byte[]> GOLDEN =
      GoldenRecords.all().values().stream().map(RecordCodec::encode).toList();

  /**
   * Bytes that a decode may allocate: the record's own objects and defaults, and for each byte of
   * input at most an array item (a boxed number or a small record and its slot).
   */
  private static final long ALLOWED_FIXED = 64 << 10;

  private static final long ALLOWED_PER_BYTE = 256;

  @Property(tries = 2000)
  void anyBytes_areARecordOrRefused(@ForAll byte[] bytes) {
    decodes(bytes);
  }

  @Property(tries = 5000)
  void anyBody_isARecordOrRefused(
      @ForAll @IntRange(max = 10) int type, @ForAll @Size(max = 300) byte[] body) {
    byte[] bytes = Arrays.copyOf(GOLDEN.get(type), 10 + body.length);
    System.arraycopy(body, 0, bytes, 10, body.length);
    decodes(bytes);
  }

  @Property(tries = 20_000)
  void mutatedRecords_areRecordsOrRefused(
      @ForAll @IntRange(max = 10) int type,
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1 << 20) Integer> where,
      @ForAll("nastyBytes") byte[] what) {
    byte[] bytes = GOLDEN.get(type).clone();
    for (int at : where) {
      for (int i = 0; i < what.length; i++) {
        int index = 10 + (at + i) % (bytes.length - 10);
        bytes[index] = what[i];
      }
    }
    decodes(bytes);
  }

  @Property(tries = 5000)
  void splicedRecords_areRecordsOrRefused(
      @ForAll @IntRange(max = 10) int type,
      @ForAll @IntRange(max = 1 << 20) int at,
      @ForAll("nastyBytes") byte[] what) {
    byte[] record = GOLDEN.get(type);
    int cut = 10 + at % (record.length - 10);
    byte[] bytes = Arrays.copyOf(record, record.length + what.length);
    System.arraycopy(what, 0, bytes, cut, what.length);
    System.arraycopy(record, cut, bytes, cut + what.length, record.length - cut);
    decodes(bytes);
  }

  /** Numbers that hurt: the ends of int and long as Avro writes them, and runs of FF. */
  @Provide
  Arbitrary<byte[]> nastyBytes() {
    byte f = (byte) 0xff;
    return Arbitraries.of(
        new byte[] {0},
        new byte[] {1},
        new byte[] {(byte) 0x80},
        new byte[] {f},
        new byte[] {(byte) 0x80, (byte) 0x80, 0x40}, // 2^19: below Avro's own limits
        new byte[] {f, f, f, f, 0x0f},
        new byte[] {(byte) 0xfe, f, f, f, 0x0f},
        new byte[] {(byte) 0xfe, f, f, f, f, f, f, f, f, 1},
        new byte[] {f, f, f, f, f, f, f, f, f, 1},
        new byte[] {f, f, f, f, f, f, f, f, f, f, f, f},
        new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x10});
  }

  private static void decodes(byte[] bytes) {
    decode(bytes); // the first time on a path, the JVM links it and allocates for that
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    decode(bytes);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).isLessThan(ALLOWED_FIXED + ALLOWED_PER_BYTE * bytes.length);
  }

  private static void decode(byte[] bytes) {
    try {
      RecordCodec.decode(bytes);
    } catch (DecodeException refused) {
      assertThat(refused).hasMessageStartingWith(refused.reason().code());
    }
  }
}
