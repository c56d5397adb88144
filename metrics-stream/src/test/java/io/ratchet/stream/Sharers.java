package io.ratchet.stream;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Instances that share the work: two or three at a time, of which one comes or goes at a word. */
final class Sharers implements AutoCloseable {
  private final String bootstrap;
  private final Path directory;
  private final Random random;
  private final List<StreamInstance> present = new ArrayList<>();
  private final List<StreamInstance> leaving = new ArrayList<>();
  private int came;
  private int killed;
  private int left;

  Sharers(String bootstrap, Path directory, Random random) {
    this.bootstrap = bootstrap;
    this.directory = directory;
    this.random = random;
  }

  /**
   * If there are three, one goes, any of them, killed or in good order; otherwise one comes.
   * Nothing happens while one is about to come.
   */
  void change() throws IOException {
    for (StreamInstance each : present) {
      if (!each.process().isReady()) {
        return;
      }
    }
    if (present.size() < 3) {
      come();
      return;
    }
    StreamInstance chosen = present.remove(random.nextInt(present.size()));
    if (random.nextBoolean()) {
      chosen.kill();
      killed++;
    } else {
      chosen.process().leave();
      leaving.add(chosen);
      left++;
    }
  }

  /** One comes, under a name that nobody has now: perhaps that of one who has gone. */
  void come() throws IOException {
    leaving.removeIf(each -> !each.isAlive());
    List<String> taken = new ArrayList<>();
    present.forEach(each -> taken.add(each.name()));
    leaving.forEach(each -> taken.add(each.name()));
    int number = 1;
    while (taken.contains("sharer-" + number)) {
      number++;
    }
    present.add(
        StreamInstance.launch(
            bootstrap, directory, "sharer-" + number, RunFeed.SETTINGS, StreamProcess.PRODUCT));
    came++;
  }

  int came() {
    return came;
  }

  int killed() {
    return killed;
  }

  int left() {
    return left;
  }

  @Override
  public void close() {
    present.forEach(StreamInstance::kill);
    leaving.forEach(StreamInstance::kill);
  }
}
