package io.ratchet.stream;

import io.ratchet.stream.accept.WindowSettings;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.page.HttpSettings;
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

  /** The product; any other kind is a twin under the processing guarantee of that name. */
  static final String PRODUCT = "product";

  /**
   * Arguments: file for its address, bootstrap, instance, state, bucket, window, grace, floor,
   * kind.
   */
  public static void main(String[] args) throws Exception {
    Path word = Path.of(args[0]);
    StreamSettings settings =
        new StreamSettings(
            // What is sent is in the broker at once, so that a kill finds it there, uncommitted.
            Map.of("bootstrap.servers", args[1], "producer.linger.ms", "0"),
            "ratchet.",
            StreamSettings.DEFAULT_APPLICATION_ID,
            args[2],
            Path.of(args[3]),
            1,
            new WindowSettings(
                Integer.parseInt(args[4]),
                Integer.parseInt(args[5]),
                Integer.parseInt(args[6]),
                Double.parseDouble(args[7])),
            HttpSettings.loopback(0),
            false,
            Duration.ofSeconds(30));
    if (args[8].equals(PRODUCT)) {
      try (StreamApplication stream = StreamApplication.start(settings, Clock.systemUTC())) {
        ChildProcess.readyUntilEnd(word, stream.uri().toString());
      }
    } else {
      try (KafkaStreams stream = twin(settings, args[8])) {
        stream.start();
        ChildProcess.readyUntilEnd(word, "none");
      }
    }
  }

  /**
   * The same topology under the same settings but one, and without a look at the state that it
   * finds: it must fail where the product does not.
   */
  private static KafkaStreams twin(StreamSettings settings, String guarantee) throws Exception {
    int partitions =
        new TopicProvisioner(
                settings.clientProperties(),
                settings.topics(),
                Rights.ofStream(settings.topics()),
                false,
                settings.timeout())
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
}
