/** The port through which training tells what it does, and its Kafka adapter. */
package io.ratchet.trainer.publish;
