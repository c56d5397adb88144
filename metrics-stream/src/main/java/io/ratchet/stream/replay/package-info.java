/**
 * A run's history once more, from the records that were kept: what the stream must have said of
 * them, and how they are sent again. Pure functions of the records, without Kafka.
 */
package io.ratchet.stream.replay;
