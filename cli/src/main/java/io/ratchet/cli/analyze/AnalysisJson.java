package io.ratchet.cli.analyze;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import io.ratchet.thermodynamics.Currents.Current;
import io.ratchet.thermodynamics.Cycles.Cycle;
import io.ratchet.thermodynamics.DwellTimes;
import io.ratchet.thermodynamics.Estimate;
import java.io.IOException;
import java.io.Writer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * An analysis as one JSON object; what its members mean is in docs/analyze.md. Numbers are finite
 * or null.
 */
public final class AnalysisJson {
  private final JsonGenerator json;

  private AnalysisJson(JsonGenerator json) {
    this.json = json;
  }

  /** Writes the object and a line end; leaves the writer open. */
  public static void write(Analysis analysis, Writer to) throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(to)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setPrettyPrinter(new DefaultPrettyPrinter());
      new AnalysisJson(json).write(analysis);
      json.writeRaw('\n');
    }
  }

  private void write(Analysis analysis) throws IOException {
    Sample sample = analysis.sample();
    boolean empty = sample.counts().transitions() == 0;
    json.writeStartObject();
    json.writeStringField("source", sample.source());
    json.writeStringField("form", sample.form().label());
    json.writeNumberField("states", sample.states());
    names(sample.stateNames());
    json.writeFieldName("chains");
    if (sample.chains().isPresent()) {
      json.writeNumber(sample.chains().getAsLong());
    } else {
      json.writeNull();
    }
    json.writeNumberField("groups", sample.counts().groupsWithTransition());
    json.writeNumberField("transitions", sample.counts().transitions());
    number(
        "transitionsPerChain",
        Double.isFinite(sample.transitionsPerChain()) ? sample.transitionsPerChain() : Double.NaN);
    json.writeStringField("status", label(analysis.estimate().status()));

    json.writeObjectFieldStart("entropyProduction");
    estimate(analysis.estimate());
    json.writeStringField("estimator", analysis.estimate().estimator());
    json.writeStringField("unit", "nats per transition");
    number("plugIn", analysis.entropyProduction().plugIn());
    number("bias", analysis.entropyProduction().bias());
    number("standardError", analysis.entropyProduction().standardError());
    json.writeEndObject();
    if (analysis.blockEstimate() != null) {
      json.writeObjectFieldStart("blocks");
      json.writeNumberField("count", sample.blocks().groups());
      json.writeNumberField("transitions", sample.blocks().transitions(0));
      estimate(analysis.blockEstimate());
      json.writeEndObject();
    }

    json.writeObjectFieldStart("reversibilityTest");
    json.writeStringField("method", analysis.reversibility().method().label());
    number("statistic", empty ? Double.NaN : analysis.reversibility().statistic());
    json.writeNumberField("degreesOfFreedom", analysis.reversibility().degreesOfFreedom());
    number("pValue", analysis.reversibility().pValue());
    json.writeEndObject();

    numbers("stationaryDistribution", analysis.stationaryLaw());
    number("selfTransitionProbability", analysis.selfTransition().value());
    numbers("dwellTimes", dwellTimes(sample));
    currents(analysis);
    cycles(analysis);
    number("relaxationTime", analysis.relaxationTime());
    number("spectralGap", analysis.spectralGap());
    convergence(analysis.convergence());
    json.writeNumberField("jumps", analysis.graph().jumps());
    json.writeNumberField("pairs", analysis.graph().pairs());
    json.writeNumberField("oneWayPairs", analysis.graph().oneWayPairs());
    json.writeNumberField("independentCycles", analysis.graph().cycles());
    json.writeArrayFieldStart("warnings");
    for (String warning : analysis.warnings()) {
      json.writeString(warning);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void names(List<String> names) throws IOException {
    if (names == null) {
      json.writeNullField("stateNames");
      return;
    }
    json.writeArrayFieldStart("stateNames");
    for (String name : names) {
      json.writeString(name);
    }
    json.writeEndArray();
  }

  private void estimate(Estimate estimate) throws IOException {
    number("value", estimate.value());
    number("lower", estimate.lower());
    number("upper", estimate.upper());
    json.writeNumberField("level", estimate.level());
  }

  private void currents(Analysis analysis) throws IOException {
    json.writeArrayFieldStart("currents");
    for (Current current : analysis.currents().strongest()) {
      json.writeStartObject();
      json.writeNumberField("from", current.from());
      json.writeNumberField("to", current.to());
      number("value", current.value());
      number("standardError", current.standardError());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("currentsTotal", analysis.currents().total());
    number("currentMagnitude", analysis.currents().magnitude());
  }

  private void cycles(Analysis analysis) throws IOException {
    if (analysis.cycles() == null) {
      boolean empty = analysis.visited().isEmpty();
      json.writeFieldName("cycles");
      json.writeRawValue(empty ? "[]" : "null");
      json.writeFieldName("cyclesTotal");
      json.writeRawValue(empty ? "0" : "null");
      json.writeNullField("cyclesEntropyShare");
      return;
    }
    json.writeArrayFieldStart("cycles");
    for (Cycle cycle : analysis.cycles().strongest()) {
      json.writeStartObject();
      json.writeArrayFieldStart("states");
      for (int state : cycle.states()) {
        json.writeNumber(state);
      }
      json.writeEndArray();
      number("flux", cycle.weight());
      number("affinity", cycle.affinity());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("cyclesTotal", analysis.cycles().total());
    number("cyclesEntropyShare", analysis.cycles().entropyShare());
  }

  private void convergence(List<Convergence> states) throws IOException {
    if (states == null) {
      json.writeNullField("convergence");
      return;
    }
    json.writeArrayFieldStart("convergence");
    for (Convergence state : states) {
      json.writeStartObject();
      json.writeNumberField("state", state.state());
      number("splitRhat", state.splitRhat());
      number("bulkEffectiveSampleSize", state.bulkEffectiveSampleSize());
      number("autocorrelationTime", state.autocorrelationTime());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static double[] dwellTimes(Sample sample) {
    DwellTimes times = DwellTimes.of(sample.counts());
    double[] means = new double[sample.states()];
    Arrays.setAll(means, state -> times.mean(state).orElse(Double.NaN));
    return means;
  }

  /** The name of a status in this object. */
  static String label(Estimate.Status status) {
    return status.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private void numbers(String name, double[] values) throws IOException {
    if (values == null) {
      json.writeNullField(name);
      return;
    }
    json.writeArrayFieldStart(name);
    for (double value : values) {
      if (Double.isFinite(value)) {
        json.writeNumber(value);
      } else {
        json.writeNull();
      }
    }
    json.writeEndArray();
  }

  private void number(String name, OptionalDouble value) throws IOException {
    number(name, value.orElse(Double.NaN));
  }

  private void number(String name, double value) throws IOException {
    if (Double.isFinite(value)) {
      json.writeNumberField(name, value);
    } else {
      json.writeNullField(name);
    }
  }
}
