package io.ratchet.stream;

import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.page.HttpSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/** A stream in a process of its own, which a test can kill: writes its address to a file. */
final class StreamProcess {
  private StreamProcess() {}

  /** Arguments: bootstrap, instance, state directory, bucket, window, guarantee, address file. */
  public static void main(String[] args) throws Exception {
    StreamSettings settings =
        new StreamSettings(
            // What is sent is in the broker at once, so that a kill finds it there, uncommitted.
            Map.of("bootstrap.servers", args[0], "producer.linger.ms", "0"),
            "ratchet.",
            StreamSettings.DEFAULT_APPLICATION_ID,
            args[1],
            Path.of(args[2]),
            1,
            new WindowSettings(Integer.parseInt(args[3]), Integer.parseInt(args[4]), 1_000, 0.05),
            HttpSettings.loopback(0),
            true,
            Duration.ofSeconds(30));
    Path address = Path.of(args[6]);
    if (args[5].equals(StreamsConfig.EXACTLY_ONCE_V2)) {
      try (StreamApplication stream = StreamApplication.start(settings, Clock.systemUTC())) {
        Files.writeString(address, stream.uri().toString());
        awaitEnd();
      }
    } else {
      try (KafkaStreams stream = twin(settings, args[5])) {
        stream.start();
        Files.writeString(address, "none");
        awaitEnd();
      }
    }
  }

  /** The same topology under the same settings but one: it must fail where the product does not. */
  private static KafkaStreams twin(StreamSettings settings, String guarantee) throws Exception {
    int partitions =
        new TopicProvisioner(
                settings.clientProperties(), settings.topics(), true, settings.timeout())
            .provision();
    Properties properties = StreamApplication.properties(settings, settings.instanceId());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
    return new KafkaStreams(
        MetricsTopology.build(
            settings.topics(),
            partitions,
            settings.windows(),
            new PrometheusExporter("twin", Clock.systemUTC())),
        properties);
  }

  private static void awaitEnd() throws Exception {
    while (System.in.read() >= 0) {
      // The test holds the other end open for as long as it wants the stream.
    }
  }
}
