/**
 * Anyone's trajectories: text to counts, counts to an analysis, an analysis to JSON, a report or a
 * picture. Knows nothing of runs, topics or models.
 */
package io.ratchet.cli.analyze;
