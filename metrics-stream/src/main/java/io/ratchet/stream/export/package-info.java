/** What Prometheus reads: the catalogue of metrics, and the one class that knows its client. */
package io.ratchet.stream.export;
