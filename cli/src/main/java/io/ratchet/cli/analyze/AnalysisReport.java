package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.Currents.Current;
import io.ratchet.thermodynamics.Cycles.Cycle;
import io.ratchet.thermodynamics.DwellTimes;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.thermodynamics.ReversibilityTest;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** An analysis for people to read: the verdict first, then what it rests on, then the caveats. */
public final class AnalysisReport {
  /** Lines of each list; --json has all. */
  private static final int LINES = 8;

  private static final int BAR = 24;
  private static final int LINE_WIDTH = 96;

  private final Analysis analysis;
  private final Ansi ansi;
  private final PrintWriter out;

  private AnalysisReport(Analysis analysis, Ansi ansi, PrintWriter out) {
    this.analysis = analysis;
    this.ansi = ansi;
    this.out = out;
  }

  /** Writes the report; leaves the writer open. */
  public static void write(Analysis analysis, Ansi ansi, PrintWriter out) {
    new AnalysisReport(analysis, ansi, out).write();
  }

  private void write() {
    Sample sample = analysis.sample();
    out.println(bold(sample.source()) + "  " + extent(sample));
    out.println();
    fact("entropy production", entropyProduction());
    if (analysis.estimate().status() != Estimate.Status.INSUFFICIENT) {
      fact("reversibility", reversibility());
      fact("self-transition", selfTransition());
      analysis
          .relaxationTime()
          .ifPresent(time -> fact("relaxation time", Figures.of(time) + " transitions"));
      if (analysis.convergence() != null) {
        fact("convergence", convergence());
      }
      writeStates();
      writeCurrents();
      writeCycles();
    }
    if (!analysis.warnings().isEmpty()) {
      out.println();
      analysis.warnings().forEach(this::note);
    }
  }

  private String extent(Sample sample) {
    String chains =
        sample.chains().isEmpty()
            ? "counts of unknown chains"
            : count(sample.chains().getAsLong(), "chain");
    String groups =
        sample.chains().orElse(0) > sample.counts().groups()
            ? " in " + count(sample.counts().groups(), "group")
            : "";
    return chains
        + groups
        + ", "
        + count(sample.counts().transitions(), "transition")
        + ", "
        + count(sample.states(), "state")
        + (sample.stateNames() == null ? "" : ", named");
  }

  private String entropyProduction() {
    Estimate estimate = analysis.estimate();
    return switch (estimate.status()) {
      case INSUFFICIENT -> bold("insufficient") + ": no transitions";
      case FROZEN ->
          bold("frozen")
              + ": "
              + count(analysis.graph().jumps(), "jump")
              + ", too few to say anything; not the same as reversible";
      case LOWER_BOUND ->
          bold("at least " + Figures.of(estimate.value().orElseThrow()))
              + " nats per transition (lower bound)"
              + interval(estimate);
      case ESTIMATED ->
          bold(Figures.of(estimate.value().orElseThrow()))
              + " nats per transition"
              + interval(estimate);
    };
  }

  private String interval(Estimate estimate) {
    if (estimate.lower().isPresent()) {
      return ", " + Figures.interval(estimate);
    }
    Estimate blocks = analysis.blockEstimate();
    return blocks == null || blocks.lower().isEmpty()
        ? ", no interval"
        : ", no interval (blocks of the chain: %s to %s)"
            .formatted(
                Figures.of(blocks.lower().getAsDouble()), Figures.of(blocks.upper().getAsDouble()));
  }

  private String reversibility() {
    ReversibilityTest test = analysis.reversibility();
    if (test.pValue().isEmpty()) {
      return "not tested: " + test.remark();
    }
    double p = test.pValue().getAsDouble();
    String how =
        test.method() == ReversibilityTest.Method.SIGN_FLIP
            ? "sign flip of %d groups, %,d times"
                .formatted(analysis.sample().counts().groupsWithTransition(), analysis.flips())
            : "chi-square %s, %,d degrees of freedom"
                .formatted(Figures.of(test.statistic()), test.degreesOfFreedom());
    String verdict =
        p < 0.01
            ? "a reversible chain would hardly look like this"
            : p < 0.05
                ? "a reversible chain would seldom look like this"
                : "no evidence against it";
    return Figures.probability(p) + ", " + verdict + " (" + how + ")";
  }

  private String selfTransition() {
    Estimate self = analysis.selfTransition();
    return Figures.of(self.value().orElseThrow())
        + (self.lower().isPresent() ? ", " + Figures.interval(self) : "");
  }

  private String convergence() {
    OptionalDouble rhat =
        analysis.convergence().stream().flatMapToDouble(state -> state.splitRhat().stream()).max();
    OptionalDouble size =
        analysis.convergence().stream()
            .flatMapToDouble(state -> state.bulkEffectiveSampleSize().stream())
            .min();
    return rhat.isEmpty() || size.isEmpty()
        ? "not known: no chain leaves its state"
        : String.format(
            Locale.ROOT,
            "split R-hat at most %s, effective sample size at least %,.0f (of all states)",
            Figures.of(rhat.getAsDouble()),
            size.getAsDouble());
  }

  private void writeStates() {
    double[] law = analysis.stationaryLaw();
    if (law == null) {
      return;
    }
    List<Integer> states = new ArrayList<>(analysis.visited());
    states.sort(Collections.reverseOrder((a, b) -> Double.compare(law[a], law[b])));
    heading("states", states.size(), "stationary probability, mean dwell time in transitions");
    DwellTimes dwell = DwellTimes.of(analysis.sample().counts());
    int width = labelWidth(states);
    for (int state : states.subList(0, Math.min(LINES, states.size()))) {
      out.printf(
          Locale.ROOT,
          "  %" + width + "s  %-10s %-10s %s%n",
          label(state),
          Figures.of(law[state]),
          dwell.mean(state).isEmpty() ? "never left" : Figures.of(dwell.mean(state).getAsDouble()),
          bar(law[state] / law[states.get(0)]));
    }
  }

  private void writeCurrents() {
    List<Current> currents = analysis.currents().strongest();
    if (currents.isEmpty()) {
      out.println();
      out.println("no net currents");
      return;
    }
    boolean errors = currents.get(0).standardError().isPresent();
    heading(
        "net currents",
        analysis.currents().total(),
        errors ? "per transition, with standard error" : "per transition");
    int width =
        labelWidth(currents.stream().flatMap(c -> List.of(c.from(), c.to()).stream()).toList());
    for (Current current : currents.subList(0, Math.min(LINES, currents.size()))) {
      out.printf(
          Locale.ROOT,
          "  %" + width + "s → %-" + width + "s  %-10s %s%s%n",
          label(current.from()),
          label(current.to()),
          Figures.of(current.value()),
          errors ? "± %-10s ".formatted(error(current)) : "",
          bar(current.value() / currents.get(0).value()));
    }
  }

  private static String error(Current current) {
    return Figures.of(current.standardError().orElseThrow());
  }

  private void writeCycles() {
    if (analysis.cycles() == null || analysis.cycles().strongest().isEmpty()) {
      return;
    }
    List<Cycle> cycles = analysis.cycles().strongest();
    heading("cycles", analysis.cycles().total(), "flux per transition, affinity in nats a turn");
    for (Cycle cycle : cycles.subList(0, Math.min(LINES, cycles.size()))) {
      String states =
          cycle.states().stream().limit(12).map(this::label).collect(Collectors.joining(" → "));
      out.printf(
          Locale.ROOT,
          "  %-10s %-10s %s → %s%n",
          Figures.of(cycle.weight()),
          Figures.of(cycle.affinity()),
          states,
          cycle.states().size() > 12
              ? "… (%,d states)".formatted(cycle.states().size())
              : label(cycle.states().get(0)));
    }
  }

  private void fact(String name, String text) {
    out.println(String.format("%-20s", name) + text);
  }

  private void heading(String name, long total, String what) {
    out.println();
    out.println(
        bold(name)
            + " ("
            + (total > LINES ? String.format(Locale.ROOT, "%d of %,d: ", LINES, total) : "")
            + what
            + ")");
  }

  /** A caveat, broken into lines at words. */
  private void note(String text) {
    StringBuilder line = new StringBuilder("note:");
    for (String word : text.split(" ", -1)) {
      if (line.length() + word.length() >= LINE_WIDTH) {
        out.println(line);
        line = new StringBuilder("     ");
      }
      line.append(' ').append(word);
    }
    out.println(line);
  }

  private static String bar(double share) {
    int eighths = (int) Math.round(8 * BAR * share);
    String full = "█".repeat(eighths / 8);
    return eighths % 8 == 0 ? full : full + (char) ('█' + 8 - eighths % 8);
  }

  private int labelWidth(List<Integer> states) {
    return states.stream().limit(2L * LINES).mapToInt(s -> label(s).length()).max().orElse(1);
  }

  private String label(int state) {
    return StateLabels.shown(analysis.sample().label(state));
  }

  private String bold(String text) {
    return ansi.enabled() ? ansi.string("@|bold " + text.replace("@|", "@") + "|@") : text;
  }

  private static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
