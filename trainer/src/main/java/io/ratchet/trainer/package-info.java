/** Stage 1: model, dynamics, learning, publishing. */
package io.ratchet.trainer;
