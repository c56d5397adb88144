package io.ratchet.distribution;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program as an operator starts it: with a directory and an environment of its own. */
final class Program implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final List<String> command;
  private final Process process;
  private final BufferedReader out;
  private final Path err;

  private Program(List<String> command, Process process, Path err) {
    this.command = command;
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.err = err;
  }

  /** What a program that has ended said. */
  record Outcome(int exitCode, String out, String err) {}

  /** Starts a program and does not wait for it. */
  static Program start(Path directory, Map<String, String> environment, List<String> command) {
    try {
      Path err = Files.createTempFile("ratchet", ".err");
      ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
      builder.environment().remove("JAVA_HOME");
      builder.environment().putAll(environment);
      return new Program(command, builder.redirectError(err.toFile()).start(), err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program to its end. */
  static Outcome run(Path directory, Map<String, String> environment, String... command) {
    try (Program program = start(directory, environment, List.of(command))) {
      return program.finish();
    }
  }

  /** Whether a program can be started here. */
  static boolean exists(String program) {
    return List.of(System.getenv("PATH").split(":", -1)).stream()
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  /** The next line of standard output; fails if there is none. */
  String line() {
    try {
      String line = out.readLine();
      if (line == null) {
        throw new AssertionError(command + " ended without a line: " + Files.readString(err));
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks the program to end (SIGTERM) and waits until it has. */
  Outcome stop() {
    process.toHandle().destroy(); // Process.destroy would close the streams as well
    return finish();
  }

  private Outcome finish() {
    try {
      String rest = String.join("\n", out.lines().toList());
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(command + " still runs after " + PATIENCE);
      }
      return new Outcome(process.exitValue(), rest, Files.readString(err));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.toHandle().destroyForcibly();
    try {
      process.waitFor();
      Files.deleteIfExists(err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
