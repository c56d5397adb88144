/** The latent-cycle model: its parameters, its two conditional laws, and its exact enumeration. */
package io.ratchet.trainer.model;
