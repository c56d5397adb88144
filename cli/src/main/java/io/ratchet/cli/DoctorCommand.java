package io.ratchet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.AppInfoParser;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks at everything that the other commands rely on, and says what to do where it is not so. */
@Command(
    name = "doctor",
    description = {
      "Checks Java, memory, disk, the page's port, the broker, topics and clocks, and says what to"
          + " do next.",
      "Exit code 0 if nothing is wrong, 69 if no broker answers, 3 if something else is wrong."
    })
final class DoctorCommand extends RatchetCommand {
  private static final long LEAST_DISK = 200L << 20;
  private static final long COMFORTABLE_DISK = 5L << 30;
  private static final long LEAST_HEAP = 256L << 20;

  /** The broker refuses records that are further ahead of it than an hour. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private static final short SAFE_TRANSACTIONS = 2;

  @Mixin private Connection connection;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8080",
      description = "Address of the live page. Default: ${DEFAULT-VALUE}.")
  private String http;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      defaultValue = "ratchet-data",
      description = "Directory of the data. Default: ${DEFAULT-VALUE}.")
  private Path directory;

  @Option(names = "--json", description = "One JSON array.")
  private boolean json;

  private enum Finding {
    OK,
    NOTE,
    WRONG
  }

  private record Result(Finding finding, String subject, String found, String next) {}

  private final List<Result> results = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    java();
    disk();
    page();
    boolean reached = broker();
    report();
    if (!reached) {
      return Ratchet.UNREACHABLE;
    }
    boolean wrong = results.stream().anyMatch(result -> result.finding() == Finding.WRONG);
    return wrong ? Ratchet.DIFFERENT : Ratchet.DONE;
  }

  private void add(Finding finding, String subject, String found, String next) {
    results.add(new Result(finding, subject, found, next));
  }

  private void java() {
    Version version = new Version();
    add(Finding.OK, "ratchet", version.version() + ", commit " + version.commit(), "");
    boolean vectors = ModuleFinder.ofSystem().find("jdk.incubator.vector").isPresent();
    add(
        vectors ? Finding.OK : Finding.NOTE,
        "java",
        version.jdk() + (vectors ? ", with the Vector API" : ", without the Vector API"),
        vectors ? "" : "training is slower; a full JDK 17 or later has it");
    long heap = Runtime.getRuntime().maxMemory();
    add(
        heap < LEAST_HEAP ? Finding.WRONG : Finding.OK,
        "memory",
        String.format(
            Locale.ROOT,
            "heap of at most %s, %d cores",
            size(heap),
            Runtime.getRuntime().availableProcessors()),
        heap < LEAST_HEAP ? "set RATCHET_JAVA_OPTS=-Xmx512m" : "");
  }

  private void disk() {
    Path existing = directory.toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      long free = Files.getFileStore(existing).getUsableSpace();
      String found = size(free) + " free for " + directory;
      if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
        add(Finding.WRONG, "disk", existing + " cannot be written", "choose another by --dir");
      } else if (free < LEAST_DISK) {
        add(
            Finding.WRONG,
            "disk",
            found,
            "make room, or choose another by --dir: Kafka stops when it is full");
      } else if (free < COMFORTABLE_DISK) {
        add(
            Finding.NOTE,
            "disk",
            found,
            "a long run fills some GB: topics list says what is kept how long");
      } else {
        add(Finding.OK, "disk", found, "");
      }
    } catch (IOException e) {
      add(Finding.WRONG, "disk", existing + ": " + e.getMessage(), "choose another by --dir");
    }
  }

  private void page() throws InterruptedException {
    String address = "http://" + http;
    try {
      HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(address + "/readyz"))
              .timeout(Duration.ofSeconds(3))
              .build();
      var answer = client.send(request, BodyHandlers.ofString());
      String said = answer.body().strip().lines().findFirst().orElse("");
      if (answer.statusCode() == 200) {
        add(Finding.OK, "page", "a stream serves " + address + " and is ready", "");
      } else if (answer.statusCode() == 503) {
        add(Finding.NOTE, "page", address + " says: " + said, "wait: its state is being restored");
      } else {
        add(
            Finding.WRONG,
            "page",
            address + " belongs to another program",
            "give stream and demo --http 127.0.0.1:0, a free port");
      }
    } catch (ConnectException e) {
      add(
          Finding.NOTE,
          "page",
          address + " is free, no stream serves it",
          "ratchet stream --bootstrap " + connection.bootstrap());
    } catch (IOException e) {
      add(
          Finding.WRONG,
          "page",
          address + " does not speak HTTP",
          "give stream and demo --http 127.0.0.1:0, a free port");
    } catch (IllegalArgumentException e) {
      throw Check.refused("--http", http, "allowed: HOST:PORT");
    }
  }

  /** Whether a broker answered. */
  private boolean broker() throws InterruptedException {
    try (Admin admin = connection.connect()) {
      var nodes = admin.describeCluster().nodes().get();
      add(
          Finding.OK,
          "broker",
          String.format(
              Locale.ROOT,
              "%s answers, %d node%s; our Kafka client is %s",
              connection.bootstrap(),
              nodes.size(),
              nodes.size() == 1 ? "" : "s",
              AppInfoParser.getVersion()),
          "");
      transactions(admin);
      topics(admin);
      return true;
    } catch (UnreachableException e) {
      add(
          Finding.WRONG,
          "broker",
          e.getMessage(),
          "ratchet broker starts one, ratchet demo everything; --bootstrap names yours");
      return false;
    } catch (ExecutionException e) {
      add(
          Finding.WRONG,
          "broker",
          e.getCause().getMessage(),
          "are --client-config and the rights of its user right?");
      return true;
    }
  }

  private void transactions(Admin admin) throws InterruptedException, ExecutionException {
    Map<String, FinalizedVersionRange> features =
        admin.describeFeatures().featureMetadata().get().finalizedFeatures();
    FinalizedVersionRange range = features.get("transaction.version");
    int version = range == null ? 0 : range.maxVersionLevel();
    add(
        version < SAFE_TRANSACTIONS ? Finding.WRONG : Finding.OK,
        "transactions",
        "the cluster has transaction.version " + version,
        version < SAFE_TRANSACTIONS
            ? "raise it to 2 (kafka-features.sh upgrade --feature transaction.version=2): below, a late producer can tear a window"
            : "");
  }

  private void topics(Admin admin) throws InterruptedException, ExecutionException {
    Map<String, Integer> partitions = new TreeMap<>();
    List<String> missing = new ArrayList<>();
    List<String> hidden = new ArrayList<>();
    for (Topic topic : connection.topics().all()) {
      try {
        TopicDescription description =
            admin.describeTopics(List.of(topic.name())).allTopicNames().get().get(topic.name());
        partitions.put(topic.name(), description.partitions().size());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof TopicAuthorizationException) {
          hidden.add(topic.name());
          continue;
        }
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
        missing.add(topic.name());
      }
    }
    if (!missing.isEmpty()) {
      add(
          Finding.WRONG,
          "topics",
          "missing: " + String.join(", ", missing),
          "ratchet topics create");
    } else if (new TreeSet<>(partitions.values()).size() > 1) {
      add(
          Finding.WRONG,
          "topics",
          "numbers of partitions differ: " + partitions,
          "a run must lie in one partition of the same number everywhere: begin anew with --topic-prefix");
    } else if (!hidden.isEmpty()) {
      add(
          Finding.NOTE,
          "topics",
          "this user may not see " + String.join(", ", hidden),
          "docs/operations.md lists the rights that each part needs");
    } else {
      add(
          Finding.OK,
          "topics",
          String.format(
              Locale.ROOT,
              "all %d, %d partitions each",
              partitions.size(),
              partitions.values().iterator().next()),
          "");
    }
    compression(admin, partitions.keySet());
    contents(admin, partitions);
  }

  /** What is kept as it was sent may be of any size to whoever reads it. */
  private void compression(Admin admin, Set<String> topics)
      throws InterruptedException, ExecutionException {
    List<String> asSent = new ArrayList<>();
    List<String> hidden = new ArrayList<>();
    List<ConfigResource> all =
        topics.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    Map<ConfigResource, KafkaFuture<Config>> settings = admin.describeConfigs(all).values();
    for (ConfigResource topic : all) {
      try {
        ConfigEntry type = settings.get(topic).get().get(TopicConfig.COMPRESSION_TYPE_CONFIG);
        if (type == null || !"uncompressed".equals(type.value())) {
          asSent.add(topic.name());
        }
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof AuthorizationException)) {
          throw e;
        }
        hidden.add(topic.name());
      }
    }
    if (!asSent.isEmpty()) {
      add(
          Finding.NOTE,
          "compression",
          "of 40 KB sent to " + String.join(", ", asSent) + " a reader may get 400 MB",
          "kafka-configs.sh --alter --add-config compression.type=uncompressed --entity-type topics --entity-name ..., for each");
    } else if (!hidden.isEmpty()) {
      add(
          Finding.NOTE,
          "compression",
          "this user may not see the settings of " + String.join(", ", hidden),
          "");
    } else {
      add(Finding.OK, "compression", "no record is larger to its reader than in its topic", "");
    }
  }

  private void contents(Admin admin, Map<String, Integer> partitions)
      throws InterruptedException, ExecutionException {
    Topics topics = connection.topics();
    Instant now = Clock.systemUTC().instant();
    Instant newest = Instant.EPOCH;
    for (Topic topic : List.of(topics.runs(), topics.chainStates())) {
      for (ListOffsetsResultInfo info :
          offsets(admin, topic.name(), partitions, OffsetSpec.maxTimestamp())) {
        newest =
            info.timestamp() > newest.toEpochMilli()
                ? Instant.ofEpochMilli(info.timestamp())
                : newest;
      }
    }
    boolean ahead = newest.isAfter(now.plus(CLOCK_TOLERANCE));
    add(
        ahead ? Finding.WRONG : Finding.OK,
        "clock",
        newest.equals(Instant.EPOCH)
            ? RecordLine.time(now.toEpochMilli()) + " UTC; no record to compare with"
            : RecordLine.time(now.toEpochMilli())
                + " UTC; the newest record is of "
                + RecordLine.time(newest.toEpochMilli()),
        ahead
            ? "this clock or the producer's is wrong: set both by NTP; heartbeats are judged by the clock"
            : "");
    String deadLetters = topics.deadLetters().name();
    long dead =
        sum(offsets(admin, deadLetters, partitions, OffsetSpec.latest()))
            - sum(offsets(admin, deadLetters, partitions, OffsetSpec.earliest()));
    add(
        dead > 0 ? Finding.NOTE : Finding.OK,
        "dead letters",
        String.format(Locale.ROOT, "%,d records were refused in the last days", dead),
        dead > 0 ? "ratchet topics tail dead-letters --format text says why" : "");
  }

  private static List<ListOffsetsResultInfo> offsets(
      Admin admin, String topic, Map<String, Integer> partitions, OffsetSpec spec)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (int p = 0; p < partitions.getOrDefault(topic, 0); p++) {
      wanted.put(new TopicPartition(topic, p), spec);
    }
    return List.copyOf(admin.listOffsets(wanted).all().get().values());
  }

  private static long sum(List<ListOffsetsResultInfo> offsets) {
    return offsets.stream().mapToLong(ListOffsetsResultInfo::offset).sum();
  }

  private void report() {
    if (json) {
      ArrayNode array = RecordJson.MAPPER.createArrayNode();
      for (Result result : results) {
        array
            .addObject()
            .put("finding", word(result.finding()))
            .put("subject", result.subject())
            .put("found", result.found())
            .put("next", result.next());
      }
      out().println(array);
      return;
    }
    for (Result result : results) {
      out().printf("%-6s %-13s %s%n", word(result.finding()), result.subject(), result.found());
      if (!result.next().isEmpty()) {
        out().printf("%-20s -> %s%n", "", result.next());
      }
    }
  }

  private static String word(Finding finding) {
    return finding.name().toLowerCase(Locale.ROOT);
  }

  private static String size(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%,d MB", bytes >> 20)
        : String.format(Locale.ROOT, "%,.1f GB", bytes / (double) (1L << 30));
  }
}
