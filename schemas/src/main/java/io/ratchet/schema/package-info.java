/** The contract: Avro records, topics and their codec. */
package io.ratchet.schema;
