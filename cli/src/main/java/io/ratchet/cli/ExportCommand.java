package io.ratchet.cli;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.stream.replay.LogExtent;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Everything that was recorded of a run, unsampled, as a file. */
@Command(
    name = "export",
    description = {
      "Writes all records of a run, every one, as they were published: duplicates and superseded"
          + " attempts too.",
      "A file appears when it is complete, or not at all."
    })
final class ExportCommand extends RatchetCommand {
  private static final String STDOUT = "-";

  /** What can be exported. */
  private enum What {
    METRICS(Thermodynamics.class),
    STATES(ChainStates.class),
    GRADIENTS(GradientUpdate.class),
    ALERTS(Alert.class),
    REPORT(Thermodynamics.class);

    final Class<? extends SpecificRecord> type;

    What(Class<? extends SpecificRecord> type) {
      this.type = type;
    }

    /** Whether retention takes such records. */
    boolean isTaken() {
      return this == STATES || this == GRADIENTS;
    }

    /** The step by which a record is in a range: of a window its last. */
    static long step(SpecificRecord record) {
      if (record instanceof Thermodynamics window) {
        return window.getToStep();
      }
      if (record instanceof Alert alert) {
        return alert.getToStep();
      }
      return record instanceof ChainStates sweep
          ? sweep.getStep()
          : ((GradientUpdate) record).getStep();
    }

    Topic topic(Topics topics) {
      return switch (this) {
        case METRICS, REPORT -> topics.thermodynamics();
        case STATES -> topics.chainStates();
        case GRADIENTS -> topics.gradientUpdates();
        case ALERTS -> topics.alerts();
      };
    }
  }

  @Mixin private Connection connection;

  @Option(names = "--run", paramLabel = "ID", required = true, description = "The run.")
  private String run;

  @Option(
      names = "--what",
      paramLabel = "metrics|states|gradients|alerts|report",
      required = true,
      description = "Windows, sweeps, updates, alerts, or a page to read and print.")
  private String whatName;

  @Option(
      names = "--format",
      paramLabel = "csv|ndjson|avro|html",
      description = "Default: csv; html for a report, which has no other.")
  private String format;

  @Option(
      names = "--out",
      paramLabel = "FILE|-",
      defaultValue = STDOUT,
      description = "Where to. Default: standard output.")
  private String file;

  @Option(names = "--force", description = "Let --out overwrite a file.")
  private boolean force;

  @Mixin private StepRange range;

  private long written;

  @Override
  public Integer call() throws Exception {
    What what = what();
    String form = form(what);
    range.check();
    if (!file.equals(STDOUT)) {
      OutputFile.requireReplaceable("--out", Path.of(file), force);
    }
    RecordedRun recorded = RecordedRun.find(connection, run);
    if (file.equals(STDOUT)) {
      OutputStream stdout = new WriterStream(out());
      write(recorded, what, form, form.equals("avro") ? System.out : stdout);
      stdout.flush();
    } else {
      try (OutputFile out = OutputFile.create("--out", Path.of(file))) {
        try {
          write(recorded, what, form, out);
          out.complete();
        } catch (IOException e) {
          throw out.failed(e);
        } catch (UncheckedIOException e) {
          throw out.failed(e.getCause());
        }
      }
    }
    say(
        what == What.REPORT
            ? "a report of run " + run
            : String.format(Locale.ROOT, "%,d records of run %s", written, run));
    return Ratchet.DONE;
  }

  private What what() {
    for (What what : What.values()) {
      if (what.name().toLowerCase(Locale.ROOT).equals(whatName)) {
        return what;
      }
    }
    throw Check.refused("--what", whatName, "allowed: metrics, states, gradients, alerts, report");
  }

  private String form(What what) {
    if (what == What.REPORT) {
      if (format != null && !format.equals("html")) {
        throw Check.refused("--format", format, "allowed: html for a report");
      }
      return "html";
    }
    if (format == null) {
      return "csv";
    }
    if (!format.equals("csv") && !format.equals("ndjson") && !format.equals("avro")) {
      throw Check.refused("--format", format, "allowed: csv, ndjson, avro; html for a report only");
    }
    return format;
  }

  private void write(RecordedRun recorded, What what, String form, OutputStream out)
      throws IOException {
    if (what == What.REPORT) {
      if (range.isGiven()) {
        requireWithin(recorded, what, false);
      }
      byte[] page =
          RunReport.of(recorded, connection.topics(), range).getBytes(StandardCharsets.UTF_8);
      out.write(page);
      out.flush();
      return;
    }
    try (TopicReader reader = recorded.open(what.topic(connection.topics()))) {
      if (reader.isTruncated() || range.isGiven()) {
        requireWithin(recorded, what, reader.isTruncated());
      }
      try (RecordWriter writer = RecordWriter.of(form, what.type, out)) {
        Consumer<ConsumerRecord<byte[], byte[]>> each =
            record -> write(recorded, record, what, writer);
        if (file.equals(STDOUT) && Terminal.OUT.isTerminal()) {
          reader.readToEnd(each); // a bar would lie over the data
        } else {
          reader.readToEnd(each, run, this);
        }
      }
    }
  }

  private void write(
      RecordedRun recorded, ConsumerRecord<byte[], byte[]> record, What what, RecordWriter writer) {
    recorded.decode(
        record,
        what.type,
        value -> {
          if (range.contains(What.step(value))) {
            try {
              writer.write(value);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            written++;
          }
        });
  }

  /**
   * Of sweeps and updates retention may have taken some. Windows and alerts are kept for ever, and
   * go as far as the windows do.
   */
  private void requireWithin(RecordedRun recorded, What what, boolean truncated) {
    LogExtent extent = new LogExtent(truncated && what.isTaken());
    switch (what) {
      case STATES ->
          recorded.readAll(connection.topics().chainStates(), ChainStates.class, extent::take);
      case GRADIENTS ->
          recorded.readAll(
              connection.topics().gradientUpdates(), GradientUpdate.class, extent::take);
      case METRICS, ALERTS, REPORT ->
          recorded.readAll(
              connection.topics().thermodynamics(), Thermodynamics.class, extent::take);
    }
    range.requireWithin(run, extent);
  }
}
