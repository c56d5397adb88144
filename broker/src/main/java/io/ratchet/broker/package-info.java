/** An embedded single-node Kafka, for laptops and for tests. */
package io.ratchet.broker;
