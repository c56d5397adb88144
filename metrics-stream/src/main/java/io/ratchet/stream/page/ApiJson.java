package io.ratchet.stream.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.ratchet.schema.Alert;
import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.ReversibilityTest;
import io.ratchet.schema.Run;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.schema.Worker;
import io.ratchet.stream.runs.RunState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * The JSON of {@code /api/v1}, as {@code docs/api.md} describes it. A number that is absent or not
 * finite is written as {@code null}: there is no NaN in JSON and none is put in its place.
 */
final class ApiJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** Most numbers of a sparkline. */
  private static final int SPARKLINE = 32;

  private ApiJson() {}

  /** What stands between the braces of an object. */
  interface Body {
    void writeTo(JsonGenerator json) throws IOException;
  }

  /** All runs, the one heard of last first. */
  static byte[] runs(RunArchive archive) {
    Instant now = archive.now();
    return object(
        json -> {
          json.writeArrayFieldStart("runs");
          for (String id : archive.ids()) {
            archive.read(
                id,
                history -> {
                  quietly(
                      json,
                      g -> {
                        g.writeStartObject();
                        writeSummary(g, history, now);
                        writeSparkline(g, history);
                        g.writeEndObject();
                      });
                  return id;
                });
          }
          json.writeEndArray();
        });
  }

  /** One run: its summary, what it was made with, its workers and its last window's estimates. */
  static Optional<byte[]> run(RunArchive archive, String id) {
    Instant now = archive.now();
    return archive.read(id, history -> run(history, now));
  }

  static byte[] run(RunHistory history, Instant now) {
    return object(json -> writeRun(json, history, now));
  }

  /** The last window's chain: currents, counts, stationary distribution. */
  static byte[] chain(RunHistory history) {
    return chain(history.id(), history.window(), history.index().size() - 1, history.index());
  }

  /**
   * The chain of a window.
   *
   * @param log where windows of the past are read
   * @param which finds the window
   */
  static Optional<byte[]> chain(
      RunArchive archive,
      WindowLog log,
      String id,
      Function<WindowIndex, Optional<WindowIndex.Entry>> which) {
    Optional<WindowIndex.Entry> past =
        archive
            .read(
                id,
                history ->
                    which
                        .apply(history.index())
                        .filter(entry -> entry.number() < history.index().size() - 1))
            .flatMap(Function.identity());
    if (past.isEmpty()) {
      return archive.read(id, ApiJson::chain);
    }
    // Not under the run's lock: the log may take its time.
    Optional<Thermodynamics> window = log.read(id, past.get().offset());
    return archive.read(id, history -> chain(id, window, past.get().number(), history.index()));
  }

  private static byte[] chain(
      String id, Optional<Thermodynamics> window, int number, WindowIndex index) {
    return object(
        json -> {
          json.writeStringField("run", id);
          json.writeNumberField("number", number);
          json.writeNumberField("windows", index.size());
          Optional<WindowIndex.Entry> first = index.at(0);
          number(json, "firstToStep", first.map(e -> (double) e.toStep()).orElse(Double.NaN));
          Optional<WindowIndex.Entry> last = index.at(Long.MAX_VALUE);
          number(json, "lastToStep", last.map(e -> (double) e.toStep()).orElse(Double.NaN));
          if (window.isPresent()) {
            writeChain(json, window.get());
          } else {
            json.writeNullField("window");
          }
        });
  }

  /** The last samples of a run, bit-packed. */
  static byte[] samples(RunHistory history) {
    return object(
        json -> {
          json.writeStringField("run", history.id());
          writeShape(json, history);
          Optional<SampleHistory.Samples> samples = history.samples().latest();
          if (samples.isPresent()) {
            writeSamples(json, samples.get());
          } else {
            json.writeNullField("step");
          }
        });
  }

  /** Samples over the steps of a run. */
  static byte[] sampleHistory(RunHistory history) {
    return object(
        json -> {
          json.writeStringField("run", history.id());
          writeShape(json, history);
          json.writeArrayFieldStart("samples");
          for (SampleHistory.Samples samples : history.samples().all()) {
            json.writeStartObject();
            writeSamples(json, samples);
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  /** An error, as every part of the API reports it. */
  static byte[] error(String message) {
    return object(json -> json.writeStringField("error", message));
  }

  private static void writeSummary(JsonGenerator json, RunHistory history, Instant now)
      throws IOException {
    RunState state = history.state(now);
    json.writeStringField("run", history.id());
    json.writeStringField("state", state.label());
    json.writeNumberField("attempt", history.attempt());
    json.writeNumberField("step", history.step());
    Optional<Run> run = history.run();
    json.writeStringField("model", run.map(Run::getModel).orElse(""));
    json.writeStringField("data", run.map(Run::getData).orElse(""));
    number(json, "updates", run.map(r -> (double) r.getUpdates()).orElse(Double.NaN));
    number(json, "createdMillis", run.map(r -> (double) r.getCreatedMillis()).orElse(Double.NaN));
    json.writeNumberField("activeMillis", history.activeMillis());
    number(json, "logLikelihood", history.logLikelihood());
    number(
        json,
        "updatesPerSecond",
        state == RunState.RUNNING ? history.updatesPerSecond() : OptionalDouble.empty());
    estimate(
        json,
        "entropyProduction",
        history.window().map(Thermodynamics::getEntropyProduction).orElse(null));
    number(
        json, "windowStep", history.window().map(w -> (double) w.getToStep()).orElse(Double.NaN));
    texts(json, "tags", run.map(Run::getTags).orElse(List.of()));
    json.writeStringField("notes", run.map(Run::getNotes).orElse(""));
  }

  /** Entropy production over the windows so far, in a few numbers. */
  private static void writeSparkline(JsonGenerator json, RunHistory history) throws IOException {
    StepHistory windows = history.windows();
    json.writeArrayFieldStart("sparkline");
    int points = Math.min(SPARKLINE, windows.size());
    for (int point = 0; point < points; point++) {
      int end = (int) ((point + 1L) * windows.size() / points);
      double sum = 0;
      int counted = 0;
      for (int at = (int) ((long) point * windows.size() / points); at < end; at++) {
        if (windows.count(at, "entropyProduction") > 0) {
          sum += windows.mean(at, "entropyProduction");
          counted++;
        }
      }
      number(json, counted == 0 ? Double.NaN : (float) (sum / counted));
    }
    json.writeEndArray();
  }

  private static void writeRun(JsonGenerator json, RunHistory history, Instant now)
      throws IOException {
    writeSummary(json, history, now);
    Optional<Run> registered = history.run();
    if (registered.isPresent()) {
      writeRegistration(json, registered.get());
    }
    json.writeArrayFieldStart("workers");
    for (Worker worker : history.workers()) {
      json.writeStartObject();
      json.writeNumberField("worker", worker.getWorker());
      json.writeNumberField("attempt", worker.getAttempt());
      json.writeStringField("state", RunState.of(worker, history.attempt(), now).label());
      json.writeNumberField("step", worker.getStep());
      json.writeNumberField("heartbeatMillis", worker.getHeartbeatMillis());
      json.writeNumberField("dropped", worker.getDropped());
      json.writeNumberField("spilled", worker.getSpilled());
      json.writeStringField("message", worker.getMessage());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("attempts");
    for (var attempt : history.starts().entrySet()) {
      json.writeStartObject();
      json.writeNumberField("attempt", attempt.getKey());
      json.writeNumberField("startStep", attempt.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("alerts");
    for (Alert alert : history.alerts()) {
      json.writeStartObject();
      json.writeStringField("kind", word(alert.getKind()));
      json.writeStringField("action", word(alert.getAction()));
      json.writeNumberField("attempt", alert.getAttempt());
      json.writeNumberField("fromStep", alert.getFromStep());
      json.writeNumberField("toStep", alert.getToStep());
      json.writeStringField("message", alert.getMessage());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeFieldName("window");
    Optional<Thermodynamics> window = history.window();
    if (window.isPresent()) {
      json.writeStartObject();
      writeWindow(json, window.get());
      json.writeEndObject();
    } else {
      json.writeNull();
    }
  }

  private static void writeRegistration(JsonGenerator json, Run run) throws IOException {
    json.writeStringField("algorithm", run.getAlgorithm());
    json.writeStringField("expectation", word(run.getExpectation()));
    json.writeNumberField("states", run.getStates());
    json.writeNumberField("visible", run.getVisible());
    json.writeNumberField("chains", run.getChains());
    json.writeNumberField("examples", run.getExamples());
    json.writeStringField("dataDigest", run.getDataDigest());
    json.writeNumberField("seed", run.getSeed());
    texts(json, "classNames", run.getClassNames());
    json.writeStringField("classifier", run.getClassifier());
    number(
        json,
        "classifierAccuracy",
        run.getClassifierAccuracy() == null ? Double.NaN : run.getClassifierAccuracy());
    texts(json, "settings", run.getSettings());
    texts(json, "versions", run.getVersions());
    json.writeStringField("commit", run.getCommit());
    json.writeStringField("host", run.getHost());
    json.writeNumberField("workersAsked", run.getWorkers());
  }

  private static void writeWindow(JsonGenerator json, Thermodynamics window) throws IOException {
    json.writeNumberField("sequence", window.getSequence());
    json.writeNumberField("attempt", window.getAttempt());
    json.writeNumberField("fromStep", window.getFromStep());
    json.writeNumberField("toStep", window.getToStep());
    json.writeNumberField("bucketSteps", window.getBucketSteps());
    json.writeNumberField("windowBuckets", window.getWindowBuckets());
    json.writeNumberField("transitions", window.getTransitions());
    json.writeNumberField("groups", window.getGroups());
    json.writeNumberField("states", window.getStates());
    json.writeNumberField("gaps", window.getGaps());
    json.writeNumberField("late", window.getLate());
    json.writeArrayFieldStart("missingWorkers");
    for (int worker : window.getMissingWorkers()) {
      json.writeNumber(worker);
    }
    json.writeEndArray();
    json.writeStringField("status", word(window.getStatus()));
    for (var quantity : Quantities.ESTIMATES.entrySet()) {
      estimate(json, quantity.getKey(), quantity.getValue().apply(window));
    }
    ReversibilityTest test = window.getReversibilityTest();
    json.writeFieldName("reversibilityTest");
    if (test == null) {
      json.writeNull();
    } else {
      json.writeStartObject();
      json.writeStringField("method", test.getMethod());
      number(json, "statistic", test.getStatistic());
      json.writeNumberField("degreesOfFreedom", test.getDegreesOfFreedom());
      number(json, "pValue", test.getPValue() == null ? Double.NaN : test.getPValue());
      json.writeEndObject();
    }
    writeVerdict(json, window);
    number(json, "currentMagnitude", window.getCurrentMagnitude());
    texts(json, "warnings", window.getWarnings());
  }

  private static void writeVerdict(JsonGenerator json, Thermodynamics window) throws IOException {
    number(json, "floor", window.getFloor());
    json.writeStringField("expectation", word(window.getExpectation()));
    json.writeFieldName("verdict");
    Verdict verdict = window.getVerdict();
    if (verdict == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    json.writeBooleanField("judged", verdict.getJudged());
    number(json, "bound", verdict.getBound() == null ? Double.NaN : verdict.getBound());
    json.writeNumberField("strikes", verdict.getStrikes());
    json.writeBooleanField("alarm", verdict.getAlarm());
    json.writeBooleanField("frozen", verdict.getFrozen());
    json.writeEndObject();
  }

  private static void writeChain(JsonGenerator json, Thermodynamics window) throws IOException {
    json.writeObjectFieldStart("window");
    writeWindow(json, window);
    json.writeEndObject();
    json.writeNumberField("states", window.getStates());
    json.writeNumberField("currentsTotal", window.getCurrentsTotal());
    json.writeArrayFieldStart("currents");
    for (Current current : window.getCurrents()) {
      json.writeStartObject();
      json.writeNumberField("from", current.getFrom());
      json.writeNumberField("to", current.getTo());
      number(json, "value", current.getValue());
      Double error = current.getStandardError();
      number(json, "standardError", error == null ? Double.NaN : error);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("cyclesTotal", window.getCyclesTotal());
    Double share = window.getCyclesEntropyShare();
    number(json, "cyclesEntropyShare", share == null ? Double.NaN : share);
    json.writeArrayFieldStart("cycles");
    for (Cycle cycle : window.getCycles()) {
      json.writeStartObject();
      json.writeFieldName("states");
      if (cycle.getStates() == null) {
        json.writeNull();
      } else {
        json.writeStartArray();
        for (int state : cycle.getStates()) {
          json.writeNumber(state);
        }
        json.writeEndArray();
      }
      json.writeNumberField("length", cycle.getLength());
      number(json, "flux", cycle.getWeight());
      number(json, "affinity", cycle.getAffinity());
      json.writeEndObject();
    }
    json.writeEndArray();
    Double relaxation = window.getRelaxationTime();
    number(json, "relaxationTime", relaxation == null ? Double.NaN : relaxation);
    writeStationary(json, window.getStationaryDistribution());
    writeCounts(json, window.getCounts());
  }

  private static void writeStationary(JsonGenerator json, ByteBuffer bytes) throws IOException {
    json.writeFieldName("stationaryDistribution");
    if (bytes == null) {
      json.writeNull();
      return;
    }
    ByteBuffer shares = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    json.writeStartArray();
    while (shares.remaining() >= Double.BYTES) {
      number(json, shares.getDouble());
    }
    json.writeEndArray();
  }

  private static void writeCounts(JsonGenerator json, ByteBuffer bytes) throws IOException {
    json.writeFieldName("counts");
    if (bytes == null) {
      json.writeNull();
      return;
    }
    ByteBuffer triples = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    json.writeStartArray();
    while (triples.remaining() >= 2 * Short.BYTES + Long.BYTES) {
      json.writeStartArray();
      json.writeNumber(triples.getShort() & 0xFFFF);
      json.writeNumber(triples.getShort() & 0xFFFF);
      json.writeNumber(Long.toUnsignedString(triples.getLong()));
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  /** The shape of an image: that of the run, or rows of the square that is just large enough. */
  private static void writeShape(JsonGenerator json, RunHistory history) throws IOException {
    Optional<SampleHistory.Samples> samples = history.samples().latest();
    int visible = samples.map(SampleHistory.Samples::visible).orElse(0);
    Integer width = history.run().map(Run::getImageWidth).orElse(null);
    Integer height = history.run().map(Run::getImageHeight).orElse(null);
    boolean image =
        width != null && height != null && (long) width * height == visible && width > 0;
    int side = (int) Math.ceil(Math.sqrt(visible));
    json.writeNumberField("visible", visible);
    json.writeNumberField("width", image ? width : side);
    json.writeNumberField(
        "height", image || visible == 0 ? (image ? height : 0) : (visible - 1) / side + 1);
  }

  private static void writeSamples(JsonGenerator json, SampleHistory.Samples samples)
      throws IOException {
    json.writeNumberField("step", samples.step());
    json.writeArrayFieldStart("images");
    for (byte[] bits : samples.images()) {
      json.writeBinary(bits);
    }
    json.writeEndArray();
    json.writeFieldName("from");
    json.writeArray(samples.from(), 0, samples.from().length);
    json.writeFieldName("states");
    json.writeArray(samples.states(), 0, samples.states().length);
    json.writeFieldName("classes");
    json.writeArray(samples.classes(), 0, samples.classes().length);
  }

  private static void estimate(JsonGenerator json, String field, Estimate estimate)
      throws IOException {
    json.writeFieldName(field);
    if (estimate == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    number(json, "value", estimate.getValue() == null ? Double.NaN : estimate.getValue());
    number(json, "lower", estimate.getLower() == null ? Double.NaN : estimate.getLower());
    number(json, "upper", estimate.getUpper() == null ? Double.NaN : estimate.getUpper());
    number(json, "level", estimate.getLevel());
    json.writeStringField("estimator", estimate.getEstimator());
    json.writeStringField("status", word(estimate.getStatus()));
    json.writeEndObject();
  }

  /** An enum symbol as the API spells it: lower case with hyphens, null for UNKNOWN. */
  static String word(Enum<?> symbol) {
    String name = symbol.name();
    return "UNKNOWN".equals(name) ? null : name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void texts(JsonGenerator json, String field, List<String> texts)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  private static void texts(JsonGenerator json, String field, Map<String, String> texts)
      throws IOException {
    json.writeObjectFieldStart(field);
    for (String key : texts.keySet().stream().sorted().toList()) {
      json.writeStringField(key, texts.get(key));
    }
    json.writeEndObject();
  }

  static void number(JsonGenerator json, String field, OptionalDouble value) throws IOException {
    number(json, field, value.orElse(Double.NaN));
  }

  static void number(JsonGenerator json, String field, double value) throws IOException {
    json.writeFieldName(field);
    number(json, value);
  }

  static void number(JsonGenerator json, double value) throws IOException {
    if (!Double.isFinite(value)) {
      json.writeNull();
    } else if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
      json.writeNumber((long) value);
    } else {
      json.writeNumber(value);
    }
  }

  static byte[] object(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      body.writeTo(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory do not fail
    }
    return bytes.toByteArray();
  }

  private static void quietly(JsonGenerator json, Body body) {
    try {
      body.writeTo(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory do not fail
    }
  }
}
