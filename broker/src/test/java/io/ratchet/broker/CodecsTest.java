package io.ratchet.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kafka with the codecs that the root's pom puts in the place of those that it comes with. */
class CodecsTest {
  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void whatIsCompressed_isReadAgain(CompressionType type) {
    SimpleRecord[] written = new SimpleRecord[100];
    for (int i = 0; i < written.length; i++) {
      byte[] value = new byte[1_000 + i];
      Arrays.fill(value, (byte) i);
      written[i] = new SimpleRecord(i, new byte[] {(byte) i}, value);
    }
    MemoryRecords records = MemoryRecords.withRecords(Compression.of(type).build(), written);
    if (type == CompressionType.NONE) {
      assertThat(records.sizeInBytes()).isGreaterThan(100_000);
    } else {
      assertThat(records.sizeInBytes()).isLessThan(20_000);
    }
    MemoryRecords received = MemoryRecords.readableRecords(records.buffer());
    List<Record> read = StreamSupport.stream(received.records().spliterator(), false).toList();
    assertThat(read).hasSize(written.length);
    for (int i = 0; i < written.length; i++) {
      assertThat(read.get(i).value()).as("record %d", i).isEqualTo(written[i].value());
    }
  }
}
