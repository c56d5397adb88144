package io.ratchet.stream.accept;

/**
 * What became of the well-formed chain-states records of a run, over all its attempts. At any time
 * {@code accepted + duplicate + late + rejected + waiting = arrived}.
 *
 * @param arrived records that the ledger was given
 * @param accepted sweeps that were added to a bucket
 * @param duplicate sweeps whose number was already dealt with
 * @param late sweeps whose bucket had closed
 * @param rejected sweeps that broke a rule
 * @param waiting sweeps that wait for earlier ones
 * @param gaps sweep numbers that were passed over; not records
 */
public record Tally(
    long arrived,
    long accepted,
    long duplicate,
    long late,
    long rejected,
    long waiting,
    long gaps) {}
