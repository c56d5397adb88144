/** Gradients and their application to the parameters. */
package io.ratchet.trainer.learning;
