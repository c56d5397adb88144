package io.ratchet.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** A program in a process of its own: the ratchet command in another JVM, or a tool beside it. */
final class RatchetProcess implements AutoCloseable {
  /** Not the common pool, whose few threads some readers would keep from the others. */
  private static final Executor READERS =
      reader -> {
        Thread thread = new Thread(reader, "reader");
        thread.setDaemon(true);
        thread.start();
      };

  private static final String HEAP = "-Xmx512m";

  private final String name;
  private final Process process;
  private final BufferedReader out;
  private final StringWriter err = new StringWriter();
  private final CompletableFuture<Void> errEnd;

  private RatchetProcess(String name, List<String> command) {
    this.name = name;
    try {
      process = new ProcessBuilder(command).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    errEnd = CompletableFuture.runAsync(() -> copy(process.getErrorStream(), err), READERS);
  }

  /** Starts the ratchet command. */
  static RatchetProcess ratchet(String... arguments) {
    return withHeap(HEAP, arguments);
  }

  /** Starts the ratchet command with so much heap. */
  static RatchetProcess withHeap(String heap, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                heap,
                "-cp",
                System.getProperty("java.class.path"),
                Ratchet.class.getName()));
    command.addAll(List.of(arguments));
    if (!List.of("train", "demo").contains(arguments[0])) {
      command.add(1, "-XX:TieredStopAtLevel=1"); // most of the others live for seconds
    }
    return new RatchetProcess("ratchet " + String.join(" ", arguments), command);
  }

  /** Starts a broker whose files are in a directory; its first line is its address. */
  static RatchetProcess broker(Path directory, int port) {
    return ratchet("broker", "--dir", directory.toString(), "--port", String.valueOf(port));
  }

  /** Starts a broker again where it was before, or where others look for it. */
  static RatchetProcess broker(Path directory, String bootstrap) {
    RatchetProcess broker =
        broker(directory, Integer.parseInt(bootstrap.substring(bootstrap.indexOf(':') + 1)));
    String line = broker.line();
    if (!line.equals(bootstrap)) {
      throw new AssertionError("a broker at " + line + ", not at " + bootstrap);
    }
    return broker;
  }

  /** Starts the stream on a port of its own choice; its first line is the page's address. */
  static RatchetProcess stream(String bootstrap, Path state, String... more) {
    return streamWithHeap(HEAP, bootstrap, state, more);
  }

  /** Starts the stream with so much heap. */
  static RatchetProcess streamWithHeap(String heap, String bootstrap, Path state, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "stream",
                "--bootstrap",
                bootstrap,
                "--http",
                "127.0.0.1:0",
                "--state-dir",
                state.toString()));
    arguments.addAll(List.of(more));
    return withHeap(heap, arguments.toArray(new String[0]));
  }

  /** Starts any other program. */
  static RatchetProcess tool(String... command) {
    return new RatchetProcess(command[0], List.of(command));
  }

  /** Whether a program can be started here. */
  static boolean exists(String program) {
    for (String directory : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  /** The next line of standard output; fails if there is none. */
  String line() {
    try {
      String line = out.readLine();
      if (line == null) {
        int exitCode = process.onExit().join().exitValue();
        throw new AssertionError(
            name + " ended without a line, with exit code " + exitCode + ": " + errors());
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rest of standard output, after the process has ended with the exit code. */
  String output(int exitCode, Duration timeout) {
    CompletableFuture<String> rest =
        CompletableFuture.supplyAsync(
            () -> {
              StringBuilder text = new StringBuilder();
              out.lines().forEach(line -> text.append(line).append('\n'));
              return text.toString();
            },
            READERS);
    if (waitFor(timeout) != exitCode) {
      throw new AssertionError(
          name + " ended with " + process.exitValue() + ": " + rest.join() + errors());
    }
    return rest.join();
  }

  int waitFor(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(name + " still runs after " + timeout + "; it said " + err);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Sends the process a signal, by its name without SIG. */
  void signal(String name) {
    tool("kill", "-" + name, String.valueOf(process.pid())).output(0, Duration.ofSeconds(10));
  }

  /** Asks the process to end (SIGTERM). */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy would close the streams as well
  }

  /** Kills the process (SIGKILL). */
  void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Standard error so far. */
  String errorsSoFar() {
    return err.toString();
  }

  /** All of standard error; waits for the process to end. */
  String errors() {
    errEnd.join();
    return err.toString();
  }

  @Override
  public void close() {
    terminate();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(InputStream from, Writer to) {
    try (Reader reader = new InputStreamReader(from, StandardCharsets.UTF_8)) {
      reader.transferTo(to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
