package io.ratchet.cli;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Estimate;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Worker;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.StringJoiner;
import org.apache.avro.specific.SpecificRecord;

/**
 * A record of the contract in one line for a person: what it says, without what is packed in it.
 */
final class RecordLine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Transitions of a sweep that are shown. */
  private static final int TRANSITIONS = 8;

  private RecordLine() {}

  /** A time as it is read, UTC. */
  static String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis));
  }

  static String of(SpecificRecord record) {
    if (record instanceof ChainStates sweep) {
      return of(sweep);
    }
    if (record instanceof GradientUpdate update) {
      return of(update);
    }
    if (record instanceof Thermodynamics window) {
      return of(window);
    }
    if (record instanceof Alert alert) {
      return "%s  attempt %d  %s %s  steps %d-%d  %s"
          .formatted(
              alert.getRun(),
              alert.getAttempt(),
              word(alert.getKind()),
              word(alert.getAction()),
              alert.getFromStep(),
              alert.getToStep(),
              alert.getMessage());
    }
    if (record instanceof Run run) {
      return "%s  attempt %d  %s%s, K = %d, %d chains, %d workers, data %s"
          .formatted(
              run.getRun(),
              run.getAttempt(),
              run.getDeleted() ? "(deleted) " : "",
              run.getModel().isEmpty() ? "model not named" : run.getModel(),
              run.getStates(),
              run.getChains(),
              run.getWorkers(),
              run.getData().isEmpty() ? "not named" : run.getData());
    }
    if (record instanceof Worker worker) {
      return "%s/%d  attempt %d  %s  step %d%s%s"
          .formatted(
              worker.getRun(),
              worker.getWorker(),
              worker.getAttempt(),
              word(worker.getState()),
              worker.getStep(),
              worker.getDropped() == 0 ? "" : "  " + worker.getDropped() + " dropped",
              worker.getMessage().isEmpty() ? "" : "  " + worker.getMessage());
    }
    return RecordJson.of(record).toString();
  }

  private static String of(ChainStates sweep) {
    StringJoiner line = new StringJoiner("  ");
    line.add(sweep.getRun());
    if (sweep.getAttempt() > 1 || sweep.getWorkers() > 1) {
      line.add("attempt " + sweep.getAttempt() + " worker " + sweep.getWorker());
    }
    line.add("step " + sweep.getStep() + " sweep " + sweep.getSweep());
    boolean wide = sweep.getEncoding() == StateEncoding.UINT16_LE;
    ByteBuffer from = sweep.getFrom().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer to = sweep.getTo().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int chains = from.remaining() / (wide ? 2 : 1);
    if (chains > 0) {
      StringJoiner moves = new StringJoiner(" ");
      for (int chain = 0; chain < Math.min(chains, TRANSITIONS); chain++) {
        moves.add(state(from, wide) + ">" + state(to, wide));
      }
      line.add(moves + (chains > TRANSITIONS ? " ... of " + chains + " chains" : ""));
    }
    StringJoiner with = new StringJoiner(", ", "with ", "").setEmptyValue("");
    if (sweep.getPathEntropy() != null) {
      with.add("path entropies");
    }
    if (sweep.getSoftTo() != null) {
      with.add("soft counts");
    }
    if (sweep.getClasses() != null) {
      with.add("classes");
    }
    if (with.length() > 0) {
      line.add(with.toString());
    }
    return line.add(sweep.getEnd() ? "END" : "").toString().stripTrailing();
  }

  private static int state(ByteBuffer states, boolean wide) {
    if (states.remaining() < (wide ? 2 : 1)) {
      return -1; // fewer than the other has: the stream refuses such a sweep
    }
    return wide ? states.getShort() & 0xffff : states.get() & 0xff;
  }

  private static String of(GradientUpdate update) {
    StringJoiner line = new StringJoiner("  ");
    line.add(update.getRun()).add("step " + update.getStep());
    if (update.getLogLikelihood() != null) {
      line.add(String.format(Locale.ROOT, "ln p %.2f", update.getLogLikelihood()));
    }
    if (update.getGradientAngle() != null) {
      line.add(String.format(Locale.ROOT, "angle %.3f", update.getGradientAngle()));
    }
    for (GradientBlock block : update.getBlocks()) {
      line.add(String.format(Locale.ROOT, "|%s| %.3g", block.getName(), block.getNorm()));
    }
    return line.add(update.getUpdateMicros() + " us").toString();
  }

  private static String of(Thermodynamics window) {
    StringJoiner line = new StringJoiner("  ");
    line.add(window.getRun());
    line.add("window " + window.getSequence());
    line.add("steps " + window.getFromStep() + "-" + window.getToStep());
    line.add("EP " + of(window.getEntropyProduction()));
    if (window.getSoftEntropyProduction() != null) {
      line.add("soft " + of(window.getSoftEntropyProduction()));
    }
    line.add("self " + of(window.getSelfTransitionProbability()));
    line.add(word(window.getStatus()));
    if (window.getGaps() > 0) {
      line.add(window.getGaps() + " gaps");
    }
    if (window.getVerdict() != null && window.getVerdict().getAlarm()) {
      line.add("ALARM");
    }
    return line.toString();
  }

  /** Value and interval; a dash for what is not known. */
  static String of(Estimate estimate) {
    if (estimate == null || estimate.getValue() == null) {
      return "-";
    }
    String value = String.format(Locale.ROOT, "%.4g", estimate.getValue());
    return estimate.getLower() == null || estimate.getUpper() == null
        ? value
        : value
            + String.format(Locale.ROOT, " [%.4g, %.4g]", estimate.getLower(), estimate.getUpper());
  }

  private static String word(Enum<?> symbol) {
    return symbol.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
