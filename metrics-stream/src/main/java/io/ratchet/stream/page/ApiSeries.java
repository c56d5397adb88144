package io.ratchet.stream.page;

import static io.ratchet.stream.page.ApiJson.number;

import com.fasterxml.jackson.core.JsonGenerator;
import io.ratchet.schema.EstimateStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/** The curves of a run, as {@code docs/api.md} describes them: JSON and CSV. */
final class ApiSeries {
  /** Beside the estimates; those of the windows that are plain numbers. */
  private static final List<String> PLAIN =
      List.of("reversibilityPValue", "currentMagnitude", "gaps", "missingWorkers", "timeMillis");

  private static final String SMOOTH = ".smooth";

  private static final EstimateStatus[] GRAVEST_FIRST = {
    EstimateStatus.FROZEN,
    EstimateStatus.INSUFFICIENT,
    EstimateStatus.LOWER_BOUND,
    EstimateStatus.ESTIMATED
  };

  private ApiSeries() {}

  static byte[] json(RunHistory history, SeriesQuery query) {
    Optional<StepHistory> updates = view(history.allUpdates(), query);
    Optional<StepHistory> windows = view(history.allWindows(), query);
    return ApiJson.object(
        json -> {
          json.writeStringField("run", history.id());
          json.writeNumberField("version", history.version());
          json.writeBooleanField("released", history.isReleased());
          json.writeBooleanField("full", updates.isPresent());
          writeUpdates(json, updates.orElse(history.updates()), query.since());
          writeWindows(json, windows.orElse(history.windows()), query.since());
        });
  }

  /** What the query asks of the full series; empty where the overview is meant, or all there is. */
  private static Optional<StepHistory> view(Optional<FullSeries> all, SeriesQuery query) {
    return query.isOverview()
        ? Optional.empty()
        : all.map(full -> full.view(query.from(), query.to(), query.points(), query.halfLife()));
  }

  /** One row a bin, each beginning with its last step; a number that is absent is left out. */
  static byte[] updatesCsv(RunHistory history, SeriesQuery query) {
    StepHistory updates = view(history.allUpdates(), query).orElse(history.updates());
    StringBuilder csv = new StringBuilder("step");
    List<String> quantities = List.copyOf(updates.quantities());
    quantities.forEach(name -> csv.append(',').append(name).append(bounds(name, ".min", ".max")));
    for (int at = 0; at < updates.size(); at++) {
      csv.append('\n').append(updates.lastStep(at));
      for (String quantity : quantities) {
        cells(csv, updates, at, quantity, true);
      }
    }
    return csv.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** One row a bin, each beginning with its last step; a number that is absent is left out. */
  static byte[] windowsCsv(RunHistory history, SeriesQuery query) {
    StepHistory windows = view(history.allWindows(), query).orElse(history.windows());
    StringBuilder csv = new StringBuilder("step");
    Quantities.ESTIMATES
        .keySet()
        .forEach(
            name ->
                csv.append(',').append(name).append(bounds(name, ".lower", ".upper", ".status")));
    PLAIN.forEach(name -> csv.append(',').append(name));
    for (int at = 0; at < windows.size(); at++) {
      csv.append('\n').append(windows.lastStep(at));
      for (String name : Quantities.ESTIMATES.keySet()) {
        cells(csv, windows, at, name, false);
        cells(csv, windows, at, name + ".lower", false);
        cells(csv, windows, at, name + ".upper", false);
        String status = status(windows, at, name);
        csv.append(',').append(status == null ? "" : status);
      }
      for (String name : PLAIN) {
        cells(csv, windows, at, name, false);
      }
    }
    return csv.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String bounds(String name, String... parts) {
    StringBuilder header = new StringBuilder();
    for (String part : parts) {
      header.append(',').append(name).append(part);
    }
    return header.toString();
  }

  private static void cells(
      StringBuilder csv, StepHistory history, int at, String quantity, boolean extremes) {
    boolean any = history.count(at, quantity) > 0;
    csv.append(',');
    if (any) {
      csv.append(history.mean(at, quantity));
    }
    if (extremes) {
      csv.append(',').append(any ? String.valueOf(history.min(at, quantity)) : "");
      csv.append(',').append(any ? String.valueOf(history.max(at, quantity)) : "");
    }
  }

  private static void writeUpdates(JsonGenerator json, StepHistory updates, long since)
      throws IOException {
    json.writeObjectFieldStart("updates");
    int[] rows = writeBins(json, updates, since);
    for (String quantity : updates.quantities()) {
      if (quantity.endsWith(SMOOTH)) {
        continue;
      }
      json.writeObjectFieldStart(quantity);
      smooth(json, updates, rows, quantity);
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
      smooth(json, windows, rows, name);
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
    for (String name : PLAIN) {
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
    number(json, "first", history.size() == 0 ? Double.NaN : history.firstStep());
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

  private static void smooth(JsonGenerator json, StepHistory history, int[] rows, String quantity)
      throws IOException {
    if (history.quantities().contains(quantity + SMOOTH)) {
      String smoothed = quantity + SMOOTH;
      column(json, "smooth", history, rows, smoothed, at -> history.mean(at, smoothed));
    }
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
    return most == null ? null : ApiJson.word(most);
  }
}
