/**
 * The contract: Avro records, topics and their codec.
 *
 * <p>The records are generated from {@code src/main/avro}; {@link io.ratchet.schema.RecordCodec} is
 * the only way in and out of bytes, {@link io.ratchet.schema.Topics} the only list of topics.
 */
package io.ratchet.schema;
