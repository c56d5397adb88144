package io.ratchet.stream;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.Reason;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.export.PrometheusExporter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** What is the same for every input: counting, decoding, the check of the partition, refusal. */
final class Intake {
  private final ProcessorContext<byte[], byte[]> context;
  private final PrometheusExporter exporter;
  private final int partitions;

  Intake(ProcessorContext<byte[], byte[]> context, PrometheusExporter exporter, int partitions) {
    this.context = context;
    this.exporter = exporter;
    this.partitions = partitions;
  }

  /** Where the record that is being processed lay. */
  RecordMetadata where() {
    return context
        .recordMetadata()
        .orElseThrow(() -> new IllegalStateException("a record without topic and offset"));
  }

  /**
   * Decodes a record and checks that it lies where it belongs.
   *
   * @param runOf the run that the record says it is of
   */
  <T extends SpecificRecord> T read(
      Record<byte[], byte[]> record, Class<T> type, Function<T, String> runOf)
      throws RejectedException {
    exporter.countRead(where().topic());
    T value;
    try {
      value = RecordCodec.decode(record.value(), type);
    } catch (DecodeException e) {
      throw new RejectedException(Reason.UNDECODABLE, e.getMessage());
    }
    String run = runOf.apply(value);
    if (!Topics.isRunId(run)) {
      throw new RejectedException(Reason.INVALID, "run is not " + Topics.RUN_ID);
    }
    if (!Arrays.equals(record.key(), run.getBytes(StandardCharsets.UTF_8))) {
      throw new RejectedException(Reason.WRONG_PARTITION, "the key is not the run " + run);
    }
    int partition = Topics.partitionFor(run, partitions);
    if (where().partition() != partition) {
      throw new RejectedException(
          Reason.WRONG_PARTITION,
          "partition %d; run %s belongs to %d".formatted(where().partition(), run, partition));
    }
    return value;
  }

  /** Sends the record that is being processed to the dead letters. */
  void refuse(Record<byte[], byte[]> record, RejectedException why) {
    refuse(
        record.key(),
        record.value(),
        record.timestamp(),
        why.reason(),
        why.getMessage(),
        where().offset());
  }

  /** Sends a record of this partition to the dead letters. */
  void refuse(byte[] key, byte[] value, long timestamp, Reason reason, String detail, long offset) {
    exporter.countRejected(reason.code());
    context.forward(
        DeadLetters.of(
            key, value, timestamp, reason, detail, where().topic(), where().partition(), offset),
        MetricsTopology.DEAD_LETTERS);
  }
}
