package io.ratchet.stream.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.ratchet.schema.Current;
import io.ratchet.schema.Cycle;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.EstimateStatus;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;

/**
 * The JSON of {@code /api/v1}, as {@code docs/api.md} describes it. A number that is absent or not
 * finite is written as {@code null}: there is no NaN in JSON and none is put in its place.
 */
final class ApiJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  private static final EstimateStatus[] GRAVEST_FIRST = {
    EstimateStatus.FROZEN,
    EstimateStatus.INSUFFICIENT,
    EstimateStatus.LOWER_BOUND,
    EstimateStatus.ESTIMATED
  };

  private ApiJson() {}

  private interface Body {
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

  /**
   * The curves of a run.
   *
   * @param since version up to which the caller knows them; 0 for all
   */
  static Optional<byte[]> series(RunArchive archive, String id, long since) {
    return archive.read(id, history -> series(history, since));
  }

  static byte[] series(RunHistory history, long since) {
    return object(
        json -> {
          json.writeStringField("run", history.id());
          json.writeNumberField("version", history.version());
          json.writeBooleanField("released", history.isReleased());
          writeUpdates(json, history.updates(), since);
          writeWindows(json, history.windows(), since);
        });
  }

  /** The last window's chain: currents, counts, stationary distribution. */
  static Optional<byte[]> chain(RunArchive archive, String id) {
    return archive.read(id, ApiJson::chain);
  }

  static byte[] chain(RunHistory history) {
    return object(
        json -> {
          json.writeStringField("run", history.id());
          Optional<Thermodynamics> window = history.window();
          if (window.isPresent()) {
            writeChain(json, window.get());
          } else {
            json.writeNullField("window");
          }
        });
  }

  /** The last samples of a run, bit-packed. */
  static Optional<byte[]> samples(RunArchive archive, String id) {
    return archive.read(id, ApiJson::samples);
  }

  static byte[] samples(RunHistory history) {
    return object(
        json -> {
          json.writeStringField("run", history.id());
          Optional<RunHistory.Samples> samples = history.samples();
          if (samples.isPresent()) {
            writeSamples(json, samples.get(), history.run());
          } else {
            json.writeNullField("step");
          }
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
    json.writeArrayFieldStart("classNames");
    for (String name : run.getClassNames()) {
      json.writeString(name);
    }
    json.writeEndArray();
    json.writeStringField("classifier", run.getClassifier());
    number(
        json,
        "classifierAccuracy",
        run.getClassifierAccuracy() == null ? Double.NaN : run.getClassifierAccuracy());
    texts(json, "settings", run.getSettings());
    texts(json, "versions", run.getVersions());
    json.writeStringField("commit", run.getCommit());
    json.writeStringField("host", run.getHost());
    json.writeArrayFieldStart("tags");
    for (String tag : run.getTags()) {
      json.writeString(tag);
    }
    json.writeEndArray();
    json.writeStringField("notes", run.getNotes());
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
    json.writeArrayFieldStart("warnings");
    for (String warning : window.getWarnings()) {
      json.writeString(warning);
    }
    json.writeEndArray();
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

  private static void writeSamples(
      JsonGenerator json, RunHistory.Samples samples, Optional<Run> run) throws IOException {
    json.writeNumberField("step", samples.step());
    json.writeNumberField("visible", samples.visible());
    Integer width = run.map(Run::getImageWidth).orElse(null);
    Integer height = run.map(Run::getImageHeight).orElse(null);
    boolean image =
        width != null && height != null && (long) width * height == samples.visible() && width > 0;
    // Without a known shape: rows of the square that is just large enough.
    int side = (int) Math.ceil(Math.sqrt(samples.visible()));
    json.writeNumberField("width", image ? width : side);
    json.writeNumberField("height", image ? height : (samples.visible() - 1) / side + 1);
    json.writeArrayFieldStart("images");
    for (byte[] bits : samples.images()) {
      json.writeBinary(bits);
    }
    json.writeEndArray();
    json.writeFieldName("states");
    json.writeArray(samples.states(), 0, samples.states().length);
    json.writeFieldName("classes");
    json.writeArray(samples.classes(), 0, samples.classes().length);
  }

  private static void writeUpdates(JsonGenerator json, StepHistory updates, long since)
      throws IOException {
    json.writeObjectFieldStart("updates");
    int[] rows = writeBins(json, updates, since);
    for (String quantity : updates.quantities()) {
      json.writeObjectFieldStart(quantity);
      column(json, "mean", updates, rows, quantity, at -> updates.mean(at, quantity));
      column(json, "min", updates, rows, quantity, at -> updates.min(at, quantity));
      column(json, "max", updates, rows, quantity, at -> updates.max(at, quantity));
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void writeWindows(JsonGenerator json, StepHistory windows, long since)
      throws IOException {
    json.writeObjectFieldStart("windows");
    int[] rows = writeBins(json, windows, since);
    for (String name : Quantities.ESTIMATES.keySet()) {
      String lower = name + ".lower";
      String upper = name + ".upper";
      json.writeObjectFieldStart(name);
      column(json, "mean", windows, rows, name, at -> windows.mean(at, name));
      column(json, "min", windows, rows, name, at -> windows.min(at, name));
      column(json, "max", windows, rows, name, at -> windows.max(at, name));
      column(json, "lower", windows, rows, lower, at -> windows.mean(at, lower));
      column(json, "upper", windows, rows, upper, at -> windows.mean(at, upper));
      json.writeArrayFieldStart("status");
      for (int at : rows) {
        json.writeString(status(windows, at, name));
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    for (String name :
        List.of("reversibilityPValue", "currentMagnitude", "gaps", "missingWorkers")) {
      json.writeObjectFieldStart(name);
      column(json, "mean", windows, rows, name, at -> windows.mean(at, name));
      column(json, "min", windows, rows, name, at -> windows.min(at, name));
      column(json, "max", windows, rows, name, at -> windows.max(at, name));
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  /** Writes which bins follow and returns their indices: those changed after {@code since}. */
  private static int[] writeBins(JsonGenerator json, StepHistory history, long since)
      throws IOException {
    boolean complete = since == 0 || history.rewritten() > since;
    List<Integer> changed = new ArrayList<>();
    for (int at = 0; at < history.size(); at++) {
      if (complete || history.version(at) > since) {
        changed.add(at);
      }
    }
    int[] rows = changed.stream().mapToInt(Integer::intValue).toArray();
    json.writeBooleanField("complete", complete);
    json.writeNumberField("stride", history.stride());
    json.writeArrayFieldStart("bin");
    for (int at : rows) {
      json.writeNumber(history.bin(at));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("step");
    for (int at : rows) {
      json.writeNumber(history.lastStep(at));
    }
    json.writeEndArray();
    return rows;
  }

  private static void column(
      JsonGenerator json,
      String field,
      StepHistory history,
      int[] rows,
      String quantity,
      IntToDoubleFunction value)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (int at : rows) {
      number(json, history.count(at, quantity) == 0 ? Double.NaN : value.applyAsDouble(at));
    }
    json.writeEndArray();
  }

  /** The status that most windows of a bin had, the graver one of equals. */
  private static String status(StepHistory windows, int at, String name) {
    EstimateStatus most = null;
    long votes = 0;
    for (EstimateStatus status : GRAVEST_FIRST) {
      long count = windows.count(at, name + "." + status);
      if (count > votes) {
        most = status;
        votes = count;
      }
    }
    return most == null ? null : word(most);
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
  private static String word(Enum<?> symbol) {
    String name = symbol.name();
    return "UNKNOWN".equals(name) ? null : name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void texts(JsonGenerator json, String field, Map<String, String> texts)
      throws IOException {
    json.writeObjectFieldStart(field);
    for (String key : texts.keySet().stream().sorted().toList()) {
      json.writeStringField(key, texts.get(key));
    }
    json.writeEndObject();
  }

  private static void number(JsonGenerator json, String field, OptionalDouble value)
      throws IOException {
    number(json, field, value.orElse(Double.NaN));
  }

  private static void number(JsonGenerator json, String field, double value) throws IOException {
    json.writeFieldName(field);
    number(json, value);
  }

  private static void number(JsonGenerator json, double value) throws IOException {
    if (!Double.isFinite(value)) {
      json.writeNull();
    } else if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
      json.writeNumber((long) value);
    } else {
      json.writeNumber(value);
    }
  }

  private static byte[] object(Body body) {
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
