package io.ratchet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.replay.LogExtent;
import io.ratchet.stream.replay.Recomputation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Alerts, and what a floor would have raised. */
@Command(
    name = "alerts",
    description = "Lists the alerts of a run, or says what a floor would have done on it.",
    subcommands = {AlertsCommand.ListAll.class, AlertsCommand.Backtest.class})
final class AlertsCommand extends CommandGroup {

  /** What was raised, resolved and superseded. */
  @Command(
      name = "list",
      description = "Lists the alerts of a run in their order: raised, resolved, superseded.")
  static final class ListAll extends RatchetCommand {
    private static final String FORMAT = "%-7s %-12s %-10s %-17s %s%n";

    @Mixin private Connection connection;

    @Option(names = "--run", paramLabel = "ID", required = true, description = "The run.")
    private String run;

    @Option(names = "--json", description = "One JSON object a line, with counts and cycle.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
      List<Alert> alerts = new ArrayList<>();
      RecordedRun.find(connection, run)
          .readAll(connection.topics().alerts(), Alert.class, alerts::add);
      if (json) {
        alerts.forEach(alert -> out().println(Printable.of(RecordJson.of(alert).toString())));
        return Ratchet.DONE;
      }
      out().printf(FORMAT, "ATTEMPT", "KIND", "ACTION", "STEPS", "WHY");
      for (Alert alert : alerts) {
        out()
            .printf(
                FORMAT,
                alert.getAttempt(),
                word(alert.getKind()),
                word(alert.getAction()),
                alert.getFromStep() + "-" + alert.getToStep(),
                Printable.of(alert.getMessage()));
      }
      return Ratchet.DONE;
    }
  }

  /**
   * A floor on recorded runs. The log is judged again, with all else as it was frozen.
   *
   * <p>An alarm of collapse counts as false where the run itself refutes it: where the soft-count
   * interval of the window that raised it lies wholly above the floor. Soft counts know the kernel,
   * so they see what sampled counts still miss.
   */
  @Command(
      name = "backtest",
      description = {
        "Judges a recorded run again under another floor and says what that would have raised.",
        "An alarm is false where the run refutes it: where the whole soft-count interval of the"
            + " window that raised it lies above the floor."
      })
  static final class Backtest extends RatchetCommand {
    @Mixin private Connection connection;

    @Option(names = "--run", paramLabel = "ID", required = true, description = "The run.")
    private String run;

    @Option(
        names = "--floor",
        paramLabel = "F",
        description = "Floor, nats per transition. Default: that of the run.")
    private Double floor;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    private long windows;
    private long judged;
    private long softWindows;
    private long raised;
    private long resolved;
    private long refuted;
    private long frozen;
    private long currents;
    private Thermodynamics window;
    private final List<Alert> changes = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
      RecordedRun recorded = RecordedRun.find(connection, run);
      WindowSettings frozenSettings = recorded.settings().orElse(WindowSettings.DEFAULT);
      double tried = floor == null ? frozenSettings.floor() : floor;
      if (!(tried > 0 && tried < Double.POSITIVE_INFINITY)) { // NaN fails
        throw Check.refused("--floor", tried, "allowed: a finite number of nats above 0");
      }
      judge(
          recorded,
          new WindowSettings(
              frozenSettings.bucketSteps(),
              frozenSettings.windowBuckets(),
              frozenSettings.grace(),
              tried));
      ObjectNode result = result(tried);
      if (json) {
        out().println(result);
      } else {
        print(result);
      }
      return Ratchet.DONE;
    }

    private void judge(RecordedRun recorded, WindowSettings settings) {
      Recomputation recomputation = new Recomputation(run, settings, this::take, this::take);
      try (TopicReader log = recorded.open(connection.topics().chainStates())) {
        LogExtent extent = new LogExtent(log.isTruncated());
        log.readToEnd(
            record -> {
              if (recorded.isOf(record)) {
                recorded.decode(record, ChainStates.class, extent::take);
                recomputation.take(
                    record.key(),
                    record.value(),
                    record.offset(),
                    record.partition(),
                    log.partitions());
              }
            });
        if (!extent.isWhole()) {
          say(
              "the log of run %s is complete from step %d only; what came before is not judged"
                  .formatted(run, extent.completeFrom().orElse(0)));
        }
      }
    }

    private void take(Thermodynamics closed) {
      window = closed;
      windows++;
      if (closed.getVerdict() != null && closed.getVerdict().getJudged()) {
        judged++;
      }
      if (closed.getSoftEntropyProduction() != null) {
        softWindows++;
      }
    }

    private void take(Alert alert) {
      changes.add(alert);
      if (alert.getKind() == AlertKind.COLLAPSE) {
        raised += alert.getAction() == AlertAction.RAISED ? 1 : 0;
        resolved += alert.getAction() == AlertAction.RESOLVED ? 1 : 0;
        refuted += alert.getAction() == AlertAction.RAISED && isRefuted(alert) ? 1 : 0;
      } else if (alert.getAction() == AlertAction.RAISED) {
        frozen += alert.getKind() == AlertKind.FROZEN ? 1 : 0;
        currents += alert.getKind() == AlertKind.IRREVERSIBLE ? 1 : 0;
      }
    }

    private boolean isRefuted(Alert alert) {
      var soft = window == null ? null : window.getSoftEntropyProduction();
      return soft != null
          && soft.getStatus() != EstimateStatus.FROZEN
          && soft.getLower() != null
          && soft.getLower() > alert.getFloor();
    }

    private ObjectNode result(double tried) {
      ObjectNode result = RecordJson.MAPPER.createObjectNode();
      result
          .put("run", run)
          .put("floor", tried)
          .put("windows", windows)
          .put("judged", judged)
          .put("windowsWithSoftCounts", softWindows)
          .put("alarms", raised)
          .put("resolved", resolved)
          .put("frozenAlarms", frozen)
          .put("currentAlarms", currents);
      if (softWindows == 0) {
        result.putNull("falseAlarms").putNull("falseAlarmsPer1000Windows");
      } else {
        result
            .put("falseAlarms", refuted)
            .put("falseAlarmsPer1000Windows", 1_000.0 * refuted / windows);
      }
      if (windows == 0) {
        result.putNull("alarmsPer1000Windows");
      } else {
        result.put("alarmsPer1000Windows", 1_000.0 * raised / windows);
      }
      var list = result.putArray("alerts");
      for (Alert alert : changes) {
        list.addObject()
            .put("kind", word(alert.getKind()))
            .put("action", word(alert.getAction()))
            .put("fromStep", alert.getFromStep())
            .put("toStep", alert.getToStep())
            .put("bound", alert.getBound());
      }
      return result;
    }

    private void print(ObjectNode result) {
      out()
          .printf(
              Locale.ROOT,
              "run %s under a floor of %.4g nats per transition: %,d windows, %,d of them judged%n",
              run,
              result.get("floor").asDouble(),
              windows,
              judged);
      out()
          .printf(
              Locale.ROOT,
              "collapse: %d alarms raised, %d resolved; %.2f alarms per 1,000 windows%n",
              raised,
              resolved,
              result.get("alarmsPer1000Windows").asDouble());
      out()
          .println(
              softWindows == 0
                  ? "false alarms: cannot be told, the run has no soft counts to refute one"
                  : String.format(
                      Locale.ROOT,
                      "false alarms, refuted by the soft counts: %d; %.2f per 1,000 windows",
                      refuted,
                      result.get("falseAlarmsPer1000Windows").asDouble()));
      out().printf(Locale.ROOT, "frozen: %d alarms; currents: %d alarms%n", frozen, currents);
      for (Alert alert : changes) {
        out()
            .printf(
                "  steps %d-%d  %s %s  %s%n",
                alert.getFromStep(),
                alert.getToStep(),
                word(alert.getKind()),
                word(alert.getAction()),
                alert.getMessage());
      }
    }
  }

  private static String word(Enum<?> symbol) {
    return symbol.name().toLowerCase(Locale.ROOT);
  }
}
