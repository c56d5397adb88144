package io.ratchet.cli;

import io.ratchet.cli.analyze.Analysis;
import io.ratchet.cli.analyze.AnalysisJson;
import io.ratchet.cli.analyze.AnalysisReport;
import io.ratchet.cli.analyze.CurrentGraph;
import io.ratchet.cli.analyze.Form;
import io.ratchet.cli.analyze.Layout;
import io.ratchet.cli.analyze.Sample;
import io.ratchet.cli.analyze.TrajectoryReader;
import io.ratchet.thermodynamics.TransitionCounts;
import io.ratchet.trainer.InputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.ZipException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The estimators on anyone's trajectories. */
@Command(
    name = "analyze",
    description = {
      "Entropy production, currents, cycles and a test of reversibility for any trajectories.",
      "A chain a line, states separated by commas; or a column of states, a CSV file with a header,"
          + " JSON lines, a matrix of counts; plain or gzip. States are integers from 0, or names."
    })
final class AnalyzeCommand extends RatchetCommand {
  private static final String STANDARD_INPUT = "-";

  @Parameters(paramLabel = "FILE|-", description = "The trajectories; - is standard input.")
  private String file;

  @Option(
      names = "--counts",
      description = "FILE is a K x K matrix of transition counts, row = from.")
  private boolean counts;

  @Option(
      names = "--states",
      paramLabel = "K",
      description = "Number of states; without it, what the file asks for.")
  private Integer states;

  @Option(
      names = "--form",
      paramLabel = "FORM",
      description =
          "How FILE holds the chains: chains (one a line), column (one state a line), columns (a"
              + " column a chain), table (a header names the columns), json. Without it, told from"
              + " the first lines.")
  private String form;

  @Option(names = "--names", description = "States are names also where they look like integers.")
  private boolean names;

  @Option(
      names = "--state-column",
      paramLabel = "NAME",
      description = "Column of the states in a table. Default: state.")
  private String stateColumn;

  @Option(
      names = "--chain-column",
      paramLabel = "NAME",
      description = "Column of the chains in a table. Default: chain, if there is one.")
  private String chainColumn;

  @Option(
      names = "--level",
      paramLabel = "P",
      defaultValue = "0.95",
      description = "Coverage of the intervals. Default: ${DEFAULT-VALUE}.")
  private double level;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draws currents and cycles into FILE.svg or FILE.png.")
  private Path plot;

  @Option(names = "--force", description = "Let --plot overwrite a file.")
  private boolean force;

  @Option(names = "--json", description = "Print one JSON object instead of the report.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Layout layout = layout();
    if (!(level > 0 && level < 1)) {
      throw Check.refused("--level", level, "allowed: between 0 and 1");
    }
    checkPlot();

    Analysis analysis = Analysis.of(read(layout), level);
    if (json) {
      AnalysisJson.write(analysis, out());
    } else {
      AnalysisReport.write(analysis, spec().commandLine().getColorScheme().ansi(), out());
    }
    out().flush();
    if (plot != null) {
      draw(analysis);
    }
    return Ratchet.DONE;
  }

  private Layout layout() {
    if (states != null) {
      Check.range("--states", states, 1, TransitionCounts.MAX_STATES);
    }
    if (counts) {
      refuse("--form", form);
      refuse("--names", names ? "true" : null);
      refuse("--state-column", stateColumn);
      refuse("--chain-column", chainColumn);
    }
    Form given = counts ? Form.COUNTS : form == null ? null : form(form);
    return new Layout(given, states == null ? 0 : states, names, stateColumn, chainColumn);
  }

  private static void refuse(String option, String value) {
    if (value != null) {
      throw Check.refused(option, value, "not allowed with --counts");
    }
  }

  private static Form form(String label) {
    for (Form form : Form.values()) {
      if (form != Form.COUNTS && form.label().equals(label)) {
        return form;
      }
    }
    throw Check.refused("--form", label, "allowed: chains, column, columns, table or json");
  }

  private void checkPlot() {
    if (plot == null) {
      return;
    }
    String name = plot.toString().toLowerCase(Locale.ROOT);
    if (!name.endsWith(".svg") && !name.endsWith(".png")) {
      throw Check.refused("--plot", plot, "allowed: a name that ends in .svg or .png");
    }
    OutputFile.requireReplaceable("--plot", plot, force);
    Path directory = plot.toAbsolutePath().getParent();
    if (!Files.isWritable(directory)) {
      throw Check.refused("--plot", plot, "its directory cannot be written");
    }
  }

  private Sample read(Layout layout) throws IOException {
    boolean standard = file.equals(STANDARD_INPUT);
    String name = standard ? "standard input" : file;
    try (InputStream in = standard ? System.in : Files.newInputStream(Path.of(file))) {
      return TrajectoryReader.read(name, in, layout);
    } catch (NoSuchFileException e) {
      throw new InputException(name + ": no such file");
    } catch (ZipException e) {
      throw new InputException(name + ": begins like gzip but is not (" + e.getMessage() + ")");
    } catch (EOFException e) {
      throw new InputException(name + ": the gzip file is cut off");
    } catch (IOException e) {
      throw new InputException(name + ": cannot be read (" + e.getMessage() + ")");
    }
  }

  private void draw(Analysis analysis) throws IOException {
    CurrentGraph graph = CurrentGraph.of(analysis);
    if (plot.toString().toLowerCase(Locale.ROOT).endsWith(".svg")) {
      Files.writeString(plot, graph.svg());
    } else {
      Files.write(plot, graph.png());
    }
    say("drawn into " + plot);
  }
}
