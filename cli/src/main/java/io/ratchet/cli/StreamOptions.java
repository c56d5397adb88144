package io.ratchet.cli;

import io.ratchet.stream.StreamApplication;
import io.ratchet.stream.StreamSettings;
import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.page.WebConfig;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How steps become windows, and where they are shown: what {@code stream} and {@code demo} share.
 */
final class StreamOptions {
  @Mixin private HttpAddress http;

  @Option(
      names = "--bucket",
      paramLabel = "B",
      defaultValue = "25",
      description = "Steps of a bucket. Default: ${DEFAULT-VALUE}.")
  private int bucket;

  @Option(
      names = "--window",
      paramLabel = "R",
      defaultValue = "20",
      description = "Buckets of a window, a multiple of 5. Default: ${DEFAULT-VALUE}.")
  private int window;

  @Option(
      names = "--grace",
      paramLabel = "G",
      defaultValue = "20",
      description =
          "Buckets that the fastest worker may be ahead of an absent one. Default:"
              + " ${DEFAULT-VALUE}.")
  private int grace;

  @Option(
      names = "--floor",
      paramLabel = "F",
      defaultValue = "0.05",
      description =
          "Entropy production below which a chain counts as reversible, nats per transition."
              + " Default: ${DEFAULT-VALUE}.")
  private double floor;

  HttpAddress http() {
    return http;
  }

  /** Starts a stream with these options. */
  StreamApplication start(
      Map<String, String> client,
      String topicPrefix,
      Path stateDirectory,
      InetSocketAddress address,
      boolean embeddedBroker,
      Duration timeout)
      throws Exception {
    StreamSettings settings =
        new StreamSettings(
            client,
            topicPrefix,
            StreamSettings.DEFAULT_APPLICATION_ID,
            null,
            stateDirectory,
            1,
            windows(),
            http.settings(address),
            embeddedBroker,
            timeout);
    try {
      return StreamApplication.start(settings, Clock.systemUTC());
    } catch (BindException e) {
      throw Check.refused("--http", http, e.getMessage());
    } catch (WebConfig.InvalidException e) {
      throw Check.unusable("--web-config", e.getMessage());
    } catch (IOException e) {
      throw Check.refused(
          "--state-dir",
          stateDirectory,
          "allowed: a writable directory of its own (" + e.getMessage() + ")");
    }
  }

  WindowSettings windows() {
    Check.range("--bucket", bucket, 1, 1_000_000_000);
    Check.range("--grace", grace, 0, Integer.MAX_VALUE);
    if (window < 5 || window > 10_000 || window % 5 != 0) {
      throw Check.refused("--window", window, "allowed: a multiple of 5, 5 to 10,000");
    }
    if (!(floor > 0 && floor < Double.POSITIVE_INFINITY)) { // NaN fails
      throw Check.refused("--floor", floor, "allowed: a finite number of nats above 0");
    }
    return new WindowSettings(bucket, window, grace, floor);
  }
}
