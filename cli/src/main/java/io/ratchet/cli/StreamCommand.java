package io.ratchet.cli;

import io.ratchet.stream.StreamApplication;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One instance of the stream, until Ctrl-C. */
@Command(
    name = "stream",
    description =
        "Runs the Streams application: windows, /metrics, the live page. Prints the page's address.")
final class StreamCommand extends RatchetCommand {
  @Mixin private Connection connection;

  @Mixin private StreamOptions options;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "ratchet-data/stream",
      description = "State of this instance; one instance a directory. Default: ${DEFAULT-VALUE}.")
  private Path stateDirectory;

  @Override
  public Integer call() throws Exception {
    InetSocketAddress address = options.http().address();
    options.windows();
    try (Interrupt interrupt = Interrupt.install()) {
      connection.connect().close();
      try (StreamApplication stream =
          options.start(
              connection.clientProperties(),
              connection.topicPrefix(),
              stateDirectory,
              address,
              false,
              connection.timeout())) {
        out().println(stream.uri());
        say("The live page is at " + stream.uri() + "; Ctrl-C ends it");
        watch(stream, interrupt);
      }
    }
    return Ratchet.DONE;
  }

  /** Waits for a signal; throws what stopped the stream, should it stop by itself. */
  static void watch(StreamApplication stream, Interrupt interrupt) throws InterruptedException {
    while (!interrupt.await(1, TimeUnit.SECONDS)) {
      if (stream.failure().isPresent()) {
        Throwable failure = stream.failure().get();
        throw new IllegalStateException("the stream stopped: " + failure.getMessage(), failure);
      }
    }
  }
}
