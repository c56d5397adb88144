/**
 * How values lie in the state stores: a small binary codec, and logs cut into pages.
 *
 * <p>Every value begins with a version byte, so that a later program can read what an earlier one
 * left. Nothing is compressed and nothing is rounded: what is read back has the bits that were put.
 */
package io.ratchet.stream.store;
