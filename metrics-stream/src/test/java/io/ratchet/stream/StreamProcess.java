package io.ratchet.stream;

import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.page.HttpSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/** A stream in a process of its own, which a test can kill: writes its address to a file. */
final class StreamProcess {
  private StreamProcess() {}

  public static void main(String[] args) throws Exception {
    StreamSettings settings =
        new StreamSettings(
            Map.of("bootstrap.servers", args[0]),
            "ratchet.",
            StreamSettings.DEFAULT_APPLICATION_ID,
            null,
            Path.of(args[1]),
            1,
            new WindowSettings(Integer.parseInt(args[2]), Integer.parseInt(args[3]), 1_000, 0.05),
            HttpSettings.loopback(0),
            true,
            Duration.ofSeconds(30));
    try (StreamApplication stream = StreamApplication.start(settings, Clock.systemUTC())) {
      Files.writeString(Path.of(args[4]), stream.uri().toString());
      while (System.in.read() >= 0) {
        // The test holds the other end open for as long as it wants the stream.
      }
    }
  }
}
