package io.ratchet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ratchet.schema.DecodeException;
import io.ratchet.schema.Denial;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Topics.Topic;
import io.ratchet.stream.Rights;
import io.ratchet.stream.TopicProvisioner;
import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The topics of this product: makes them, lists them, prints their records. */
@Command(
    name = "topics",
    description = "Creates and lists the topics, and prints their records.",
    subcommands = {
      TopicsCommand.Create.class,
      TopicsCommand.ListAll.class,
      TopicsCommand.Tail.class
    })
final class TopicsCommand extends CommandGroup {

  /** Makes what is missing. */
  @Command(
      name = "create",
      description = "Creates the topics that are missing and publishes the schemas.")
  static final class Create extends RatchetCommand {
    private static final Pattern RETENTION =
        Pattern.compile("(?:([^=]+)=)?(?:(\\d{1,6})([dh])|forever)");

    @Mixin private Connection connection;

    @Option(
        names = "--retention",
        paramLabel = "[TOPIC=]30d|12h|forever",
        description = {
          "How long a new topic keeps its records, for each topic that is named; without a name:"
              + " chain states and gradient updates. Default: as documented of each topic.",
          "May be given several times."
        })
    private final List<String> retentions = new ArrayList<>();

    @Option(
        names = "--partitions",
        paramLabel = "N",
        description =
            "Partitions of each topic, 1 to 1,000; never changed later. Default: as many as those"
                + " topics have that exist, else 6.")
    private Integer partitions;

    @Override
    public Integer call() throws Exception {
      if (partitions != null) {
        Check.range("--partitions", partitions, 1, 1_000);
      }
      Map<String, Map<String, String>> override = new HashMap<>();
      for (String retention : retentions) {
        Matcher matcher = RETENTION.matcher(retention);
        if (!matcher.matches()) {
          throw Check.refused(
              "--retention",
              retention,
              "allowed: days or hours such as 30d or 12h, or forever; TOPIC= before it for one topic");
        }
        for (Topic topic : kept(retention, matcher.group(1))) {
          override.put(topic.name(), Map.of("retention.ms", Long.toString(millis(matcher))));
        }
      }
      connection.connect().close();
      int made =
          new TopicProvisioner(
                  connection.clientProperties(),
                  connection.topics(),
                  Rights.ofAdmin(connection.topics()),
                  false,
                  connection.timeout())
              .provision(override, partitions == null ? Topics.DEFAULT_PARTITIONS : partitions);
      if (partitions != null && made != partitions) {
        throw Check.refused(
            "--partitions",
            partitions,
            "allowed: " + made + ", the number of the topics that exist");
      }
      say("All topics exist at " + connection.bootstrap() + ", " + made + " partitions each");
      return Ratchet.DONE;
    }

    /** The topics that a retention is of: the one that is named, or those that grow with runs. */
    private List<Topic> kept(String retention, String name) {
      Topics topics = connection.topics();
      if (name == null) {
        return List.of(topics.chainStates(), topics.gradientUpdates());
      }
      Topic topic = topic(connection, name);
      if (topic.cleanup() != Topics.Cleanup.DELETE) {
        throw Check.refused(
            "--retention",
            retention,
            "topic " + topic.name() + " is compacted: it keeps the latest");
      }
      return List.of(topic);
    }

    private static long millis(Matcher retention) {
      if (retention.group(2) == null) {
        return -1;
      }
      long number = Long.parseLong(retention.group(2));
      return retention.group(3).equals("d")
          ? Duration.ofDays(number).toMillis()
          : Duration.ofHours(number).toMillis();
    }
  }

  /** The topic that a user means, by its name in full or in part. */
  private static Topic topic(Connection connection, String name) {
    Topics topics = connection.topics();
    for (Topic topic : topics.all()) {
      if (topic.name().equals(name)
          || topic.name().equals(connection.topicPrefix() + name)
          || topic.name().equals(connection.topicPrefix() + name + ".v1")) {
        return topic;
      }
    }
    throw new InputException(
        "topic "
            + name
            + ", allowed: "
            + topics.all().stream().map(Topic::name).collect(Collectors.joining(", ")));
  }

  /** One line for each topic. */
  @Command(
      name = "list",
      description =
          "Lists the topics: name, partitions, records, how long they are kept, what it"
              + " holds.")
  static final class ListAll extends RatchetCommand {
    @Mixin private Connection connection;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
      try (Admin admin = connection.connect()) {
        for (Topic topic : connection.topics().all()) {
          out()
              .printf(
                  "%-27s %-26s %-9s %s%n",
                  topic.name(),
                  extent(topic.name(), admin),
                  kept(admin, topic.name()),
                  topic.doc());
        }
      }
      return Ratchet.DONE;
    }

    private String extent(String topic, Admin admin)
        throws InterruptedException, ExecutionException {
      TopicDescription description;
      try {
        description = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UnknownTopicOrPartitionException) {
          return "not created";
        }
        if (e.getCause() instanceof TopicAuthorizationException) {
          throw new IllegalStateException(
              Denial.message(connection.bootstrap(), "Describe", "topic " + topic), e);
        }
        throw e;
      }
      int partitions = description.partitions().size();
      return String.format(
          Locale.ROOT,
          "%d partitions %,12d",
          partitions,
          total(admin, topic, partitions, OffsetSpec.latest())
              - total(admin, topic, partitions, OffsetSpec.earliest()));
    }

    /** How long the topic at hand, whoever made it, keeps its records. */
    private static String kept(Admin admin, String topic)
        throws InterruptedException, ExecutionException {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      Config config;
      try {
        config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof UnknownTopicOrPartitionException) {
          return "";
        }
        if (e.getCause() instanceof TopicAuthorizationException) {
          return "unknown"; // needs a right that only doctor asks for besides: DescribeConfigs
        }
        throw e;
      }
      if (!config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value().contains("delete")) {
        return "compacted";
      }
      long millis = Long.parseLong(config.get(TopicConfig.RETENTION_MS_CONFIG).value());
      if (millis < 0) {
        return "for ever";
      }
      long hours = Duration.ofMillis(millis).toHours();
      return hours % 24 == 0 ? hours / 24 + " days" : hours + " hours";
    }

    private static long total(Admin admin, String topic, int partitions, OffsetSpec spec)
        throws InterruptedException, ExecutionException {
      Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
      for (int p = 0; p < partitions; p++) {
        wanted.put(new TopicPartition(topic, p), spec);
      }
      return admin.listOffsets(wanted).all().get().values().stream()
          .mapToLong(ListOffsetsResultInfo::offset)
          .sum();
    }
  }

  /** The records of a topic: JSON lines for programs, a line each for a person. */
  @Command(
      name = "tail",
      description = {
        "Prints the committed records of a topic, from the beginning.",
        "JSON lines; on a terminal a readable line for each record."
      })
  static final class Tail extends RatchetCommand {
    @Mixin private Connection connection;

    @Parameters(
        paramLabel = "TOPIC",
        description = "A topic's name, in full or such as chain-states.")
    private String name;

    @Option(names = "--run", paramLabel = "ID", description = "Only the records of one run.")
    private String run;

    @Option(
        names = "--format",
        paramLabel = "json|text",
        description = "JSON lines, or readable ones. Default: text on a terminal, else json.")
    private String format;

    @Option(names = "--follow", description = "Go on with records as they come, until Ctrl-C.")
    private boolean follow;

    @Override
    public Integer call() throws InterruptedException {
      Topic topic = topic(connection, name);
      if (run != null) {
        Check.runId(run);
      }
      boolean text = format == null ? Terminal.OUT.isTerminal() : format.equals("text");
      if (format != null && !text && !format.equals("json")) {
        throw Check.refused("--format", format, "allowed: json or text");
      }
      connection.connect().close();
      try (Interrupt interrupt = Interrupt.install();
          TopicReader reader = TopicReader.open(connection.clientProperties(), topic, run)) {
        Consumer<ConsumerRecord<byte[], byte[]>> print =
            record -> {
              if (run == null || isOf(run, TopicReader.key(record))) {
                out().println(Printable.of(text ? text(topic, record) : line(topic, record)));
              }
            };
        if (follow) {
          // A reader that has gone, such as head, ends it too.
          reader.follow(() -> interrupt.requested() || out().checkError(), print);
        } else {
          reader.readToEnd(print);
        }
        out().flush();
      }
      return Ratchet.DONE;
    }

    private static boolean isOf(String run, String key) {
      return key.equals(run) || key.startsWith(run + "/");
    }

    private static String line(Topic topic, ConsumerRecord<byte[], byte[]> record) {
      ObjectNode line = RecordJson.MAPPER.createObjectNode();
      ObjectNode kafka = line.putObject("kafka");
      kafka
          .put("partition", record.partition())
          .put("offset", record.offset())
          .put("timestampMillis", record.timestamp())
          .put("key", TopicReader.key(record));
      for (Header header : record.headers()) {
        kafka.put("header." + header.key(), text(header));
      }
      if (record.value() == null) {
        line.putNull("value");
      } else if (topic.key() == Topics.Key.FINGERPRINT) {
        line.set("schema", schema(record.value()));
      } else if (topic.values().isEmpty()) {
        line.put("bytes", record.value()); // base64
      } else {
        try {
          var decoded = RecordCodec.decode(record.value());
          kafka.put("type", decoded.getSchema().getName());
          line.setAll(RecordJson.of(decoded));
        } catch (DecodeException e) {
          line.put("undecodable", e.getMessage()).put("bytes", record.value());
        }
      }
      return line.toString();
    }

    private static String text(Topic topic, ConsumerRecord<byte[], byte[]> record) {
      String where =
          RecordLine.time(record.timestamp()) + "  " + record.partition() + "@" + record.offset();
      if (record.value() == null) {
        return where + "  " + TopicReader.key(record) + "  deleted";
      }
      if (topic.key() == Topics.Key.FINGERPRINT) {
        return where
            + "  "
            + TopicReader.key(record)
            + "  "
            + schema(record.value()).path("name").asText();
      }
      if (topic.values().isEmpty()) {
        StringBuilder line = new StringBuilder(where + "  " + TopicReader.key(record));
        for (Header header : record.headers()) {
          line.append("  ").append(header.key()).append(' ');
          line.append(text(header));
        }
        return line.toString();
      }
      try {
        return where + "  " + RecordLine.of(RecordCodec.decode(record.value()));
      } catch (DecodeException e) {
        return where + "  " + TopicReader.key(record) + "  undecodable: " + e.getMessage();
      }
    }

    /** A header of a stranger may have no value. */
    private static String text(Header header) {
      return header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static JsonNode schema(byte[] json) {
      try {
        return RecordJson.MAPPER.readTree(json);
      } catch (IOException e) {
        return RecordJson.MAPPER.getNodeFactory().binaryNode(json);
      }
    }
  }
}
