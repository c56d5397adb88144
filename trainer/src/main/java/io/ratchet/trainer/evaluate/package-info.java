/** What a trained model is worth: likelihood on data, and the thermodynamics of its own chain. */
package io.ratchet.trainer.evaluate;
