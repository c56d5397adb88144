package io.ratchet.stream;

import static org.awaitility.Awaitility.await;

import io.ratchet.stream.accept.WindowSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.streams.StreamsConfig;

/** A stream in a process of its own, for a test to kill, to stop and to let go on. */
final class StreamInstance implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final String name;
  private final URI uri;

  private StreamInstance(Process process, String name, URI uri) {
    this.process = process;
    this.name = name;
    this.uri = uri;
  }

  /** Starts the product, and returns when its page is served. */
  static StreamInstance start(
      String bootstrap, Path directory, String name, WindowSettings settings) throws IOException {
    return start(bootstrap, directory, name, settings, StreamsConfig.EXACTLY_ONCE_V2);
  }

  /**
   * Starts the product, or its twin under another guarantee.
   *
   * @param directory where its log and, by its name, its state are
   * @param guarantee one of Kafka Streams' processing guarantees
   */
  static StreamInstance start(
      String bootstrap, Path directory, String name, WindowSettings settings, String guarantee)
      throws IOException {
    Path address = directory.resolve(name + ".address");
    Files.deleteIfExists(address);
    Path log = directory.resolve(name + ".log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                StreamProcess.class.getName(),
                bootstrap,
                name,
                directory.resolve(name).toString(),
                Integer.toString(settings.bucketSteps()),
                Integer.toString(settings.windowBuckets()),
                guarantee,
                address.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      await()
          .atMost(PATIENCE)
          .until(() -> !process.isAlive() || (Files.exists(address) && Files.size(address) > 0));
      if (!process.isAlive()) {
        throw new AssertionError("the stream did not start: " + Files.readString(log));
      }
      return new StreamInstance(process, name, URI.create(Files.readString(address)));
    } catch (Throwable failure) {
      process.destroyForcibly();
      throw failure;
    }
  }

  /** Address of the live page. */
  URI uri() {
    return uri;
  }

  boolean isAlive() {
    return process.isAlive();
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

  @Override
  public void close() {
    kill();
  }

  private void signal(String signal) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    if (exit != 0) {
      throw new IllegalStateException("kill " + signal + " of " + name + " gave " + exit);
    }
  }
}
