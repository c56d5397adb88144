package io.ratchet.stream;

import io.ratchet.schema.Alert;
import io.ratchet.schema.ChainStates;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.replay.Recomputation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What the recomputation says of a run's records. */
public record Recomputed(List<Thermodynamics> windows, List<Alert> alerts) {

  public static Recomputed of(String run, WindowSettings settings, List<ChainStates> records) {
    Recomputed said = new Recomputed(new ArrayList<>(), new ArrayList<>());
    Recomputation recomputation =
        new Recomputation(run, settings, said.windows::add, said.alerts::add);
    long offset = 0;
    for (ChainStates record : records) {
      recomputation.take(
          record.getRun().getBytes(StandardCharsets.UTF_8),
          RecordCodec.encode(record),
          offset++,
          0,
          1);
    }
    return said;
  }
}
