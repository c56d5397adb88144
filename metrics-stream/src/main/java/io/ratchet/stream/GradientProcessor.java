package io.ratchet.stream;

import io.ratchet.schema.GradientUpdate;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.Updates;
import io.ratchet.stream.export.PrometheusExporter;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Gradient updates to gauges. They are in no window, so nothing of them is kept. */
final class GradientProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  private final int partitions;
  private final PrometheusExporter exporter;
  private ProcessorContext<byte[], byte[]> context;
  private Intake intake;

  GradientProcessor(int partitions, PrometheusExporter exporter) {
    this.partitions = partitions;
    this.exporter = exporter;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    intake = new Intake(context, exporter, partitions);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    try {
      GradientUpdate update = intake.read(record, GradientUpdate.class, GradientUpdate::getRun);
      Updates.check(update);
      exporter.showUpdate(context.taskId().toString(), update);
    } catch (RejectedException e) {
      intake.refuse(record, e);
    }
  }
}
