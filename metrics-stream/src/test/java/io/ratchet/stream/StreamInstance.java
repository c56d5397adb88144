package io.ratchet.stream;

import static org.awaitility.Awaitility.await;

import io.ratchet.stream.accept.WindowSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A stream in a process of its own, for a test to kill, to stop and to let go on. */
final class StreamInstance implements AutoCloseable {
  private final ChildProcess process;
  private final Path state;

  private StreamInstance(ChildProcess process, Path state) {
    this.process = process;
    this.state = state;
  }

  /** Starts the product, and returns when its page is served. */
  static StreamInstance start(
      String bootstrap, Path directory, String name, WindowSettings settings) throws IOException {
    return start(bootstrap, directory, name, settings, StreamProcess.PRODUCT);
  }

  /** As {@link #launch}, but returns when it is ready. */
  static StreamInstance start(
      String bootstrap, Path directory, String name, WindowSettings settings, String kind)
      throws IOException {
    StreamInstance instance = launch(bootstrap, directory, name, settings, kind);
    instance.process.awaitReady();
    return instance;
  }

  /**
   * Starts the product, or a twin, and does not wait for it.
   *
   * @param directory where its log and, by its name, its state are
   * @param kind {@link StreamProcess#PRODUCT}, or the twin's processing guarantee
   */
  static StreamInstance launch(
      String bootstrap, Path directory, String name, WindowSettings settings, String kind)
      throws IOException {
    Path state = directory.resolve(name);
    return new StreamInstance(
        ChildProcess.launch(
            directory,
            name,
            StreamProcess.class,
            List.of(
                bootstrap,
                name,
                state.toString(),
                Integer.toString(settings.bucketSteps()),
                Integer.toString(settings.windowBuckets()),
                Integer.toString(settings.grace()),
                Double.toString(settings.floor()),
                kind)),
        state);
  }

  /** The process. */
  ChildProcess process() {
    return process;
  }

  /** Its name among those that share the work. */
  String name() {
    return process.name();
  }

  /** Where its state is. */
  Path state() {
    return state;
  }

  /** Address of the live page. */
  URI uri() throws IOException {
    return URI.create(process.awaitReady());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Stops it when it has sent windows since it last committed.
   *
   * @param transactions whether what is sent is in a transaction, which is then open
   */
  void stopInTheMiddle(RunFeed feed, boolean transactions) {
    await()
        .atMost(Faults.PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              long committed = feed.committed();
              long windows = feed.sentWindows();
              feed.feedUntilCommitted(0);
              stop();
              boolean inTheMiddle =
                  feed.sentWindows() > windows
                      && feed.committed() == committed
                      && (!transactions || feed.uncommittedWindows() > 0);
              if (!inTheMiddle) {
                goOn();
              }
              return inTheMiddle;
            });
  }

  void stop() throws IOException, InterruptedException {
    process.stop();
  }

  void goOn() throws IOException, InterruptedException {
    process.goOn();
  }

  void kill() {
    process.kill();
  }

  @Override
  public void close() {
    process.kill();
  }
}
