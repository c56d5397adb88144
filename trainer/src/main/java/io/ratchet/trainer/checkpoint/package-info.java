/** The checkpoint file: everything needed to continue a run with the same bits. */
package io.ratchet.trainer.checkpoint;
