package io.ratchet.stream.accept;

/**
 * One well-formed chain-states record.
 *
 * @param run run id
 * @param attempt attempt of the run, from 1
 * @param worker worker that made it, 0 or more
 * @param incarnation random number of the process that made it
 * @param shape what the record says of its attempt
 * @param chainOffset global number of the worker's first chain
 * @param step updates applied to the parameters that made it
 * @param number its number among the published sweeps of the worker and attempt: 0, 1, 2, ...
 * @param end whether it is the worker's last record in the attempt
 * @param transitions what it did to the chains
 */
public record Sweep(
    String run,
    int attempt,
    int worker,
    long incarnation,
    AttemptShape shape,
    int chainOffset,
    long step,
    long number,
    boolean end,
    Transitions transitions) {}
