package io.ratchet.cli;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Topics;
import io.ratchet.stream.Rights;
import io.ratchet.stream.TopicProvisioner;
import io.ratchet.stream.replay.Cut;
import io.ratchet.stream.replay.LogExtent;
import io.ratchet.trainer.publish.RunRegistry;
import java.time.Clock;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A recorded run once more: sent again as a new one, or held against what was said of it. */
@Command(
    name = "replay",
    description = {
      "Sends the recorded history of a run again as a new run, or verifies what was published of it.",
      "With --verify alone nothing is sent: windows and alerts are computed again from the log and"
          + " compared with what was published live, byte for byte; exit code 3 if they differ."
    })
final class ReplayCommand extends RatchetCommand {
  private static final Pattern SPEED = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,6})?)x|max");

  @Mixin private Connection connection;

  @Option(names = "--run", paramLabel = "ID", required = true, description = "The recorded run.")
  private String run;

  @Mixin private StepRange range;

  @Option(
      names = "--speed",
      paramLabel = "1x|100x|max",
      description = "Times as fast as it was recorded, or as fast as it goes. Default: 1x.")
  private String speed;

  @Option(
      names = "--as",
      paramLabel = "NEW",
      description = "Id of the new run. Default: the old one with -replay after it.")
  private String as;

  @Option(
      names = "--target",
      paramLabel = "HOST:PORT",
      description = "Kafka that the new run is sent to. Default: where the old one is.")
  private String target;

  @Option(
      names = "--verify",
      description = "Compare what was published, of the new run too, with what the log says.")
  private boolean verify;

  @Override
  public Integer call() throws Exception {
    range.check();
    double factor = factor();
    boolean sends = !verify || as != null || speed != null || target != null || range.isGiven();
    RecordedRun source = RecordedRun.find(connection, run);
    Topics topics = connection.topics();
    if (verify && (!sends || source.settings().isPresent())) {
      int verified = verify(source, topics);
      if (verified != Ratchet.DONE) {
        return verified;
      }
    }
    if (!sends) {
      return Ratchet.DONE;
    }
    String id = as == null ? run + "-replay" : as;
    if (!Topics.isRunId(id)) {
      throw Check.refused("--as", id, "allowed: " + Topics.RUN_ID);
    }
    Connection destination = target == null ? connection : connection.at("--target", target);
    destination.connect().close();
    int unused =
        new TopicProvisioner(
                destination.clientProperties(),
                topics,
                Rights.ofTrainer(topics),
                false,
                destination.timeout())
            .provision();
    RunRegistry registry =
        RunRegistry.read(destination.clientProperties(), topics, destination.timeout());
    if (registry.highestAttempt(id) > 0 || RecordedRun.hasSweeps(destination, id)) {
      throw Check.refused("--as", id, "exists already; choose another id");
    }
    Cut cut = cut(source, topics, id);
    try (Interrupt interrupt = Interrupt.install();
        Replayer replayer = new Replayer(source, cut, id, topics, destination, Clock.systemUTC());
        Progress progress =
            Progress.of(id, Progress.Unit.STEP, cut.fromStep(), cut.lastStep() + 1, this).start()) {
      boolean whole = replayer.run(factor, interrupt, progress);
      say(
          String.format(
              Locale.ROOT,
              "%s: %,d sweeps and %,d updates of %s sent again as %s",
              whole ? "done" : "interrupted",
              replayer.sweeps(),
              replayer.updates(),
              run,
              id));
      if (!whole) {
        return Ratchet.DONE; // the JVM makes 130 or 143 of it
      }
    }
    out().println(id);
    return verify ? verify(RecordedRun.find(destination, id), topics) : Ratchet.DONE;
  }

  private int verify(RecordedRun verified, Topics topics) throws InterruptedException {
    Verification.Outcome outcome = Verification.of(verified, topics, connection.timeout(), this);
    if (outcome.difference().isPresent()) {
      err().println("ratchet: run " + outcome.run() + ": " + outcome.difference().get());
      return Ratchet.DIFFERENT;
    }
    out().println(outcome);
    return Ratchet.DONE;
  }

  /** Looks through the log: what is there of it, and how the sweeps are numbered. */
  private Cut cut(RecordedRun source, Topics topics, String id) {
    try (TopicReader log = source.open(topics.chainStates())) {
      LogExtent extent = new LogExtent(log.isTruncated());
      Cut cut = new Cut(id, range.from(), range.to());
      log.readToEnd(
          record ->
              source.decode(
                  record,
                  ChainStates.class,
                  sweep -> {
                    extent.take(sweep);
                    cut.survey(sweep);
                  }),
          run,
          this);
      range.requireWithin(run, extent);
      return cut;
    }
  }

  /** Times as fast as recorded; infinite for as fast as it goes. */
  private double factor() {
    if (speed == null) {
      return 1;
    }
    Matcher matcher = SPEED.matcher(speed);
    if (matcher.matches()) {
      double factor =
          speed.equals("max") ? Double.POSITIVE_INFINITY : Double.parseDouble(matcher.group(1));
      if (factor > 0) {
        return factor;
      }
    }
    throw Check.refused(
        "--speed", speed, "allowed: a number above 0 with an x such as 100x, or max");
  }
}
