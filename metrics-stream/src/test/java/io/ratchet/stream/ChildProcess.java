package io.ratchet.stream;

import static io.ratchet.stream.Faults.PATIENCE;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A JVM of its own, for a test to kill, to stop and to let go on. It ends by itself when its
 * standard input does, so none outlives the test.
 */
final class ChildProcess implements AutoCloseable {
  private final Process process;
  private final String name;
  private final Path log;
  private final Path word;

  private ChildProcess(Process process, String name, Path log, Path word) {
    this.process = process;
    this.name = name;
    this.log = log;
    this.word = word;
  }

  /**
   * Starts a main class and does not wait for it.
   *
   * @param directory where its log is, which later processes of that name go on with
   * @param arguments what it is told after its first argument: the file into which it writes a
   *     line, such as its address, when it is ready
   */
  static ChildProcess launch(Path directory, String name, Class<?> main, List<String> arguments)
      throws IOException {
    Path word = directory.resolve(name + ".ready");
    Files.deleteIfExists(word);
    Path log = directory.resolve(name + ".log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // most live for seconds
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                word.toString()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new ChildProcess(process, name, log, word);
  }

  /** Waits until it is ready; fails, and kills it, if it is not. */
  String awaitReady() throws IOException {
    try {
      await(name)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !process.isAlive() || isReady());
      if (!process.isAlive()) {
        throw new AssertionError(name + " did not start: " + log());
      }
      return Files.readString(word).strip();
    } catch (Throwable failure) {
      kill();
      throw failure;
    }
  }

  /** Whether it has said that it is. */
  boolean isReady() throws IOException {
    return Files.exists(word) && Files.readString(word).endsWith("\n");
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String name() {
    return name;
  }

  /** Everything that processes of this name have logged so far. */
  String log() throws IOException {
    return Files.readString(log);
  }

  /** SIGSTOP: it does nothing more, and does not know it. */
  void stop() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** SIGCONT: it goes on as if no time had passed. */
  void goOn() throws IOException, InterruptedException {
    signal("-CONT");
  }

  /** SIGKILL, which works on a stopped process as well. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Asks it to end in good order. */
  void leave() throws IOException {
    process.getOutputStream().close();
  }

  /** Lets it end in good order, and waits until it has. */
  void end() throws IOException {
    leave();
    await(name).atMost(PATIENCE).until(() -> !process.isAlive());
  }

  @Override
  public void close() {
    kill();
  }

  /**
   * What it takes of the machine.
   *
   * @param residentBytes memory that it has, native memory too
   */
  record Footprint(long residentBytes, int threads, int descriptors) {}

  Footprint footprint() throws IOException {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    long resident = 0;
    int threads = 0;
    for (String line : Files.readAllLines(proc.resolve("status"))) {
      if (line.startsWith("VmRSS:")) {
        resident = Long.parseLong(line.replaceAll("\\D", "")) << 10;
      } else if (line.startsWith("Threads:")) {
        threads = Integer.parseInt(line.replaceAll("\\D", ""));
      }
    }
    try (Stream<Path> descriptors = Files.list(proc.resolve("fd"))) {
      return new Footprint(resident, threads, (int) descriptors.count());
    }
  }

  /** Bytes of its live objects, as {@code jcmd} counts them in the pause of a full collection. */
  long usedHeap() throws IOException, InterruptedException {
    String histogram = jcmd("GC.class_histogram");
    Matcher total = Pattern.compile("Total +\\d+ +(\\d+)").matcher(histogram);
    if (!total.find()) {
      throw new IllegalStateException(
          "jcmd told nothing of the heap of " + name + ": " + histogram);
    }
    return Long.parseLong(total.group(1));
  }

  private String jcmd(String command) throws IOException, InterruptedException {
    Process asked =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (asked.waitFor() != 0) {
      throw new IllegalStateException("jcmd " + command + " of " + name + ": " + answer);
    }
    return answer;
  }

  private void signal(String signal) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    if (exit != 0) {
      throw new IllegalStateException("kill " + signal + " of " + name + " gave " + exit);
    }
  }

  /** For the process itself: says that it is ready, and waits for the test to let it end. */
  static void readyUntilEnd(Path word, String line) throws IOException {
    Files.writeString(word, line + "\n");
    while (System.in.read() >= 0) {
      // The test holds the other end open for as long as it wants the process.
    }
  }
}
