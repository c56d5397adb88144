/** Persistent Markov chains: their states, their random streams, and one sweep of the kernel. */
package io.ratchet.trainer.dynamics;
