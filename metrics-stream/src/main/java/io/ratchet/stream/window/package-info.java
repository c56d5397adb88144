/**
 * Buckets and windows: exact counts and ordered sums over sweeps.
 *
 * <p>Counts are integers, so any order gives their bits. Sums of floating point are made per worker
 * and bucket in sweep order, kept so, and joined in worker and bucket order when a window is read.
 */
package io.ratchet.stream.window;
