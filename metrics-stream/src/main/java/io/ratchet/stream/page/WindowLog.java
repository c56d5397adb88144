package io.ratchet.stream.page;

import io.ratchet.schema.Thermodynamics;
import java.util.Optional;

/** Reads windows of the past again, of which {@link RunArchive} only knows where they lie. */
public interface WindowLog {
  /**
   * The window at an offset of its run's partition.
   *
   * @return empty if there is none, or none can be read now
   */
  Optional<Thermodynamics> read(String run, long offset);
}
