package io.ratchet.cli.analyze;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.thermodynamics.GroupedCounts;
import io.ratchet.trainer.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Laws of reading, with the fast way and the slow one. */
class TrajectoryReaderTest {
  /** Visits are kept as long as the fast way is shut, and the other way round. */
  private static final int FAST = 0;

  private static final ObjectMapper JSON = new ObjectMapper();

  @Property(tries = 300)
  void counts_areThoseOfCountingByHand(
      @ForAll("chains") List<List<Integer>> chains, @ForAll @IntRange(max = 40) int log)
      throws IOException {
    String text =
        chains.stream()
            .map(c -> c.stream().map(String::valueOf).collect(Collectors.joining(",")))
            .collect(Collectors.joining("\n", "", "\n"));
    int states =
        1 + chains.stream().flatMap(List::stream).mapToInt(Integer::intValue).max().orElse(0);
    GroupedCounts expected = GroupedCounts.empty(Math.max(1, Math.min(32, chains.size())), states);
    for (int c = 0; c < chains.size(); c++) {
      for (int t = 1; t < chains.get(c).size(); t++) {
        expected.add(c % 32, chains.get(c).get(t - 1), chains.get(c).get(t));
      }
    }

    Sample sample = read(text, new Layout(Form.CHAINS, 0, false, null, null), log);

    assertThat(sample.states()).isEqualTo(states);
    // Blank lines at the end are no chains; they would be groups without a transition.
    assertThat(sample.counts().pooled()).isEqualTo(expected.pooled());
    for (int group = 0; group < sample.counts().groups(); group++) {
      assertThat(sample.counts().group(group)).isEqualTo(expected.group(group));
    }
    assertThat(sample.movingChains())
        .isEqualTo(chains.stream().filter(chain -> chain.size() > 1).count());
  }

  /** Chains of a state are frequent, so that a text often looks like a column at first. */
  @Provide
  Arbitrary<List<List<Integer>>> chains() {
    Arbitrary<Integer> state =
        Arbitraries.frequencyOf(
            Tuple.of(20, Arbitraries.integers().between(0, 12)),
            Tuple.of(1, Arbitraries.integers().between(0, 300)));
    Arbitrary<List<Integer>> chain =
        Arbitraries.frequencyOf(
            Tuple.of(1, state.list().ofSize(1)),
            Tuple.of(2, state.list().ofMinSize(2).ofMaxSize(80)));
    return chain.list().ofMinSize(1).ofMaxSize(50);
  }

  @Property(tries = 2_000)
  void anyText_isAnalysedOrRefusedWithItsPlace(@ForAll("texts") String text, @ForAll boolean counts)
      throws IOException {
    Sample sample;
    try {
      sample =
          read(text, new Layout(counts ? Form.COUNTS : null, 0, false, null, null), VisitLog.LIMIT);
    } catch (InputException e) {
      assertThat(e.getMessage()).matches("(?s)text:(\\d+:\\d+:)? .+");
      return;
    }
    StringWriter out = new StringWriter();
    AnalysisJson.write(Analysis.of(sample, 0.95), out);
    JsonNode json = JSON.readTree(out.toString()); // which does not take NaN or Infinity
    List<String> undefined = nulls(json);
    assertThat(undefined.isEmpty() || !json.get("warnings").isEmpty())
        .as("%s without a warning", undefined)
        .isTrue();
  }

  /** The members that are or hold a null, but for names of states, which integers need not have. */
  private static List<String> nulls(JsonNode json) {
    return json.properties().stream()
        .filter(member -> !member.getKey().equals("stateNames"))
        .filter(member -> member.getValue().toString().matches("(?s).*\\bnull\\b.*"))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "0", "1", "2", "17", "a", "b", ",", ",", ",", "\n", "\n", " ", "\t", ";", "\"", ".",
            "-", "e", "NaN", "state", "chain", "[", "]", "{", "}", ":", "#", "\r", "é", "\u0000",
            "1e3")
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  @Test
  void lateSecondState_turnsTheColumnIntoChains() throws IOException {
    Sample sample = read("\n1\n\n2\n0,1,2\n\n1,2\n\n\n", Layout.AUTOMATIC, FAST);

    assertThat(sample.form()).isEqualTo(Form.CHAINS);
    assertThat(sample.chains()).hasValue(7);
    assertThat(sample.counts().transitions()).isEqualTo(3);
    assertThat(sample.counts().count(4, 0, 1)).isOne();
    assertThat(sample.counts().count(6, 1, 2)).isOne();
  }

  @Test
  void memory_growsNeitherWithTheTextNorWithTheChains() throws IOException {
    long few = retained(new Walk(2_000, 100));
    long long_ = retained(new Walk(3_000_000, 1_500_000));
    long many = retained(new Walk(3_000_000, 30));
    long single = retained(new Walk(3_000_000, Integer.MAX_VALUE));

    assertThat(List.of(long_, many, single)).allMatch(cells -> cells <= 32 * 16 * 16);
    assertThat(few).isLessThanOrEqualTo(32 * 16 * 16);
  }

  @Test
  void memory_growsWithTheDistinctPairsOfManyStates() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      text.append(i % 2 == 0 ? 60_000 : i % 1_000).append(i % 100 == 99 ? '\n' : ',');
    }
    TransitionTally tally = new TransitionTally(FAST);

    TrajectoryReader.read("text", stream(text.toString()), Layout.AUTOMATIC, tally);

    // 500 odd states, reached from and left to one, in two directions and 32 groups at most
    assertThat(tally.retained()).isLessThanOrEqualTo(32 * 1_000);
  }

  @Test
  void blocks_areOfOneLengthAndHoldTheWholeChain() throws IOException {
    TransitionTally tally = new TransitionTally(FAST);
    Sample sample =
        TrajectoryReader.read("text", new Walk(100_000, 100_000), Layout.AUTOMATIC, tally);

    GroupedCounts blocks = sample.blocks();
    assertThat(sample.chains()).hasValue(1);
    assertThat(blocks.groups()).isBetween(16, 32);
    assertThat(blocks.pooled()).isEqualTo(sample.counts().pooled());
    for (int block = 1; block < blocks.groups() - 1; block++) {
      assertThat(blocks.transitions(block)).isEqualTo(blocks.transitions(0));
    }
  }

  private static long retained(InputStream walk) throws IOException {
    TransitionTally tally = new TransitionTally(FAST);
    TrajectoryReader.read("text", walk, Layout.AUTOMATIC, tally);
    return tally.retained();
  }

  private static Sample read(String text, Layout layout, int log) throws IOException {
    return TrajectoryReader.read("text", stream(text), layout, new TransitionTally(log));
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Independent states 0 to 9 as text that is made while it is read. */
  private static final class Walk extends InputStream {
    private final SplittableRandom random = new SplittableRandom(1);
    private final long states;
    private final long chainLength;
    private long bytes;

    Walk(long states, long chainLength) {
      this.states = states;
      this.chainLength = chainLength;
    }

    @Override
    public int read() {
      if (bytes == 2 * states) {
        return -1;
      }
      bytes++;
      return bytes % 2 == 1
          ? '0' + random.nextInt(10)
          : bytes / 2 % chainLength == 0 || bytes == 2 * states ? '\n' : ',';
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      int read = 0;
      int next = 0;
      while (read < length && (next = read()) >= 0) {
        buffer[offset + read++] = (byte) next;
      }
      return read == 0 ? -1 : read;
    }
  }
}
