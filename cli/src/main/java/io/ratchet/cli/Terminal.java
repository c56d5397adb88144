package io.ratchet.cli;

import java.util.Arrays;

/**
 * The standard streams, and whether each is a terminal: the launcher finds out, since the JVM
 * cannot tell for each of them. A program that is started in another way has none.
 */
enum Terminal {
  OUT("out"),
  ERR("err");

  private static final String PROPERTY = "ratchet.terminal";

  private final String name;

  Terminal(String name) {
    this.name = name;
  }

  boolean isTerminal() {
    return Arrays.asList(System.getProperty(PROPERTY, "").split(",", -1)).contains(name);
  }
}
