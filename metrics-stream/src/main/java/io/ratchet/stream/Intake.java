package io.ratchet.stream;

import io.ratchet.stream.accept.Arrival;
import io.ratchet.stream.accept.Envelope;
import io.ratchet.stream.accept.Reason;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.Sweep;
import io.ratchet.stream.accept.SweepSequence;
import io.ratchet.stream.export.PrometheusExporter;
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
  private final SweepSequence sweeps;

  Intake(ProcessorContext<byte[], byte[]> context, PrometheusExporter exporter, int partitions) {
    this.context = context;
    this.exporter = exporter;
    this.partitions = partitions;
    sweeps = new SweepSequence(partitions);
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
    RecordMetadata where = where();
    exporter.countRead(where.topic());
    return Envelope.open(record.key(), record.value(), where.partition(), partitions, type, runOf);
  }

  /** Reads a chain-states record, and checks that it lies where it belongs. */
  Arrival readSweep(Record<byte[], byte[]> record) throws RejectedException {
    RecordMetadata where = where();
    exporter.countRead(where.topic());
    Sweep sweep = sweeps.next(record.key(), record.value(), where.partition());
    return new Arrival(sweep, record.value(), where.offset());
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
