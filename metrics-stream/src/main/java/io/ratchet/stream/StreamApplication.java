package io.ratchet.stream;

import io.ratchet.schema.Denial;
import io.ratchet.schema.Topics;
import io.ratchet.stream.export.PrometheusExporter;
import io.ratchet.stream.page.ArchiveFeed;
import io.ratchet.stream.page.HttpServer;
import io.ratchet.stream.page.RunArchive;
import io.ratchet.stream.page.TopicWindows;
import io.ratchet.stream.store.BoundedMemory;
import io.ratchet.stream.store.LaterFormatException;
import io.ratchet.stream.store.RunStores;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One instance of the stream: topology, metrics, page. */
public final class StreamApplication implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamApplication.class);

  /** How long a result stays invisible, at most, and what a restart does again. */
  static final Duration COMMIT_INTERVAL = Duration.ofMillis(100);

  /** A killed instance's open transaction holds up readers no longer than this. */
  static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(10);

  /** A killed instance's partitions wait no longer than this for another. */
  static final Duration SESSION_TIMEOUT = Duration.ofSeconds(10);

  /** What Kafka allows, with room for the number of the thread. */
  private static final Pattern INSTANCE_ID = Pattern.compile("[a-zA-Z0-9._-]{1,200}");

  /** How long to wait for Kafka at the end, for what the seal of the state names. */
  private static final Duration LAST_ANSWER = Duration.ofSeconds(5);

  private final StreamSettings settings;
  private final StateSeal seal;
  private final KafkaStreams streams;
  private final HttpServer http;
  private final ArchiveFeed feed;
  private final TopicWindows windows;
  private volatile Throwable failure;

  private StreamApplication(
      StreamSettings settings,
      StateSeal seal,
      KafkaStreams streams,
      HttpServer http,
      ArchiveFeed feed,
      TopicWindows windows) {
    this.settings = settings;
    this.seal = seal;
    this.streams = streams;
    this.http = http;
    this.feed = feed;
    this.windows = windows;
  }

  /**
   * Creates what is missing of the topics, then starts to read them and to serve what they say.
   *
   * @throws BrokerUnreachableException if Kafka does not answer in time
   * @throws IOException if the state directory cannot be written or another process uses it, or if
   *     the HTTP address cannot be taken
   * @throws IllegalStateException if Kafka refuses, or if a later version of this program left the
   *     state
   */
  public static StreamApplication start(StreamSettings settings, Clock clock)
      throws BrokerUnreachableException, IOException, InterruptedException {
    Topics topics = settings.topics();
    String instance = instanceId(settings);
    int partitions = provisioner(settings, settings.timeout()).provision();
    StateSeal seal =
        StateSeal.open(
            settings.stateDirectory(),
            settings.applicationId(),
            changelogs(settings, settings.timeout()),
            clock);
    PrometheusExporter exporter = new PrometheusExporter(version(), clock);
    KafkaStreams streams;
    try {
      streams =
          new KafkaStreams(
              MetricsTopology.build(topics, partitions, settings.windows(), exporter),
              properties(settings, instance));
    } catch (RuntimeException e) {
      seal.close();
      if (e instanceof StreamsException) { // the state directory cannot be used
        throw new IOException(e.getMessage(), e);
      }
      throw e;
    }
    RunArchive archive = new RunArchive(clock);
    TopicWindows windows = null;
    HttpServer http = null;
    ArchiveFeed feed = null;
    try {
      windows = TopicWindows.open(topics, partitions, settings.clientProperties());
      http =
          HttpServer.start(
              settings.http(),
              () -> exporter.text(archive.summaries()),
              () -> streams.state() == KafkaStreams.State.RUNNING,
              archive,
              windows);
      feed =
          ArchiveFeed.start(
              archive,
              topics,
              settings.clientProperties(),
              reason -> exporter.countLeftOut(reason.code()));
      StreamApplication application =
          new StreamApplication(settings, seal, streams, http, feed, windows);
      streams.setUncaughtExceptionHandler(application::answer);
      streams.start();
      return application;
    } catch (RuntimeException | IOException e) {
      streams.close(Duration.ZERO);
      if (feed != null) {
        feed.close();
      }
      if (http != null) {
        http.close();
      }
      if (windows != null) {
        windows.close();
      }
      seal.close();
      throw e;
    }
  }

  /** Whether records are being processed: false while state is restored or partitions move. */
  public boolean isReady() {
    return streams.state() == KafkaStreams.State.RUNNING;
  }

  /** Why the stream has stopped by itself; empty while it has not. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** Address of the live page. */
  public URI uri() {
    return http.uri();
  }

  /** Commits what was processed, hands the partitions over and stops. */
  @Override
  public void close() {
    boolean stopped =
        streams.close(
            org.apache.kafka.streams.CloseOptions.groupMembershipOperation(
                    org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(Duration.ofSeconds(20)));
    feed.close();
    http.close();
    windows.close();
    if (stopped && failure == null) {
      seal();
    }
    seal.close();
  }

  /** Leaves the state such that it can be used again; without that it is only built again. */
  private void seal() {
    try {
      seal.seal(changelogs(settings, LAST_ANSWER));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (BrokerUnreachableException | IOException | RuntimeException e) {
      LOG.warn("{}: not sealed: {}", settings.stateDirectory(), e.toString());
    }
  }

  private static TopicProvisioner provisioner(StreamSettings settings, Duration timeout) {
    return new TopicProvisioner(
        settings.clientProperties(),
        settings.topics(),
        Rights.ofStream(settings.topics()),
        settings.embeddedBroker(),
        timeout);
  }

  /** Ids of the changelogs that exist, by name. */
  private static Map<String, String> changelogs(StreamSettings settings, Duration timeout)
      throws BrokerUnreachableException, InterruptedException {
    List<String> names =
        RunStores.builders().stream()
            .map(store -> settings.applicationId() + "-" + store.name() + "-changelog")
            .toList();
    return provisioner(settings, timeout).ids(names, Rights.ofChangelogs(names));
  }

  /**
   * What a thread's death means: a broker that is away comes back, one that was killed may have
   * forgotten the open transaction, which the next thread begins again from the last commit;
   * anything else is a defect.
   */
  private StreamThreadExceptionResponse answer(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof RetriableException || cause instanceof InvalidTxnStateException) {
        LOG.warn("a stream thread gave up and is replaced: {}", thrown.toString());
        return StreamThreadExceptionResponse.REPLACE_THREAD;
      }
    }
    failure = explain(thrown);
    if (failure instanceof DeniedException) { // no defect, so where it happened says nothing
      LOG.error("the stream stops: {}", failure.getMessage());
    } else {
      LOG.error("the stream stops", thrown);
    }
    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  /**
   * What concerns the state, a full disk for one, with the place, the space and the reason; what
   * Kafka does not allow, with the right that is missing; a full heap, with its size and the way to
   * a larger one.
   */
  private Throwable explain(Throwable thrown) {
    Throwable root = thrown;
    boolean ofState = false;
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof LaterFormatException) {
        return new IllegalStateException(
            "application " + settings.applicationId() + ": " + cause.getMessage(), thrown);
      }
      if (cause instanceof AuthorizationException denied) {
        return new DeniedException(denial(denied), thrown);
      }
      if (cause instanceof OutOfMemoryError) {
        return new IllegalStateException(
            String.format(
                Locale.ROOT,
                "the heap, %,d MiB, is full, of what it holds or of one record that is small on the"
                    + " wire and large inflated; RATCHET_JAVA_OPTS=-Xmx... gives more"
                    + " (docs/runbook.md, RatchetStreamDown)",
                Runtime.getRuntime().maxMemory() >> 20),
            thrown);
      }
      ofState |= cause instanceof ProcessorStateException;
      root = cause;
    }
    if (!ofState) {
      return thrown;
    }
    String free = "";
    try {
      FileStore disk = Files.getFileStore(settings.stateDirectory());
      free =
          String.format(
              Locale.ROOT,
              " (%,d of %,d bytes of its disk are free)",
              disk.getUsableSpace(),
              disk.getTotalSpace());
    } catch (IOException e) {
      root.addSuppressed(e);
    }
    return new IllegalStateException(
        "state directory " + settings.stateDirectory() + free + ": " + root.getMessage(), thrown);
  }

  /** Kafka does not allow what the stream has to do. */
  private static final class DeniedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DeniedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private String denial(AuthorizationException denied) {
    String operation = "Write";
    String resource = "all that it writes (" + denied.getMessage() + ")";
    if (denied instanceof GroupAuthorizationException group) {
      operation = "Read";
      resource = "group " + group.groupId();
    } else if (denied instanceof TransactionalIdAuthorizationException) {
      resource = "transactional ids that begin with " + settings.applicationId() + "-";
    } else if (denied instanceof TopicAuthorizationException topics) {
      List<String> names = List.copyOf(new TreeSet<>(topics.unauthorizedTopics()));
      operation = "Read or Write"; // Kafka names the topic alone, unless it is asked
      resource = "topic " + String.join(", ", names);
      try {
        provisioner(settings, LAST_ANSWER).ids(names, Rights.ofStream(settings.topics()));
        changelogs(settings, LAST_ANSWER);
      } catch (IllegalStateException e) {
        return e.getMessage();
      } catch (BrokerUnreachableException e) {
        LOG.debug("not asked", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return Denial.message(settings.bootstrap(), operation, resource);
  }

  /**
   * Settings of Kafka Streams.
   *
   * @param instance name of this instance among those that share the work
   */
  public static Properties properties(StreamSettings settings, String instance) {
    Properties properties = new Properties();
    properties.putAll(settings.clientProperties());
    properties.putAll(
        Map.ofEntries(
            Map.entry(StreamsConfig.APPLICATION_ID_CONFIG, settings.applicationId()),
            Map.entry(StreamsConfig.STATE_DIR_CONFIG, settings.stateDirectory().toString()),
            Map.entry(StreamsConfig.NUM_STREAM_THREADS_CONFIG, settings.threads()),
            Map.entry(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2),
            Map.entry(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL.toMillis()),
            // An instance that joins gets a partition when little of its state is left to copy: the
            // copy of a busy one is never complete. Where there is much, it is asked so often.
            Map.entry(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, 60_000L),
            Map.entry(
                StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedMemory.class.getName()),
            Map.entry(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true),
            // No decision depends on two topics, so none waits for the other.
            Map.entry(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1L),
            Map.entry(StreamsConfig.REPLICATION_FACTOR_CONFIG, settings.embeddedBroker() ? 1 : -1),
            // Static membership: a bounced instance finds its partitions again.
            Map.entry(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic"),
            Map.entry(
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
                instance),
            Map.entry(
                StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG),
                Math.toIntExact(SESSION_TIMEOUT.toMillis())),
            Map.entry(
                StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG),
                Math.toIntExact(TRANSACTION_TIMEOUT.toMillis())),
            // A new partition may refuse a producer's first batch and take its second: then the
            // first
            // is out of order for ever (KAFKA-15591). With one under way there is no second.
            Map.entry(
                StreamsConfig.producerPrefix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION),
                1),
            Map.entry(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4"),
            Map.entry(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10)));
    return properties;
  }

  /** The instance's name: as given, or made once and remembered beside its state. */
  private static String instanceId(StreamSettings settings) throws IOException {
    Files.createDirectories(settings.stateDirectory());
    if (settings.instanceId() != null) {
      return settings.instanceId();
    }
    Path file = settings.stateDirectory().resolve("instance-id");
    if (Files.exists(file)) {
      String remembered = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      if (INSTANCE_ID.matcher(remembered).matches()) { // else the file is damaged
        return remembered;
      }
    }
    String made = UUID.randomUUID().toString();
    Files.writeString(file, made + "\n", StandardCharsets.UTF_8);
    return made;
  }

  private static String version() {
    String version = StreamApplication.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
