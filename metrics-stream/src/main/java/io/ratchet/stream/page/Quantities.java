package io.ratchet.stream.page;

import io.ratchet.schema.Estimate;
import io.ratchet.schema.Thermodynamics;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** The catalogue of the estimates of a window: their name in the API and where they are found. */
final class Quantities {
  /** In the order in which they are written. */
  static final Map<String, Function<Thermodynamics, Estimate>> ESTIMATES = estimates();

  private Quantities() {}

  private static Map<String, Function<Thermodynamics, Estimate>> estimates() {
    Map<String, Function<Thermodynamics, Estimate>> estimates = new LinkedHashMap<>();
    estimates.put("entropyProduction", Thermodynamics::getEntropyProduction);
    estimates.put("softEntropyProduction", Thermodynamics::getSoftEntropyProduction);
    estimates.put("pathEntropyProduction", Thermodynamics::getPathEntropyProduction);
    estimates.put("selfTransitionProbability", Thermodynamics::getSelfTransitionProbability);
    estimates.put("classDivergence", Thermodynamics::getClassDivergence);
    estimates.put("latentDivergence", Thermodynamics::getLatentDivergence);
    return Collections.unmodifiableMap(estimates);
  }
}
