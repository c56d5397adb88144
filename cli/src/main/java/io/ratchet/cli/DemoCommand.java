package io.ratchet.cli;

import ch.qos.logback.classic.Level;
import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import io.ratchet.stream.StreamApplication;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Everything in one process: broker, stream, trainer, live page. Broker and training start at the
 * same time; what training publishes waits in the publisher until the broker is there.
 */
@Command(
    name = "demo",
    description =
        "Embedded Kafka, stream, trainer and live page in one command. Prints the page's address.")
final class DemoCommand extends RatchetCommand {
  /** Kafka's usual port, so that the other commands find the demo's broker by their default. */
  private static final int USUAL_KAFKA_PORT = 9_092;

  private static final String PUBLISHER_LOG = "io.ratchet.trainer.publish";

  private static final long USUAL_UPDATES = 20_000;

  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration LAST_WINDOW_TIMEOUT = Duration.ofMinutes(3);

  @Mixin private TrainingOptions options;

  @Option(
      names = "--updates",
      paramLabel = "N",
      description =
          "Updates of the parameters. Default: "
              + USUAL_UPDATES
              + ", some three minutes at the demo's pace.")
  private Long wantedUpdates;

  @Option(
      names = "--pace",
      paramLabel = "RATE",
      defaultValue = "100",
      description =
          "Updates per second, slow enough for a person to watch the chain fall out of"
              + " equilibrium; 0 for as fast as it can. Default: ${DEFAULT-VALUE}.")
  private double pace;

  @Mixin private StreamOptions streamOptions;

  @Mixin private ClientOptions clientOptions;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      defaultValue = "ratchet-data",
      description = "Directory of all data. Default: ${DEFAULT-VALUE}.")
  private Path directory;

  @Option(
      names = "--port",
      paramLabel = "P",
      description =
          "Port of Kafka on loopback. Default: "
              + USUAL_KAFKA_PORT
              + ", or a free one where that is taken.")
  private Integer port;

  @Option(names = "--once", description = "End when training has, after its last window.")
  private boolean once;

  @Override
  public Integer call() throws Exception {
    InetSocketAddress http = streamOptions.http().address();
    streamOptions.windows();
    long updates = wantedUpdates == null ? USUAL_UPDATES : wantedUpdates;
    options.settings(updates, false);
    if (!(pace >= 0 && pace < Double.POSITIVE_INFINITY)) { // NaN fails
      throw Check.refused("--pace", pace, "allowed: updates per second, 0 for no limit");
    }
    int kafkaPort = kafkaPort();
    Topics topics = clientOptions.topics();
    Map<String, String> client = clientOptions.properties("127.0.0.1:" + kafkaPort);

    AtomicBoolean ending = new AtomicBoolean();
    try (Interrupt interrupt = Interrupt.install()) {
      CompletableFuture<EmbeddedBroker> broker =
          background(() -> EmbeddedBroker.start(kafkaDirectory(), kafkaPort));
      CompletableFuture<StreamApplication> stream =
          broker.thenCompose(started -> background(() -> startStream(client, http)));
      CompletableFuture<TrainingRun.Outcome> trained = CompletableFuture.completedFuture(null);
      try {
        String run = newRun();
        TrainingRun training =
            TrainingRun.prepare(
                run, options, new WorkerOptions(), directory, updates, Clock.systemUTC().instant());
        if (broker.isCompletedExceptionally()) {
          await(broker); // a port or directory in use shows at once: leave no trace of the run
        }
        // That the broker is away is no news before it has started.
        Ratchet.level(PUBLISHER_LOG, Level.ERROR);
        BooleanSupplier stop = () -> interrupt.requested() || ending.get();
        try (Progress progress = Progress.of(run, Progress.Unit.UPDATE, 0, updates, this)) {
          trained =
              background(
                  () ->
                      training.train(
                          client,
                          topics,
                          Clock.systemUTC(),
                          pace > 0 ? new Pacer(stop, pace, System::nanoTime) : stop,
                          progress,
                          () ->
                              broker.isCompletedExceptionally()
                                  ? Duration.ZERO
                                  : TrainingRun.PATIENCE));
          URI page = await(stream).uri();
          Ratchet.level(PUBLISHER_LOG, null);
          out().println(page);
          say(
              "The live page is at "
                  + page
                  + ", Kafka at "
                  + await(broker).bootstrap()
                  + ", data in "
                  + directory
                  + "; Ctrl-C ends it");
          Progress unused = progress.start();
          await(trained);
        }
        if (once && !interrupt.requested()) {
          awaitWindow(client, topics, run, training.lastPublishedStep(), interrupt);
        } else if (!interrupt.requested()) {
          say("run " + run + " has finished; the page stays until Ctrl-C");
          StreamCommand.watch(await(stream), interrupt);
        }
      } finally {
        // In the order of the data: what training still has must reach the broker.
        ending.set(true);
        finish(trained, outcome -> {});
        finish(stream, StreamApplication::close);
        finish(broker, EmbeddedBroker::close);
      }
    }
    return Ratchet.DONE;
  }

  private Path kafkaDirectory() {
    return directory.resolve("kafka");
  }

  private int kafkaPort() {
    if (port != null) {
      Check.range("--port", port, 0, 65_535);
      return port == 0 ? EmbeddedBroker.freePort() : port;
    }
    try (ServerSocket socket =
        new ServerSocket(USUAL_KAFKA_PORT, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      return EmbeddedBroker.freePort();
    }
  }

  private StreamApplication startStream(Map<String, String> client, InetSocketAddress http)
      throws Exception {
    return streamOptions.start(
        client,
        clientOptions.topicPrefix(),
        directory.resolve("stream"),
        http,
        true,
        START_TIMEOUT);
  }

  /**
   * The next free id, demo-1, demo-2, ... Counted beside Kafka's data, so that the count goes only
   * when the runs do: training starts before the broker can be asked.
   */
  private String newRun() throws IOException {
    Path counter = kafkaDirectory().resolve("demo-runs");
    // A kill or a full disk may have left it empty: then the directories of the runs tell.
    String text = Files.exists(counter) ? Files.readString(counter).strip() : "";
    int last = text.isEmpty() ? 0 : Integer.parseInt(text);
    int next = last + 1;
    while (!options.runDirectory(directory, "demo-" + next).isEmpty()) {
      next++;
    }
    Files.createDirectories(kafkaDirectory());
    Files.writeString(counter, next + "\n");
    return "demo-" + next;
  }

  /** Waits until the window that holds the last published sweep is there for readers. */
  private static void awaitWindow(
      Map<String, String> client, Topics topics, String run, long lastStep, Interrupt interrupt) {
    long deadline = System.nanoTime() + LAST_WINDOW_TIMEOUT.toNanos();
    AtomicBoolean seen = new AtomicBoolean();
    try (TopicReader reader = TopicReader.open(client, topics.thermodynamics(), run)) {
      reader.follow(
          () -> seen.get() || interrupt.requested() || System.nanoTime() - deadline >= 0,
          record -> {
            try {
              Thermodynamics window = RecordCodec.decode(record.value(), Thermodynamics.class);
              if (window.getRun().equals(run) && window.getToStep() >= lastStep) {
                seen.set(true);
              }
            } catch (DecodeException e) {
              throw new IllegalStateException("a window of the stream does not decode", e);
            }
          });
    }
    if (!seen.get() && !interrupt.requested()) {
      throw new IllegalStateException(
          "the last window of "
              + run
              + " was not published within "
              + LAST_WINDOW_TIMEOUT.toSeconds()
              + " s");
    }
  }

  private static <T> CompletableFuture<T> background(Callable<T> task) {
    CompletableFuture<T> future = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                future.complete(task.call());
              } catch (Throwable e) {
                future.completeExceptionally(e);
              }
            },
            "demo");
    thread.setDaemon(true);
    thread.start();
    return future;
  }

  private static <T> T await(CompletableFuture<T> future) throws Exception {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Ends a part that was started; one that failed or never began has nothing to end. */
  private static <T> void finish(CompletableFuture<T> part, Consumer<T> end) {
    try {
      end.accept(part.join());
    } catch (CompletionException e) {
      // Reported by whoever waited for the part.
    }
  }
}
