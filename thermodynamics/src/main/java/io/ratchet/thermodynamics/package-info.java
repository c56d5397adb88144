/**
 * Mathematics of Markov chains: counts to currents, entropy production, divergences, cycles and
 * tests.
 */
package io.ratchet.thermodynamics;
