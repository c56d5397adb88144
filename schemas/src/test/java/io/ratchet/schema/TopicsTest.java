package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.schema.Topics.Topic;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.apache.kafka.common.utils.Utils;

class TopicsTest {

  @Property
  void murmur2_isKafkas(@ForAll byte[] key) {
    assertThat(Topics.murmur2(key)).isEqualTo(Utils.murmur2(key));
  }

  @Property
  void partition_isTheOneThatKafkasProducerChooses(
      @ForAll @StringLength(max = 70) String run, @ForAll @IntRange(min = 1, max = 64) int count) {
    int expected = Utils.toPositive(Utils.murmur2(run.getBytes(StandardCharsets.UTF_8))) % count;
    assertThat(Topics.partitionFor(run, count)).isEqualTo(expected);
  }

  @Example
  void partitions_mustBePositive() {
    assertThatThrownBy(() -> Topics.partitionFor("run", 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0");
  }

  @Example
  void catalogue_isTheInterface() {
    assertThat(Topics.of("ratchet.").all())
        .extracting(Topic::name)
        .containsExactly(
            "ratchet.runs.v1",
            "ratchet.chain-states.v1",
            "ratchet.gradient-updates.v1",
            "ratchet.thermodynamics.v1",
            "ratchet.alerts.v1",
            "ratchet.dead-letters.v1",
            "ratchet.schemas.v1");
    assertThat(Topics.DEFAULT_PARTITIONS).isEqualTo(6);
  }

  @Example
  void history_isKeptForEverOnTheEmbeddedBrokerAndThirtyDaysOnACluster() {
    Topics topics = Topics.of("ratchet.");
    for (Topic topic : new Topic[] {topics.chainStates(), topics.gradientUpdates()}) {
      assertThat(topic.config(true)).containsEntry("retention.ms", "-1");
      assertThat(topic.config(false)).containsEntry("retention.ms", "2592000000");
      assertThat(topic.config(false)).containsEntry("cleanup.policy", "delete");
    }
    for (Topic topic : new Topic[] {topics.thermodynamics(), topics.alerts()}) {
      assertThat(topic.config(false)).containsEntry("retention.ms", "-1");
    }
    assertThat(topics.deadLetters().config(true)).containsEntry("retention.ms", "604800000");
    for (Topic topic : new Topic[] {topics.runs(), topics.schemas()}) {
      assertThat(topic.config(false))
          .containsEntry("cleanup.policy", "compact")
          .doesNotContainKey("retention.ms");
    }
  }

  @Example
  void records_areAsLargeInTheLogAsTheyAreWhenTheyAreRead() {
    assertThat(Topics.of("ratchet.").all())
        .allMatch(topic -> topic.config(false).get("compression.type").equals("uncompressed"));
  }

  @Example
  void prefix_isInEveryName() {
    assertThat(Topics.of("team-a.").all()).allMatch(topic -> topic.name().startsWith("team-a."));
    assertThatThrownBy(() -> Topics.of("no spaces"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no spaces");
  }

  @Example
  void runId_isNarrow() {
    assertThat(new String[] {"a", "0", "mnist-4", "a".repeat(63)}).allMatch(Topics::isRunId);
    assertThat(new String[] {null, "", "-a", "A", "a_b", "a/0", "ä", "a\n", "a".repeat(64)})
        .noneMatch(Topics::isRunId);
  }

  @Property
  void runId_isWhatItsPatternSays(
      @ForAll
          @CharRange(from = '-', to = ';')
          @CharRange(from = '`', to = '{')
          @StringLength(max = 66)
          String text) {
    assertThat(Topics.isRunId(text)).isEqualTo(text.matches(Topics.RUN_ID));
  }
}
