/**
 * The validation suite: simulates chains whose truth is known exactly and measures how often the
 * intervals cover it, how often the tests and the detector are wrong, and how large biases are.
 *
 * <p>Run by {@code mvn -Pstatistics verify}; every claim is asserted, and every table is written to
 * {@code target/validation}. Seeds are fixed and belong to a cell, so the tables do not depend on
 * the number of threads.
 */
package io.ratchet.thermodynamics.validation;
