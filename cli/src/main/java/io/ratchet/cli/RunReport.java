package io.ratchet.cli;

import io.ratchet.schema.Alert;
import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A run as one page of HTML that needs nothing else: curves of every window, alerts, settings. */
final class RunReport {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 220;
  private static final int LEFT = 64;
  private static final int BOTTOM = 26;
  private static final int TOP = 8;
  private static final int MAX_LISTED = 10;

  private final StringBuilder page = new StringBuilder(1 << 16);
  private final List<Thermodynamics> windows = new ArrayList<>();
  private final List<Alert> alerts = new ArrayList<>();

  private RunReport() {}

  /** The report of the windows and alerts that end within the steps. */
  static String of(RecordedRun run, Topics topics, StepRange range) {
    RunReport report = new RunReport();
    run.readAll(
        topics.thermodynamics(),
        Thermodynamics.class,
        window -> {
          if (range.contains(window.getToStep())) {
            report.windows.add(window.getCounts() == null ? window : light(window));
          }
        });
    run.readAll(
        topics.alerts(),
        Alert.class,
        alert -> {
          if (range.contains(alert.getToStep())) {
            report.alerts.add(alert);
          }
        });
    report.write(run);
    return report.page.toString();
  }

  /** Without what the page does not show and a long run has much of. */
  private static Thermodynamics light(Thermodynamics window) {
    window.setCounts(null);
    return window;
  }

  private void write(RecordedRun run) {
    page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(text(run.id()))
        .append("</title><style>")
        .append(
            "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0"
                + " 1rem;color:#17191c;background:#fff}table{border-collapse:collapse}"
                + "th,td{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top;"
                + "border-bottom:1px solid #e4e4e0}svg{width:100%;height:auto}"
                + ".line{fill:none;stroke:#0072b2;stroke-width:1.3}"
                + ".soft{stroke:#b87400}.axis{stroke:#646a71}text{font-size:11px;fill:#646a71}"
                + "@media print{body{margin:0}}")
        .append("</style></head><body>\n<h1>")
        .append(text(run.id()))
        .append("</h1>\n");
    page.append("<p>Entropy production is a diagnosis of how the chain mixes, not a score. All in")
        .append(" nats; entropy production in nats per transition.</p>\n");
    if (windows.isEmpty()) {
      page.append("<p>No window of this run was published.</p>\n");
    } else {
      chart(
          "Entropy production (blue: sampled counts with interval; orange: soft counts)",
          Thermodynamics::getEntropyProduction,
          Thermodynamics::getSoftEntropyProduction);
      chart("Path entropy production", Thermodynamics::getPathEntropyProduction, window -> null);
      chart(
          "Self-transition probability",
          Thermodynamics::getSelfTransitionProbability,
          window -> null);
      chart("Class divergence", Thermodynamics::getClassDivergence, window -> null);
    }
    alerts();
    lastWindow();
    run.registered().ifPresent(this::settings);
    page.append("</body></html>\n");
  }

  private void chart(
      String title,
      Function<Thermodynamics, Estimate> quantity,
      Function<Thermodynamics, Estimate> second) {
    double most = 0;
    boolean any = false;
    for (Thermodynamics window : windows) {
      for (Estimate estimate : new Estimate[] {quantity.apply(window), second.apply(window)}) {
        if (isShown(estimate)) {
          any = true;
          double top = estimate.getUpper() == null ? estimate.getValue() : estimate.getUpper();
          most = Math.max(most, Math.max(top, estimate.getValue()));
        }
      }
    }
    if (!any) {
      return;
    }
    double scale = most > 0 ? most : 1;
    page.append("<h2>").append(text(title)).append("</h2>\n");
    page.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
            WIDTH,
            HEIGHT,
            text(title)));
    curve(quantity, scale, "line", true);
    curve(second, scale, "line soft", false);
    page.append(
        String.format(
            Locale.ROOT,
            "<path class=\"axis\" fill=\"none\" d=\"M%1$d %2$dV%3$dH%4$d\"/><text x=\"%5$d\" y=\"%6$d\""
                + " text-anchor=\"end\">%7$.4g</text><text x=\"%5$d\" y=\"%3$d\""
                + " text-anchor=\"end\">0</text><text x=\"%1$d\" y=\"%8$d\">step %9$d</text><text"
                + " x=\"%4$d\" y=\"%8$d\" text-anchor=\"end\">%10$d</text></svg>\n",
            LEFT,
            TOP,
            HEIGHT - BOTTOM,
            WIDTH,
            LEFT - 6,
            TOP + 10,
            scale,
            HEIGHT - 8,
            windows.get(0).getToStep(),
            windows.get(windows.size() - 1).getToStep()));
  }

  private static boolean isShown(Estimate estimate) {
    return estimate != null
        && estimate.getValue() != null
        && estimate.getStatus() != EstimateStatus.FROZEN;
  }

  /** A curve with a gap wherever nothing is known, and its intervals as a band. */
  private void curve(
      Function<Thermodynamics, Estimate> quantity, double scale, String style, boolean band) {
    StringBuilder line = new StringBuilder();
    StringBuilder bars = new StringBuilder();
    boolean drawing = false;
    for (Thermodynamics window : windows) {
      Estimate estimate = quantity.apply(window);
      if (!isShown(estimate)) {
        drawing = false;
        continue;
      }
      double x = x(window.getToStep());
      line.append(
          String.format(
              Locale.ROOT, "%s%.1f %.1f", drawing ? "L" : "M", x, y(estimate.getValue() / scale)));
      drawing = true;
      if (band && estimate.getLower() != null && estimate.getUpper() != null) {
        bars.append(
            String.format(
                Locale.ROOT,
                "M%.1f %.1fV%.1f",
                x,
                y(Math.max(0, estimate.getLower()) / scale),
                y(estimate.getUpper() / scale)));
      }
    }
    if (!bars.isEmpty()) {
      page.append("<path stroke=\"#0072b2\" stroke-opacity=\".25\" d=\"")
          .append(bars)
          .append("\"/>");
    }
    page.append("<path class=\"").append(style).append("\" d=\"").append(line).append("\"/>");
  }

  private double x(long step) {
    long first = windows.get(0).getToStep();
    long last = Math.max(first + 1, windows.get(windows.size() - 1).getToStep());
    return LEFT + (WIDTH - LEFT - 1.0) * (step - first) / (last - first);
  }

  private static double y(double share) {
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * Math.min(1, Math.max(0, share));
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
    if (windows.isEmpty()) {
      return;
    }
    Thermodynamics last = windows.get(windows.size() - 1);
    page.append("<h2>Last window</h2>\n<table>\n");
    row("steps", last.getFromStep() + "–" + last.getToStep());
    row("transitions", Long.toString(last.getTransitions()));
    row("groups", Integer.toString(last.getGroups()));
    row("entropy production, counts", interval(last.getEntropyProduction()));
    row("entropy production, soft counts", interval(last.getSoftEntropyProduction()));
    row("path entropy production", interval(last.getPathEntropyProduction()));
    row("self-transition", interval(last.getSelfTransitionProbability()));
    row("class divergence", interval(last.getClassDivergence()));
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

  private void settings(Run run) {
    page.append("<h2>What it was made with</h2>\n<table>\n");
    row("model", run.getModel());
    row("data", run.getData());
    row("data digest", run.getDataDigest());
    row("seed", Long.toString(run.getSeed()));
    row("expects", word(run.getExpectation()));
    new TreeMap<>(run.getSettings()).forEach((name, value) -> row(name, value));
    new TreeMap<>(run.getVersions()).forEach((name, value) -> row(name, value));
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

  private void row(String... cells) {
    page.append("<tr>");
    for (String cell : cells) {
      page.append("<td>").append(text(cell));
    }
    page.append("</tr>\n");
  }

  /** Text that cannot become markup: a run's settings are a stranger's words. */
  private static String text(String raw) {
    return raw.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
