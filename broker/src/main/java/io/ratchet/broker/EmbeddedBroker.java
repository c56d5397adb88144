package io.ratchet.broker;

import io.ratchet.broker.BrokerStartException.Culprit;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka (KRaft, broker and controller in one) in this process, on loopback only: alone, or one of
 * several that are a {@linkplain Cluster cluster}.
 *
 * <p>Its data live in one directory and survive restarts, also a kill: an acknowledged record is in
 * the operating system's page cache at least. One process at a time may use a directory. The port
 * may be another one at every start.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);
  private static final String HOST = "127.0.0.1";
  private static final int ATTEMPTS = 3;
  private static final int FIRST_FREE_PORT = 20_000;
  private static final int FREE_PORTS = 12_000;
  private static final AtomicInteger SEARCHES = new AtomicInteger();

  private final KafkaRaftServer server;
  private final FileChannel lock;
  private final int port;
  private boolean closed;

  private EmbeddedBroker(KafkaRaftServer server, FileChannel lock, int port) {
    this.server = server;
    this.lock = lock;
    this.port = port;
  }

  /**
   * Starts a broker and returns when it serves clients.
   *
   * @param directory where its data are, made and formatted if need be
   * @param port port on loopback, 0 for a free one
   * @throws BrokerStartException if the directory cannot be used, another process uses it, or the
   *     port is taken
   * @throws IllegalStateException if Kafka itself fails to start
   */
  public static EmbeddedBroker start(Path directory, int port) {
    return start(directory, port, 0);
  }

  /**
   * Starts a broker behind a proxy of this machine, see {@link #start(Path, int)}.
   *
   * @param advertisedPort port on loopback that clients are told, 0 for the broker's own
   */
  public static EmbeddedBroker start(Path directory, int port, int advertisedPort) {
    return start(directory, port, advertisedPort, null);
  }

  /**
   * Starts one of the brokers of a cluster, see {@link #start(Path, int, int)}; returns when a
   * majority of them is there.
   *
   * @param cluster which one of which; null for a broker that is alone
   */
  public static EmbeddedBroker start(
      Path directory, int port, int advertisedPort, Cluster cluster) {
    return start(directory, port, advertisedPort, cluster, Map.of());
  }

  /**
   * Starts a broker that stands for a cluster with locks on its doors, see {@link #start(Path,
   * int)}: TLS, passwords, an authorizer.
   *
   * @param settings Kafka's own, over those of this class; clients use the listener {@code CLIENT}
   */
  public static EmbeddedBroker start(Path directory, int port, Map<String, String> settings) {
    return start(directory, port, 0, null, settings);
  }

  private static EmbeddedBroker start(
      Path directory,
      int port,
      int advertisedPort,
      Cluster cluster,
      Map<String, String> settingsOver) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ": must be 0 to 65,535 (0 = a free one)");
    }
    FileChannel lock = lock(directory);
    sayWhyKafkaGivesUp(directory);
    try {
      for (int attempt = 1; ; attempt++) {
        int client = port == 0 ? freePort() : requireFree(port);
        try {
          return new EmbeddedBroker(
              startServer(
                  directory,
                  client,
                  advertisedPort == 0 ? client : advertisedPort,
                  cluster == null ? Cluster.ofOne(freePort()) : cluster,
                  settingsOver),
              lock,
              client);
        } catch (IllegalStateException e) {
          // Kafka binds seconds after the look: somebody else may have been faster.
          if (port != 0) {
            requireFree(port);
          }
          if (attempt == ATTEMPTS) {
            throw e;
          }
        }
      }
    } catch (RuntimeException | Error e) {
      closeQuietly(lock);
      throw e;
    }
  }

  /**
   * Kafka ends the whole process when it cannot write its log, by a full disk for one; only its own
   * log says so, which programs that embed it may well have turned off.
   */
  private static void sayWhyKafkaGivesUp(Path directory) {
    Exit.setHaltProcedure(
        (status, message) -> {
          LOG.error(
              "broker directory {}: Kafka cannot go on, {}; the process ends. What was acknowledged"
                  + " is there when it is started again",
              directory,
              free(directory));
          Runtime.getRuntime().halt(status);
        });
  }

  private static String free(Path directory) {
    try {
      FileStore disk = Files.getFileStore(directory);
      return String.format(
          Locale.ROOT,
          "%,d of %,d bytes of its disk are free",
          disk.getUsableSpace(),
          disk.getTotalSpace());
    } catch (IOException e) {
      return "its disk does not answer (" + e + ")";
    }
  }

  private static KafkaRaftServer startServer(
      Path directory,
      int port,
      int advertisedPort,
      Cluster cluster,
      Map<String, String> settingsOver) {
    KafkaRaftServer server = null;
    try {
      Properties settings = settings(directory, port, advertisedPort, cluster);
      settings.putAll(settingsOver);
      format(directory, cluster);
      server = new KafkaRaftServer(KafkaConfig.fromProps(settings, false), Time.SYSTEM);
      server.startup();
      return server;
    } catch (Throwable failure) {
      shutDown(server, failure);
      if (failure instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(
          "the embedded broker in " + directory + " did not start: " + failure.getMessage(),
          failure);
    }
  }

  /**
   * A port on loopback that nobody has now. Below the range from which systems take the ports of
   * outgoing connections (32,768 on Linux, 49,152 elsewhere), so that none of those takes it before
   * it is used; where the search begins differs from process to process.
   */
  public static int freePort() {
    long start = ProcessHandle.current().pid() * 7_919 + SEARCHES.getAndAdd(97);
    for (int i = 0; i < FREE_PORTS; i++) {
      int port = FIRST_FREE_PORT + (int) ((start + i) % FREE_PORTS);
      try (ServerSocket socket = bind(port)) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Taken: the next.
      }
    }
    throw new IllegalStateException(
        "no free port from " + FIRST_FREE_PORT + " to " + (FIRST_FREE_PORT + FREE_PORTS - 1));
  }

  /** Address for {@code bootstrap.servers}. */
  public String bootstrap() {
    return HOST + ":" + port;
  }

  /** Stops the broker, flushes its logs and frees the directory. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      server.shutdown();
      server.awaitShutdown();
    } finally {
      closeQuietly(lock);
    }
  }

  /**
   * Takes the directory for this process. Kafka's own lock comes too late: a second process on the
   * same directory was seen to hang the live broker before it noticed.
   */
  private static FileChannel lock(Path directory) {
    FileChannel channel;
    try {
      Files.createDirectories(directory);
      channel =
          FileChannel.open(
              directory.resolve("ratchet.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
    } catch (IOException e) {
      String reason =
          e instanceof FileSystemException f && f.getReason() != null
              ? f.getReason()
              : e.getClass().getSimpleName();
      throw new BrokerStartException(
          Culprit.DIRECTORY,
          directory,
          "allowed: a directory that can be written (" + reason + ")",
          e);
    }
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by another broker of this process: the same answer.
    } catch (IOException e) {
      closeQuietly(channel);
      throw new BrokerStartException(
          Culprit.DIRECTORY, directory, "cannot be locked (" + e.getMessage() + ")", e);
    }
    closeQuietly(channel);
    throw new BrokerStartException(
        Culprit.DIRECTORY,
        directory,
        "in use by another running broker; stop it or choose another directory",
        null);
  }

  private static int requireFree(int port) {
    try (ServerSocket socket = bind(port)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new BrokerStartException(
          Culprit.PORT,
          port,
          "in use on "
              + HOST
              + " or not allowed ("
              + e.getMessage()
              + "); choose another, or 0 for a free one",
          e);
    }
  }

  private static ServerSocket bind(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }

  private static void format(Path directory, Cluster cluster) throws Exception {
    if (Files.exists(directory.resolve("meta.properties"))) {
      return; // written last, so a format that was killed is done again
    }
    new Formatter()
        .setNodeId(cluster.node())
        .setClusterId(cluster.id())
        .addDirectory(directory.toString())
        .setMetadataLogDirectory(directory.toString())
        .setControllerListenerName("CONTROLLER")
        .setIgnoreFormatted(true)
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .run();
  }

  private static Properties settings(
      Path directory, int port, int advertisedPort, Cluster cluster) {
    int replicas = cluster.replicas();
    Map<String, Object> s = new HashMap<>();
    s.put("process.roles", "broker,controller");
    s.put("node.id", cluster.node());
    s.put("controller.quorum.voters", cluster.voters(HOST));
    s.put("controller.listener.names", "CONTROLLER");
    s.put(
        "listeners",
        "CLIENT://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + cluster.controllerPort());
    s.put("advertised.listeners", "CLIENT://" + HOST + ":" + advertisedPort);
    s.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("inter.broker.listener.name", "CLIENT");
    s.put("log.dirs", directory.toString());

    s.put("default.replication.factor", replicas);
    s.put("offsets.topic.replication.factor", replicas);
    s.put("transaction.state.log.replication.factor", replicas);
    s.put("transaction.state.log.min.isr", cluster.minInSync());
    s.put("share.coordinator.state.topic.replication.factor", replicas);
    s.put("share.coordinator.state.topic.min.isr", cluster.minInSync());
    s.put("min.insync.replicas", cluster.minInSync());
    // A topic by a typo is worse than an error.
    s.put("auto.create.topics.enable", false);

    // A run's history is kept unless a topic says otherwise.
    s.put("log.retention.ms", -1);
    s.put("log.retention.bytes", -1);
    // How far the stream has come is kept as long as what it is to read; Kafka forgets it 7 days
    // after the stream was stopped, and the log would be read again from its beginning.
    s.put("offsets.retention.minutes", Integer.MAX_VALUE);
    // After a kill the active segments are read again: 64 MiB each bound that, 1 GiB took 15 s.
    s.put("log.segment.bytes", 64 << 20);
    // The gradient of the largest model (K = 1,024 on 28 x 28 pixels, 6.4 MB) fits one record.
    s.put("message.max.bytes", 16 << 20);

    // Small and quick: a laptop's broker has a handful of clients, and start-up is waited for.
    s.put("offsets.topic.num.partitions", 6);
    s.put("transaction.state.log.num.partitions", 6);
    s.put("group.initial.rebalance.delay.ms", 0);
    s.put("log.cleaner.dedupe.buffer.size", 4 << 20); // the default is 128 MB of heap
    s.put("num.network.threads", 2);
    s.put("num.io.threads", 4);
    s.put("metric.reporters", ""); // several brokers in one JVM would fight for JMX names
    Properties properties = new Properties();
    s.forEach((key, value) -> properties.setProperty(key, value.toString()));
    return properties;
  }

  private static void shutDown(KafkaRaftServer server, Throwable failure) {
    if (server != null) {
      try {
        server.shutdown();
      } catch (RuntimeException e) {
        failure.addSuppressed(e);
      }
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The process's end frees the lock as well; there is nothing better to do here.
    }
  }
}
