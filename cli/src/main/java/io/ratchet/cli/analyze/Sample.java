package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.GroupedCounts;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a text held: transition counts, and what the estimators must know of where they came from.
 *
 * @param source what messages call the text
 * @param form how it was read
 * @param states number of states K; 0 of an empty text
 * @param stateNames names of the states 0..K-1, or null where they are integers
 * @param chains number of chains; absent for a matrix of counts, which may be of any number
 * @param movingChains number of chains with at least one transition
 * @param counts transition counts by group of chains
 * @param blocks those of the only chain by block of consecutive transitions; null for several
 *     chains, for matrices, and for a chain too short to be cut
 * @param visits states of each chain in the order of time; null where they were not kept, or where
 *     the chains differ in length
 * @param remarks what the user should know of how the text was read
 */
public record Sample(
    String source,
    Form form,
    int states,
    List<String> stateNames,
    OptionalLong chains,
    long movingChains,
    GroupedCounts counts,
    GroupedCounts blocks,
    List<int[]> visits,
    List<String> remarks) {

  /** Copies the lists. */
  public Sample {
    stateNames = stateNames == null ? null : List.copyOf(stateNames);
    visits = visits == null ? null : List.copyOf(visits);
    remarks = List.copyOf(remarks);
  }

  /** Mean number of transitions of the chains that have any; infinite if not known. */
  public double transitionsPerChain() {
    return chains.isEmpty() || movingChains == 0
        ? Double.POSITIVE_INFINITY
        : counts.transitions() / (double) movingChains;
  }

  /** What a state is called: its name, else its number. */
  public String label(int state) {
    return stateNames == null ? Integer.toString(state) : stateNames.get(state);
  }
}
