/** JMH and side-by-side comparisons. */
package io.ratchet.benchmarks;
