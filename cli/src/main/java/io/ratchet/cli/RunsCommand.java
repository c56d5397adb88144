package io.ratchet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Worker;
import io.ratchet.stream.runs.RunState;
import io.ratchet.trainer.publish.RunRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The runs and how they are. */
@Command(
    name = "runs",
    description = "Lists the runs with their state, shows one, or hides one.",
    subcommands = {RunsCommand.ListAll.class, RunsCommand.Show.class, RunsCommand.Delete.class})
final class RunsCommand extends CommandGroup {

  /**
   * A run that is not hidden, with the last word of each of its workers.
   *
   * @param heardMillis when a run without workers was last heard of, milliseconds since 1970
   */
  private record Entry(Run run, Collection<Worker> workers, int attempt, long heardMillis) {
    private long step() {
      return workers.stream()
          .filter(worker -> worker.getAttempt() == attempt)
          .mapToLong(Worker::getStep)
          .max()
          .orElse(run.getStartStep());
    }

    private RunState state(Instant now) {
      return RunState.of(attempt, heardMillis, workers, now);
    }

    private ObjectNode json(Instant now) {
      ObjectNode json = RecordJson.of(run);
      json.put("attempt", attempt);
      json.put("state", state(now).label());
      json.put("step", step());
      return json;
    }
  }

  private static List<Entry> read(Connection connection, Instant now) throws InterruptedException {
    connection.connect().close();
    RunRegistry registry =
        RunRegistry.read(connection.clientProperties(), connection.topics(), connection.timeout());
    List<Run> runs = registry.runs().values().stream().filter(run -> !run.getDeleted()).toList();
    boolean silent = runs.stream().anyMatch(run -> registry.workers(run.getRun()).isEmpty());
    Map<String, Long> windows = silent ? lastWindows(connection, now) : Map.of();
    return runs.stream()
        .map(
            run ->
                new Entry(
                    run,
                    registry.workers(run.getRun()).values(),
                    registry.highestAttempt(run.getRun()),
                    Math.max(run.getCreatedMillis(), windows.getOrDefault(run.getRun(), 0L))))
        .sorted(Comparator.comparingLong(entry -> entry.run().getCreatedMillis()))
        .toList();
  }

  /** When each run had its last window, of those that had one lately, as the live page knows it. */
  private static Map<String, Long> lastWindows(Connection connection, Instant now) {
    Map<String, Long> last = new HashMap<>();
    try (TopicReader reader =
        TopicReader.open(connection.clientProperties(), connection.topics().thermodynamics(), null)
            .since(now.minus(RunState.HEARD))) {
      reader.readToEnd(
          record -> last.merge(TopicReader.key(record), record.timestamp(), Math::max));
    }
    return last;
  }

  /** All runs, oldest first. */
  @Command(
      name = "list",
      description =
          "Lists the runs, oldest first: running, stalled, finished, failed, interrupted, unknown.")
  static final class ListAll extends RatchetCommand {
    private static final String FORMAT = "%-24s %-11s %-17s %-12s %5s  %-16s  %s%n";
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    @Mixin private Connection connection;

    @Option(names = "--json", description = "One JSON array.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
      Instant now = Clock.systemUTC().instant();
      List<Entry> entries = read(connection, now);
      if (json) {
        ArrayNode array = RecordJson.MAPPER.createArrayNode();
        entries.forEach(entry -> array.add(entry.json(now)));
        out().println(Printable.of(array.toString()));
        return Ratchet.DONE;
      }
      out().printf(FORMAT, "RUN", "STATE", "STEP", "MODEL", "K", "STARTED (UTC)", "DATA");
      for (Entry entry : entries) {
        Run run = entry.run();
        out()
            .printf(
                FORMAT,
                run.getRun(),
                entry.state(now).label(),
                String.format(Locale.ROOT, "%,d/%,d", entry.step(), run.getUpdates()),
                Printable.of(run.getModel()),
                run.getStates(),
                TIME.format(Instant.ofEpochMilli(run.getCreatedMillis())),
                Printable.of(run.getData()));
      }
      return Ratchet.DONE;
    }
  }

  /** One run with its workers. */
  @Command(name = "show", description = "Shows all that is known of a run and its workers.")
  static final class Show extends RatchetCommand {
    @Mixin private Connection connection;

    @Parameters(paramLabel = "ID", description = "The run.")
    private String id;

    @Option(names = "--json", description = "One JSON object.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
      Check.runId(id);
      Instant now = Clock.systemUTC().instant();
      for (Entry entry : read(connection, now)) {
        if (entry.run().getRun().equals(id)) {
          if (json) {
            out().println(Printable.of(json(entry, now).toString()));
          } else {
            print(entry, now);
          }
          return Ratchet.DONE;
        }
      }
      throw Check.refused("--run", id, "allowed: a run of ratchet runs list");
    }

    private static ObjectNode json(Entry entry, Instant now) {
      ObjectNode shown = entry.json(now);
      ArrayNode workers = shown.putArray("workerRecords");
      for (Worker worker : entry.workers()) {
        ObjectNode one = RecordJson.of(worker);
        one.put("state", RunState.of(worker, entry.attempt(), now).label());
        workers.add(one);
      }
      return shown;
    }

    private void print(Entry entry, Instant now) {
      Run run = entry.run();
      line("run", String.format(Locale.ROOT, "%s, attempt %d", id, entry.attempt()));
      line("state", entry.state(now).label());
      line(
          "step",
          run.getUpdates() == 0
              ? String.format(Locale.ROOT, "%,d", entry.step())
              : String.format(Locale.ROOT, "%,d of %,d", entry.step(), run.getUpdates()));
      line("started", ago(run.getCreatedMillis(), now));
      line("model", join(run.getModel(), run.getAlgorithm()));
      line(
          "chain",
          String.format(Locale.ROOT, "K = %d, %,d chains", run.getStates(), run.getChains()));
      line(
          "data",
          join(
              run.getData(),
              run.getExamples() == 0
                  ? ""
                  : String.format(Locale.ROOT, "%,d examples", run.getExamples())));
      line("data digest", run.getDataDigest());
      line("host", run.getHost());
      line("commit", run.getCommit());
      line("tags", String.join(", ", run.getTags()));
      line("notes", run.getNotes());
      line("settings", words(run.getSettings()));
      line("versions", words(run.getVersions()));
      for (Worker worker : entry.workers()) {
        line(
            "worker " + worker.getWorker(),
            String.format(
                Locale.ROOT,
                "%s, step %,d, heard of %s, %,d dropped, %,d spilled%s",
                RunState.of(worker, entry.attempt(), now).label(),
                worker.getStep(),
                ago(worker.getHeartbeatMillis(), now),
                worker.getDropped(),
                worker.getSpilled(),
                worker.getMessage().isEmpty() ? "" : ", " + worker.getMessage()));
      }
      chart();
    }

    /** Entropy production over the run, as far as no higher attempt has superseded it. */
    private void chart() {
      OneLine<Thermodynamics> line = new OneLine<>();
      try (TopicReader reader =
          TopicReader.open(
              connection.clientProperties(), connection.topics().thermodynamics(), id)) {
        reader.readToEnd(
            record -> {
              if (!TopicReader.key(record).equals(id)) {
                return;
              }
              try {
                Thermodynamics window = RecordCodec.decode(record.value(), Thermodynamics.class);
                line.add(window.getAttempt(), window.getFromStep(), window.getToStep(), window);
              } catch (DecodeException e) {
                // Not of the stream's making; the chart has one point less.
              }
            });
      }
      NavigableMap<Long, Thermodynamics> windows = line.records();
      TextChart chart = new TextChart();
      windows.forEach(
          (step, window) -> {
            Estimate value = window.getEntropyProduction();
            boolean known =
                value != null
                    && value.getValue() != null
                    && value.getStatus() != EstimateStatus.FROZEN;
            chart.add(step, known ? value.getValue() : Double.NaN);
          });
      out().println();
      if (windows.isEmpty()) {
        out().println("No window yet: does a stream run at " + connection.bootstrap() + "?");
        return;
      }
      Thermodynamics last = windows.lastEntry().getValue();
      out()
          .println(
              String.format(
                      Locale.ROOT,
                      "entropy production from counts, nats per transition; last window, steps "
                          + "%,d to %,d: %s",
                      last.getFromStep(),
                      last.getToStep(),
                      RecordLine.of(last.getEntropyProduction()))
                  + (last.getStatus() == EstimateStatus.FROZEN ? " (frozen)" : ""));
      chart.lines().forEach(out()::println);
    }

    private void line(String name, String value) {
      String named = String.format("%-12s ", name);
      for (String each : value.split("\\R", -1)) { // notes may have several lines
        if (!each.isEmpty()) {
          out().println(named + Printable.of(each));
          named = " ".repeat(named.length());
        }
      }
    }

    private static String join(String a, String b) {
      return a.isEmpty() || b.isEmpty() ? a + b : a + ", " + b;
    }

    private static String words(Map<String, String> named) {
      return new TreeMap<>(named)
          .entrySet().stream()
              .map(entry -> entry.getKey() + "=" + entry.getValue())
              .collect(Collectors.joining(" "));
    }

    private static String ago(long millis, Instant now) {
      long seconds = Math.max(0, (now.toEpochMilli() - millis) / 1000);
      String ago =
          seconds < 120
              ? seconds + " s"
              : seconds < 7_200
                  ? seconds / 60 + " min"
                  : seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " days";
      return RecordLine.time(millis) + " UTC (" + ago + " ago)";
    }
  }

  /** Hides a run; what it has written goes with the topics' retention. */
  @Command(
      name = "delete",
      description = {
        "Hides a run at once, on the page, in lists and for every command.",
        "Its records stay in the topics until their retention is over; its id is never free again."
      })
  static final class Delete extends RatchetCommand {
    @Mixin private Connection connection;

    @Parameters(paramLabel = "ID", description = "The run.")
    private String id;

    @Override
    public Integer call() throws InterruptedException {
      RecordedRun recorded = RecordedRun.find(connection, id);
      Run hidden =
          recorded
              .registered()
              .map(Run::newBuilder)
              .orElseGet(() -> Run.newBuilder().setRun(id).setAttempt(1).setCreatedMillis(0))
              .setDeleted(true)
              .build();
      RunState state = RunState.of(hidden, recorded.workers(), Clock.systemUTC().instant());
      try (RecordSender sender = RecordSender.open(connection.clientProperties())) {
        sender.send(connection.topics().runs(), id, hidden);
        sender.flush();
      }
      if (state == RunState.RUNNING) {
        say("run " + id + " still runs: it goes on writing, unseen");
      }
      say(
          "run "
              + id
              + " is hidden; its records stay until the topics' retention is over (ratchet topics"
              + " list), and its id is never free again");
      return Ratchet.DONE;
    }
  }
}
