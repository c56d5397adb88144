package io.ratchet.stream;

import static io.ratchet.stream.Faults.LEAST_RECORDS;
import static io.ratchet.stream.Faults.say;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.broker.EmbeddedBroker;
import io.ratchet.stream.store.RunStores;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.StoreBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the stream left on the disk is damaged, exchanged or taken away between two of its lives,
 * after one that ended in good order: a killed one's state is never used. It must say so, build the
 * state again, and go on with the windows of the reference.
 */
@Tag("faults")
class StateFaultsIT {
  private static final int MUTATIONS = Integer.getInteger("ratchet.mutations", 14);

  /** Directory of the task that has the feed's partition. */
  private static final String TASK = "0_0";

  @TempDir private Path directory;
  private final Random random = new Random(Faults.SEED);

  /** What is done to the state; in brackets what the stream is to make of it. */
  private enum Mutation {
    NONE(Answer.USES_IT),
    EVERYTHING_DELETED(Answer.FINDS_NOTHING),
    TASK_DELETED(Answer.SAYS_SO),
    FILE_DELETED(Answer.SAYS_SO),
    FILE_CUT(Answer.SAYS_SO),
    BIT_FLIPPED(Answer.SAYS_SO),
    BYTES_APPENDED(Answer.SAYS_SO),
    OLDER_STORE(Answer.SAYS_SO),
    OLDER_CHECKPOINT(Answer.SAYS_SO),
    ANOTHER_APPLICATIONS(Answer.SAYS_SO),
    TASKS_EXCHANGED(Answer.SAYS_SO),
    SEAL_DELETED(Answer.SAYS_SO),
    SEAL_DAMAGED(Answer.SAYS_SO),
    OLDER_WITH_ITS_SEAL(Answer.USES_IT); // whole: the changelog has what is missing

    private enum Answer {
      USES_IT,
      FINDS_NOTHING,
      SAYS_SO
    }

    private final Answer answer;

    Mutation(Answer answer) {
      this.answer = answer;
    }
  }

  @Test
  void spoiltState_isBuiltAgain_andNeverUsed() throws Exception {
    Path foreign = foreignState();
    Path older = directory.resolve("older");
    Map<Mutation, Integer> done = new EnumMap<>(Mutation.class);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      Path state = live(broker, feed, "one", StreamProcess.PRODUCT);
      copy(state, older);
      Path log = directory.resolve("one.log");
      for (int i = 0; i < MUTATIONS; i++) {
        Mutation mutation = Mutation.values()[i % Mutation.values().length];
        assertThat(seal(state)).isRegularFile();
        mutate(mutation, state, older, foreign);
        String said = Files.readString(log);
        live(broker, feed, "one", StreamProcess.PRODUCT);
        String says = Files.readString(log).substring(said.length());
        if (mutation.answer == Mutation.Answer.SAYS_SO) {
          assertThat(says).as(mutation.name()).contains("built again from the changelogs");
        } else {
          assertThat(says).as(mutation.name()).doesNotContain("built again from the changelogs");
        }
        done.merge(mutation, 1, Integer::sum);
      }
      say("state %s; %d windows of %d records are equal", done, finish(broker, feed), feed.sent());
    }
  }

  /** Without the seal, an older store with a checkpoint that says it is new is believed. */
  @Test
  void twin_withoutASeal_usesWhatItFinds() throws Exception {
    String twin = StreamsConfig.EXACTLY_ONCE_V2;
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      Path state = live(broker, feed, "twin", twin);
      Path older = directory.resolve("older");
      copy(state, older);
      live(broker, feed, "twin", twin);
      Path task = task(state);
      delete(task);
      copy(task(older), task);
      List<String> changelogs =
          RunStores.builders().stream()
              .filter(StoreBuilder::loggingEnabled)
              .map(store -> changelog(store.name()))
              .toList();
      StringBuilder checkpoint = new StringBuilder("0\n" + changelogs.size() + "\n");
      for (String changelog : changelogs) {
        checkpoint.append(changelog + " 0 " + (feed.end(changelog) - 1) + "\n");
      }
      Files.writeString(task.resolve(".checkpoint"), checkpoint);
      live(broker, feed, "twin", twin);
      assertThatThrownBy(feed::assertSameAsReference).isInstanceOf(AssertionError.class);
    }
  }

  /** One life that commits 500 records or more and ends in good order; says where its state is. */
  private Path live(EmbeddedBroker broker, RunFeed feed, String name, String kind)
      throws Exception {
    try (StreamInstance life =
        StreamInstance.start(broker.bootstrap(), directory, name, RunFeed.SETTINGS, kind)) {
      feed.feedUntilCommitted(feed.committed() + random.nextInt(LEAST_RECORDS, 2 * LEAST_RECORDS));
      life.process().end();
      return life.state();
    }
  }

  private int finish(EmbeddedBroker broker, RunFeed feed) throws Exception {
    try (StreamInstance life =
        StreamInstance.start(broker.bootstrap(), directory, "one", RunFeed.SETTINGS)) {
      feed.finish();
      assertThat(life.isAlive()).isTrue();
      return feed.assertSameAsReference();
    }
  }

  /** State that the same application has left of another Kafka, sealed. */
  private Path foreignState() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("other-broker"), 0);
        RunFeed feed = new RunFeed(broker.bootstrap(), random)) {
      return live(broker, feed, "other", StreamProcess.PRODUCT);
    }
  }

  private void mutate(Mutation mutation, Path state, Path older, Path foreign) throws IOException {
    Path task = task(state);
    switch (mutation) {
      case NONE -> {}
      case EVERYTHING_DELETED -> delete(state);
      case TASK_DELETED -> delete(task);
      case FILE_DELETED -> Files.delete(anyFile(task));
      case FILE_CUT -> {
        try (RandomAccessFile file = new RandomAccessFile(anyFile(task).toFile(), "rw")) {
          file.setLength(random.nextLong(file.length()));
        }
      }
      case BIT_FLIPPED -> {
        try (RandomAccessFile file = new RandomAccessFile(anyFile(task).toFile(), "rw")) {
          long at = random.nextLong(file.length());
          file.seek(at);
          int was = file.read();
          file.seek(at);
          file.write(was ^ 1 << random.nextInt(8));
        }
      }
      case BYTES_APPENDED -> {
        try (RandomAccessFile file = new RandomAccessFile(anyFile(task).toFile(), "rw")) {
          file.seek(file.length());
          file.write(new byte[random.nextInt(1, 5_000)]);
        }
      }
      case OLDER_STORE -> {
        String store = "rocksdb/" + RunStores.RUNS;
        delete(task.resolve(store));
        copy(task(older).resolve(store), task.resolve(store));
      }
      case OLDER_CHECKPOINT ->
          Files.writeString(
              task.resolve(".checkpoint"), "0\n1\n" + changelog(RunStores.RUNS) + " 0 10\n");
      case ANOTHER_APPLICATIONS -> {
        delete(state);
        copy(foreign, state);
      }
      case TASKS_EXCHANGED -> {
        Path other = task.resolveSibling("0_1");
        Path aside = task.resolveSibling("aside");
        Files.move(task, aside);
        Files.move(other, task);
        Files.move(aside, other);
      }
      case SEAL_DELETED -> Files.delete(seal(state));
      case SEAL_DAMAGED -> {
        byte[] bytes = Files.readAllBytes(seal(state));
        bytes[random.nextInt(bytes.length - 1)] ^= (byte) (1 << random.nextInt(8));
        Files.write(seal(state), bytes);
      }
      case OLDER_WITH_ITS_SEAL -> {
        delete(state);
        copy(older, state);
      }
    }
  }

  private Path anyFile(Path task) throws IOException {
    try (Stream<Path> below = Files.walk(task)) {
      List<Path> files =
          below
              .filter(path -> Files.isRegularFile(path) && path.toFile().length() > 0)
              .sorted()
              .toList();
      return files.get(random.nextInt(files.size()));
    }
  }

  private static Path task(Path state) {
    return state.resolve(StreamSettings.DEFAULT_APPLICATION_ID).resolve(TASK);
  }

  private static Path seal(Path state) {
    return state.resolve(StreamSettings.DEFAULT_APPLICATION_ID + ".seal");
  }

  private static String changelog(String store) {
    return StreamSettings.DEFAULT_APPLICATION_ID + "-" + store + "-changelog";
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> below = Files.walk(from)) {
      for (Path path : (Iterable<Path>) below::iterator) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> below = Files.walk(directory)) {
      for (Path path : (Iterable<Path>) below.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(path);
      }
    }
  }
}
