package io.ratchet.benchmarks;

import io.ratchet.schema.Topics;
import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.page.HttpSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * An instance of the stream in a process of its own, as a user starts it, and what it takes. It
 * ends in good order when its standard input does.
 */
final class StreamProcess implements AutoCloseable {
  /** The largest heap that it may take. */
  static final String HEAP = "-Xmx512m";

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final BufferedReader out;
  private final Path state;
  private final URI page;

  private StreamProcess(Process process, BufferedReader out, Path state, URI page) {
    this.process = process;
    this.out = out;
    this.state = state;
    this.page = page;
  }

  /** Starts one, and returns when it is ready. */
  static StreamProcess start(Map<String, String> client, Path folder, String instance)
      throws IOException, InterruptedException {
    Path state = folder.resolve("state-" + instance);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                HEAP,
                "-cp",
                System.getProperty("java.class.path"),
                StreamProcess.class.getName(),
                client.get("bootstrap.servers"),
                state.toString(),
                instance)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StreamProcess stream =
        new StreamProcess(process, out, state, URI.create(answer(out, "http://")));
    stream.awaitReady();
    return stream;
  }

  /** Waits until it works on its partitions. */
  void awaitReady() throws IOException, InterruptedException {
    while (get("readyz").statusCode() != 200) {
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** The answer to a request. */
  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(page.resolve("/" + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Bytes of objects that are in use, after a collection. */
  long heapBytes() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    return Long.parseLong(answer(out, "heap ").substring(5));
  }

  /** Bytes of memory that the process has of the machine, what RocksDB takes included. */
  long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", process.pid() + "", "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmRSS of process " + process.pid());
  }

  /** CPU seconds that it has taken. */
  double cpuSeconds() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() * 1e-3;
  }

  /** Bytes of its state directory. */
  long stateBytes() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
      }
    }
    return bytes;
  }

  /** Kills it as a power cut would. */
  void kill() {
    Process unused = process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    Process unused = process.onExit().join();
  }

  /** The next line that begins so; log lines may come between. */
  private static String answer(BufferedReader out, String start) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(start)) {
        return line;
      }
    }
    throw new IOException("the stream has ended");
  }

  /** The child. */
  public static void main(String[] args) throws Exception {
    StreamSettings settings =
        new StreamSettings(
            Map.of("bootstrap.servers", args[0]),
            Topics.DEFAULT_PREFIX,
            StreamSettings.DEFAULT_APPLICATION_ID,
            args[2],
            Path.of(args[1]),
            1,
            WindowSettings.DEFAULT,
            HttpSettings.loopback(0),
            true,
            Duration.ofSeconds(60));
    try (StreamApplication stream = StreamApplication.start(settings, Clock.systemUTC())) {
      System.out.println(stream.uri());
      while (System.in.read() >= 0) { // a line asks for the heap; the end is the end
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        System.out.println("heap " + (runtime.totalMemory() - runtime.freeMemory()));
      }
    }
  }
}
