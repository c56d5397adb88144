package io.ratchet.stream;

import static io.ratchet.stream.Faults.PATIENCE;
import static io.ratchet.stream.Faults.say;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Topics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is watched while somebody sends the stream whatever he likes: its windows close, in
 * the bits that they would have had, and of every record it is known what has become of it.
 *
 * <p>{@code -Dratchet.fuzz=1000000} sets how many are sent.
 */
class HostileProducersIT {
  private static final int RECORDS = Integer.getInteger("ratchet.fuzz", 100_000);
  private static final String RUN = "watched";
  private static final int STEPS = 800;

  /** Looks at the process while it is attacked. */
  private static final int LOOKS = 16;

  /** Of the 256 MB that it has. */
  private static final long TENTH_OF_HEAP = 26L << 20;

  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  @TempDir private Path directory;

  @Test
  void whateverIsSent_aRunIsWatchedOn_andEveryRecordIsAccountedFor() throws Exception {
    attack(3_200); // a multiple of the looks
  }

  @Test
  @Tag("faults")
  void aHundredThousand_changeNothing_andTheStreamDoesNotGrow() throws Exception {
    List<Long> heaps = attack(RECORDS);
    long second = median(heaps.subList(LOOKS / 4, LOOKS / 2));
    long last = median(heaps.subList(3 * LOOKS / 4, LOOKS));
    say("used heap, second quarter %,d KB, last %,d KB", second >> 10, last >> 10);
    assertThat(last).isLessThan(second + TENTH_OF_HEAP);
  }

  /** Returns the heap in use after each part. */
  private List<Long> attack(int records) throws Exception {
    Random random = new Random(Faults.SEED);
    List<ChainStates> watched = new ArrayList<>();
    for (ChainStates record : RunFeed.records(RUN, STEPS, random)) {
      watched.add(ChainStates.newBuilder(record).setAttempt(2).build());
    }
    NaiveStream reference = new NaiveStream(RunFeed.SETTINGS);
    watched.forEach(reference::take);
    List<Long> heaps = new ArrayList<>();
    long start = System.nanoTime();
    try (BrokerProcesses brokers = BrokerProcesses.start(directory, 1);
        StreamInstance stream =
            StreamInstance.start(brokers.bootstrap(), directory, "stream", RunFeed.SETTINGS);
        Account account = new Account(brokers.bootstrap())) {
      account.keepWhatIsSuperseded();
      int sent = 0;
      for (; sent < 200; sent++) { // both workers are known, and their steps above 0
        account.send(TOPICS.chainStates(), watched.get(sent));
      }
      account.awaitCommitted();
      HostileRecords hostile = new HostileRecords(random, watched.get(0));
      int rest = 200; // of the watched run: it goes on until all is over
      for (int look = 1; look <= LOOKS; look++) {
        int until = 200 + (watched.size() - 200 - rest) * look / LOOKS;
        int part = records / LOOKS;
        for (int i = 0; i < part; i++) {
          account.send(hostile.next());
          if (random.nextInt(part - i) < until - sent) {
            account.send(TOPICS.chainStates(), watched.get(sent++));
          }
        }
        while (sent < until) {
          account.send(TOPICS.chainStates(), watched.get(sent++));
        }
        account.awaitCommitted();
        assertThat(account.windows(RUN))
            .as("windows that close in part %d", look)
            .hasSizeGreaterThan(look);
        heaps.add(stream.process().usedHeap());
      }
      for (; sent < watched.size(); sent++) {
        account.send(TOPICS.chainStates(), watched.get(sent));
      }
      account.awaitCommitted();
      double seconds = (System.nanoTime() - start) / 1e9;
      assertThat(stream.isAlive()).isTrue();
      assertThat(stream.process().log()).doesNotContain("the stream stops", "OutOfMemory");

      List<Thermodynamics> windows = account.windows(RUN);
      WindowsAgainstReferenceTest.assertSame(windows, reference);
      Account.Letters letters = account.letters();
      Map<String, Long> metrics =
          await()
              .atMost(PATIENCE)
              .until(
                  () -> metrics(stream.uri()),
                  read -> sum(read, "ratchet_page_rejected_total") >= account.leftOutByThePage());
      assertThat(account.complaints(letters, metrics)).isEmpty();
      assertThatAComplaintIsMade(account, letters, metrics);
      say(
          "%,d hostile records in %.0f s beside %d windows that are equal; dead letters %s",
          records, seconds, windows.size(), letters.byReason());
    }
    return heaps;
  }

  /** Each check of the account finds what it is for. */
  private static void assertThatAComplaintIsMade(
      Account account, Account.Letters letters, Map<String, Long> metrics) {
    assertThat(account.complaints(letters.withoutOne(), metrics)).isNotEmpty();
    assertThat(account.complaints(letters.withAnotherReason(), metrics)).isNotEmpty();
    for (String counter : metrics.keySet()) {
      if (counter.contains("_total") && !counter.contains("gap") && !counter.contains("dropped")) {
        Map<String, Long> wrong = new HashMap<>(metrics);
        wrong.merge(counter, 1L, Long::sum);
        assertThat(account.complaints(letters, wrong)).as(counter).isNotEmpty();
      }
    }
  }

  private static Map<String, Long> metrics(URI page) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(page.resolve("metrics")).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    Map<String, Long> values = new HashMap<>();
    answer
        .body()
        .lines()
        .filter(line -> line.matches("ratchet_(stream|page)_\\w+_total.*"))
        .forEach(
            line -> {
              int space = line.lastIndexOf(' ');
              values.put(
                  line.substring(0, space), (long) Double.parseDouble(line.substring(space)));
            });
    return values;
  }

  static long sum(Map<String, Long> metrics, String name) {
    return metrics.entrySet().stream()
        .filter(each -> each.getKey().startsWith(name))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
