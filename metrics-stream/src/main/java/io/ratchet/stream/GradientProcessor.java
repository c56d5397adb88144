package io.ratchet.stream;

import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.stream.accept.Reason;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.SweepReader;
import io.ratchet.stream.export.PrometheusExporter;
import java.util.regex.Pattern;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Gradient updates to gauges. They are in no window, so nothing of them is kept. */
final class GradientProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  /** Most parameter blocks of an update; the metrics and the page take the first 16 of a run. */
  static final int MAX_BLOCKS = 4_096;

  /** A block's name is a label and the head of a column: short, and nothing that needs quotes. */
  static final String BLOCK_NAME = "[\\p{L}\\p{N}_.:/()\\[\\]-]{1,64}";

  private static final Pattern BLOCK = Pattern.compile(BLOCK_NAME);

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
    require(
        update.getWorker() >= 0 && update.getWorker() < SweepReader.MAX_WORKERS,
        "worker",
        update.getWorker(),
        "0 to " + (SweepReader.MAX_WORKERS - 1));
    require(
        update.getStep() >= 0 && update.getStep() <= SweepReader.MAX_STEP,
        "step",
        update.getStep(),
        "0 to " + SweepReader.MAX_STEP);
    require(update.getSequence() >= 0, "sequence", update.getSequence(), "0 or more");
    Double likelihood = update.getLogLikelihood();
    require(
        likelihood == null || Double.isFinite(likelihood), "logLikelihood", likelihood, "finite");
    Double angle = update.getGradientAngle();
    require(
        angle == null || (angle >= 0 && angle <= Math.PI), "gradientAngle", angle, "from 0 to pi");
    int blocks = update.getBlocks().size();
    require(blocks <= MAX_BLOCKS, "number of blocks", blocks, "at most " + MAX_BLOCKS);
    for (GradientBlock block : update.getBlocks()) {
      if (!BLOCK.matcher(block.getName()).matches()) {
        throw new RejectedException(
            Reason.INVALID,
            "the name of a block, of %d characters, is not %s"
                .formatted(block.getName().length(), BLOCK_NAME));
      }
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
