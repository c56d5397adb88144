/** Closed windows to what is published of them: the estimates of theory.md 2. */
package io.ratchet.stream.estimate;
