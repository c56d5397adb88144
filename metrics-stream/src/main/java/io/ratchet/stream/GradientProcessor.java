package io.ratchet.stream;

import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.stream.accept.Reason;
import io.ratchet.stream.accept.RejectedException;
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
      check(update);
      exporter.showUpdate(context.taskId().toString(), update);
    } catch (RejectedException e) {
      intake.refuse(record, e);
    }
  }

  private static void check(GradientUpdate update) throws RejectedException {
    require(update.getAttempt() >= 1, "attempt", update.getAttempt(), "1 or more");
    require(update.getWorker() >= 0, "worker", update.getWorker(), "0 or more");
    require(update.getStep() >= 0, "step", update.getStep(), "0 or more");
    require(update.getSequence() >= 0, "sequence", update.getSequence(), "0 or more");
    Double likelihood = update.getLogLikelihood();
    require(
        likelihood == null || Double.isFinite(likelihood), "logLikelihood", likelihood, "finite");
    Double angle = update.getGradientAngle();
    require(
        angle == null || (angle >= 0 && angle <= Math.PI), "gradientAngle", angle, "from 0 to pi");
    for (GradientBlock block : update.getBlocks()) {
      require(
          block.getNorm() >= 0 && Double.isFinite(block.getNorm()),
          "norm",
          block.getNorm(),
          "finite and not negative");
    }
  }

  private static void require(boolean allowed, String name, Number value, String range)
      throws RejectedException {
    if (!allowed) {
      throw new RejectedException(Reason.INVALID, name + " is " + value + "; must be " + range);
    }
  }
}
