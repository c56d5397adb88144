package io.ratchet.cli;

import io.ratchet.schema.Alert;
import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.runs.RunState;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A run as one page of HTML that needs nothing else: its curves, alerts, settings. */
final class RunReport {
  private static final int MAX_LISTED = 10;
  private static final int MAX_BLOCKS = 7; // as many colours as can be told apart

  private final StepRange range;
  private final StringBuilder page = new StringBuilder(1 << 16);
  private final OneLine<Thermodynamics> windows = new OneLine<>();
  private final OneLine<Update> updates = new OneLine<>();
  private final List<Alert> alerts = new ArrayList<>();

  /** What is drawn of an update; a log-likelihood that is absent is NaN. */
  private record Update(double logLikelihood, Map<String, Double> norms) {}

  /** A report of what is taken from now on, as far as it lies within the steps. */
  RunReport(StepRange range) {
    this.range = range;
  }

  /** The report of what the topics have of a run. */
  static String of(RecordedRun run, Topics topics, StepRange range) {
    RunReport report = new RunReport(range);
    run.readAll(topics.thermodynamics(), Thermodynamics.class, report::take);
    run.readAll(topics.gradientUpdates(), GradientUpdate.class, report::take);
    run.readAll(topics.alerts(), Alert.class, report::take);
    Optional<RunState> state =
        run.registered().map(made -> RunState.of(made, run.workers(), Clock.systemUTC().instant()));
    return report.page(run.id(), run.registered(), state);
  }

  /** Takes a window, without what the page does not show and a long run has much of. */
  void take(Thermodynamics window) {
    window.setCounts(null);
    windows.add(window.getAttempt(), window.getFromStep(), window.getToStep(), window);
  }

  void take(GradientUpdate update) {
    Map<String, Double> norms = new LinkedHashMap<>();
    for (GradientBlock block : update.getBlocks()) {
      if (norms.size() < MAX_BLOCKS) {
        norms.put(block.getName(), block.getNorm());
      }
    }
    Double likelihood = update.getLogLikelihood();
    updates.add(
        update.getAttempt(),
        update.getStep(),
        update.getStep(),
        new Update(likelihood == null ? Double.NaN : likelihood, norms));
  }

  void take(Alert alert) {
    if (range.contains(alert.getToStep())) {
      alerts.add(alert);
    }
  }

  /** What lies within the steps of what no higher attempt has superseded. */
  private <T> NavigableMap<Long, T> within(OneLine<T> line) {
    return line.records().subMap(range.from(), true, range.to(), true);
  }

  /**
   * The page.
   *
   * @param registered what worker 0 registered, if it did
   * @param state of the run now, if that can be told
   */
  String page(String id, Optional<Run> registered, Optional<RunState> state) {
    page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(text(id))
        .append("</title><style>")
        .append(
            "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0"
                + " 1rem;color:#17191c;background:#fff}table{border-collapse:collapse}"
                + "th,td{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top;"
                + "border-bottom:1px solid #e4e4e0}svg{width:100%;height:auto}"
                + "svg path{fill:none;stroke-width:1.3}.band{stroke-opacity:.25}"
                + ".axis{stroke:#646a71}text{font-size:11px;fill:#646a71}"
                + ".key{margin:0;color:#646a71}@media print{body{margin:0}}")
        .append("</style></head><body>\n<h1>")
        .append(text(id))
        .append("</h1>\n");
    page.append("<p>Entropy production is a diagnosis of how the chain mixes, not a score. All in")
        .append(" nats; entropy production in nats per transition.</p>\n");
    charts();
    alerts();
    lastWindow();
    registered.ifPresent(run -> settings(run, state));
    page.append("</body></html>\n");
    return page.toString();
  }

  private void charts() {
    if (within(windows).isEmpty()) {
      page.append("<p>No window of this run was published.</p>\n");
    }
    chart("Log-likelihood, nats per example").line("minibatch", logLikelihoods()).writeTo(page);
    chart("Entropy production")
        .fromZero()
        .line("counts", estimates(Thermodynamics::getEntropyProduction))
        .line("soft counts", estimates(Thermodynamics::getSoftEntropyProduction))
        .writeTo(page);
    chart("Path entropy production")
        .fromZero()
        .line("path", estimates(Thermodynamics::getPathEntropyProduction))
        .writeTo(page);
    chart("Self-transition probability")
        .fromZero()
        .line("stays", estimates(Thermodynamics::getSelfTransitionProbability))
        .writeTo(page);
    chart("KL divergence")
        .fromZero()
        .line("class", estimates(Thermodynamics::getClassDivergence))
        .line("latent", estimates(Thermodynamics::getLatentDivergence))
        .writeTo(page);
    ReportChart norms = chart("Gradient norms").logarithmic();
    norms().forEach(norms::line);
    norms.writeTo(page);
  }

  /** All charts of a page have the same steps. */
  private ReportChart chart(String title) {
    NavigableMap<Long, Thermodynamics> closed = within(windows);
    NavigableMap<Long, Update> applied = within(updates);
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (NavigableMap<Long, ?> steps : List.of(closed, applied)) {
      if (!steps.isEmpty()) {
        first = Math.min(first, steps.firstKey());
        last = Math.max(last, steps.lastKey());
      }
    }
    return new ReportChart(title, first, last);
  }

  private NavigableMap<Long, ReportChart.Point> estimates(
      Function<Thermodynamics, Estimate> quantity) {
    NavigableMap<Long, ReportChart.Point> points = new TreeMap<>();
    within(windows).forEach((step, window) -> points.put(step, point(quantity.apply(window))));
    return points;
  }

  /** A frozen chain's estimate says nothing of the chain: a gap, like one that is absent. */
  private static ReportChart.Point point(Estimate estimate) {
    if (estimate == null
        || estimate.getValue() == null
        || estimate.getStatus() == EstimateStatus.FROZEN) {
      return ReportChart.Point.GAP;
    }
    double value = estimate.getValue();
    return new ReportChart.Point(
        value,
        estimate.getLower() == null ? value : estimate.getLower(),
        estimate.getUpper() == null ? value : estimate.getUpper());
  }

  private NavigableMap<Long, ReportChart.Point> logLikelihoods() {
    NavigableMap<Long, ReportChart.Point> points = new TreeMap<>();
    within(updates)
        .forEach((step, update) -> points.put(step, ReportChart.Point.of(update.logLikelihood)));
    return points;
  }

  private Map<String, NavigableMap<Long, ReportChart.Point>> norms() {
    Map<String, NavigableMap<Long, ReportChart.Point>> norms = new LinkedHashMap<>();
    within(updates)
        .forEach(
            (step, update) ->
                update.norms.forEach(
                    (block, norm) -> {
                      if (norms.containsKey(block) || norms.size() < MAX_BLOCKS) {
                        norms
                            .computeIfAbsent(block, name -> new TreeMap<>())
                            .put(step, ReportChart.Point.of(norm));
                      }
                    }));
    return norms;
  }

  private void alerts() {
    page.append("<h2>Alerts</h2>\n");
    if (alerts.isEmpty()) {
      page.append("<p>None was raised.</p>\n");
      return;
    }
    page.append("<table><tr><th>Attempt<th>Steps<th>Kind<th>Action<th>Why</tr>\n");
    for (Alert alert : alerts) {
      row(
          Integer.toString(alert.getAttempt()),
          alert.getFromStep() + "–" + alert.getToStep(),
          word(alert.getKind()),
          word(alert.getAction()),
          alert.getMessage());
    }
    page.append("</table>\n");
  }

  private void lastWindow() {
    if (within(windows).isEmpty()) {
      return;
    }
    Thermodynamics last = within(windows).lastEntry().getValue();
    page.append("<h2>Last window</h2>\n<table>\n");
    row("steps", last.getFromStep() + "–" + last.getToStep());
    row("transitions", Long.toString(last.getTransitions()));
    row("groups", Integer.toString(last.getGroups()));
    row("entropy production, counts", interval(last.getEntropyProduction()));
    row("entropy production, soft counts", interval(last.getSoftEntropyProduction()));
    row("path entropy production", interval(last.getPathEntropyProduction()));
    row("self-transition", interval(last.getSelfTransitionProbability()));
    row("class divergence", interval(last.getClassDivergence()));
    row("latent divergence", interval(last.getLatentDivergence()));
    for (Current current : last.getCurrents().subList(0, least(last.getCurrents()))) {
      row(
          "current " + current.getFrom() + " → " + current.getTo(),
          number(current.getValue()) + " per transition");
    }
    for (Cycle cycle : last.getCycles().subList(0, least(last.getCycles()))) {
      String states =
          cycle.getStates() == null
              ? cycle.getLength() + " states"
              : cycle.getStates().stream().map(String::valueOf).collect(Collectors.joining(" → "));
      row(
          "cycle " + states,
          "flux " + number(cycle.getWeight()) + ", affinity " + number(cycle.getAffinity()));
    }
    last.getWarnings().forEach(warning -> row("note", warning));
    page.append("</table>\n");
  }

  private static int least(List<?> list) {
    return Math.min(MAX_LISTED, list.size());
  }

  private void settings(Run run, Optional<RunState> state) {
    page.append("<h2>What it was made with</h2>\n<table>\n");
    state.ifPresent(now -> row("state", now.label()));
    row("attempt", Integer.toString(run.getAttempt()));
    row("model", run.getModel());
    row("algorithm", run.getAlgorithm());
    row("data", run.getData());
    row("data digest", run.getDataDigest());
    row("seed", Long.toString(run.getSeed()));
    row("expects", word(run.getExpectation()));
    row("commit", run.getCommit());
    row("tags", String.join(", ", run.getTags()));
    row("notes", run.getNotes());
    new TreeMap<>(run.getSettings()).forEach((name, value) -> row(name, value));
    new TreeMap<>(run.getVersions()).forEach((name, value) -> row("version of " + name, value));
    page.append("</table>\n");
  }

  private static String interval(Estimate estimate) {
    if (estimate == null || estimate.getValue() == null) {
      return estimate == null ? "not observed" : word(estimate.getStatus());
    }
    return number(estimate.getValue())
        + (estimate.getLower() == null
            ? ""
            : String.format(
                Locale.ROOT,
                " (%.4g to %.4g at %.0f %%)",
                estimate.getLower(),
                estimate.getUpper(),
                100 * estimate.getLevel()))
        + (estimate.getStatus() == EstimateStatus.ESTIMATED
            ? ""
            : ", " + word(estimate.getStatus()));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static String word(Enum<?> symbol) {
    return symbol.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** A row of a table; one that has nothing to say is left out. */
  private void row(String... cells) {
    if (cells[1].isEmpty()) {
      return;
    }
    page.append("<tr>");
    for (String cell : cells) {
      page.append("<td>").append(text(cell));
    }
    page.append("</tr>\n");
  }

  /** Text that cannot become markup: a run's settings are a stranger's words. */
  static String text(String raw) {
    return raw.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
