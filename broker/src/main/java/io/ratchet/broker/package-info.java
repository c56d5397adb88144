/** An embedded Kafka, for laptops and for tests. */
package io.ratchet.broker;
