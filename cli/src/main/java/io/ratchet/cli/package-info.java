/** The ratchet command. */
package io.ratchet.cli;
