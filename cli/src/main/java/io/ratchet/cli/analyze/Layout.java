package io.ratchet.cli.analyze;

/**
 * What the user says of a text beyond what it shows itself.
 *
 * @param form its form, or null to tell from its first lines
 * @param states number of states K, or 0 to take what is seen
 * @param named whether integers are names, too
 * @param stateColumn name of the column or member that holds the states, or null for "state"
 * @param chainColumn name of the column or member that tells the chain, or null for "chain"
 */
public record Layout(Form form, int states, boolean named, String stateColumn, String chainColumn) {
  /** Nothing: the text shows all. */
  public static final Layout AUTOMATIC = new Layout(null, 0, false, null, null);
}
