package io.ratchet.stream;

import io.ratchet.stream.store.LaterFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that state on the disk is used only if it is what this application left there. All of
 * it can be had again from the changelogs, so what is in doubt is deleted.
 *
 * <p>RocksDB checks each block that it reads, not which blocks it has; Kafka Streams 4.3 believes
 * the offsets that lie beside the data, those of an old {@code .checkpoint} file even more. An
 * older copy of a store, or another application's, may therefore be taken for the present one. So
 * an instance that ends in good order seals its state: a file with the length and the CRC-32C of
 * each file, the changelogs by the ids of their topics, and the time. The next one breaks the seal
 * before it uses the state; without a seal, or if anything differs, the state is deleted.
 *
 * <p>It also keeps the directory for this process: no other may open it meanwhile.
 */
final class StateSeal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateSeal.class);

  /**
   * Format of all that is under the seal: one more when any value of a store gets a version. One
   * that is known is used whatever its number; the values say themselves what they are.
   */
  private static final int FORMAT = 1;

  private static final String TITLE = "ratchet state ";
  private static final Pattern TITLES = Pattern.compile(TITLE + "([1-9]\\d{0,8})");

  /** What Kafka Streams calls the directory of a task; nothing else is ever deleted. */
  private static final Pattern TASK = Pattern.compile("\\d+_\\d+");

  /**
   * Oldest state that is used. Changelogs forget that a key was deleted after a day ({@code
   * delete.retention.ms}); state from before that could bring the key back.
   */
  private static final Duration MAX_AGE = Duration.ofHours(12);

  private final Path state;
  private final Path file;
  private final Clock clock;
  private final FileChannel lock;

  private StateSeal(Path directory, String applicationId, Clock clock, FileChannel lock) {
    this.state = directory.resolve(applicationId);
    this.file = directory.resolve(applicationId + ".seal");
    this.clock = clock;
    this.lock = lock;
  }

  /**
   * Takes the directory, and breaks the seal of what is in it.
   *
   * @param directory state directory of the instance
   * @param changelogs ids of the changelogs that exist, by name
   * @throws IOException if another process uses the directory, or it cannot be read or written
   * @throws LaterFormatException if a later version of this program sealed it; it stays as it is
   */
  static StateSeal open(
      Path directory, String applicationId, Map<String, String> changelogs, Clock clock)
      throws IOException {
    Files.createDirectories(directory);
    FileChannel lock = lock(directory);
    try {
      StateSeal seal = new StateSeal(directory, applicationId, clock, lock);
      seal.breakSeal(changelogs);
      return seal;
    } catch (UncheckedIOException e) { // a walk through the files was cut short
      lock.close();
      throw e.getCause();
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Seals the state: it will not change any more. */
  void seal(Map<String, String> changelogs) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(Long.toString(clock.millis()));
    changelogs.forEach((name, id) -> lines.add(id + " " + name));
    lines.addAll(files());
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.write(part, sealed(TITLE + FORMAT, lines), StandardCharsets.UTF_8);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Gives the directory back. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      LOG.debug("the lock ends with the process at the latest", e);
    }
  }

  private void breakSeal(Map<String, String> changelogs) throws IOException {
    List<String> present = files();
    if (!present.isEmpty()) {
      String doubt = doubt(present, changelogs);
      if (doubt != null) {
        LOG.warn("{}: {}; the state is built again from the changelogs", state, doubt);
        delete();
      }
    }
    Files.deleteIfExists(file); // from now on the state changes
  }

  /** What speaks against the state; null if nothing does. */
  private String doubt(List<String> present, Map<String, String> changelogs) throws IOException {
    if (!Files.exists(file)) {
      return "was not closed in good order";
    }
    List<String> lines = unsealed(Files.readAllLines(file, StandardCharsets.ISO_8859_1));
    if (lines == null) {
      return file + " is damaged";
    }
    long age = clock.millis() - Long.parseLong(lines.get(0));
    if (!(age >= 0 && age <= MAX_AGE.toMillis())) {
      return String.format(Locale.ROOT, "was closed %,d s ago", age / 1_000);
    }
    List<String> expected = new ArrayList<>();
    changelogs.forEach((name, id) -> expected.add(id + " " + name));
    expected.addAll(present);
    List<String> found = lines.subList(1, lines.size());
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      String is = i < expected.size() ? expected.get(i) : "nothing";
      String was = i < found.size() ? found.get(i) : "nothing";
      if (!is.equals(was)) {
        return "was left with " + was + ", and has " + is;
      }
    }
    return null;
  }

  /** The lines, with a title before them and a checksum behind. */
  private static List<String> sealed(String title, List<String> lines) {
    List<String> all = new ArrayList<>(List.of(title));
    all.addAll(lines);
    all.add(checksum(String.join("\n", all).getBytes(StandardCharsets.UTF_8)));
    return all;
  }

  /** The lines alone; null if they are not what was written. */
  private List<String> unsealed(List<String> all) {
    Matcher title = TITLES.matcher(all.isEmpty() ? "" : all.get(0));
    if (all.size() < 3 || !title.matches()) {
      return null;
    }
    List<String> lines = all.subList(1, all.size() - 1);
    if (!sealed(all.get(0), lines).equals(all)) {
      return null;
    }
    long format = Long.parseLong(title.group(1));
    if (format > FORMAT) { // the checksum holds, so it is no flipped bit
      throw new LaterFormatException("the state in " + state, format, FORMAT);
    }
    return lines;
  }

  /** Of each file its checksum, its length and its path, in the order of the paths. */
  private List<String> files() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Path task : tasks()) {
      try (Stream<Path> below = Files.walk(task)) {
        for (Path path : (Iterable<Path>) below::iterator) {
          if (Files.isRegularFile(path)) {
            files.put(state.relativize(path).toString(), describe(path));
          }
        }
      }
    }
    return files.entrySet().stream().map(each -> each.getValue() + " " + each.getKey()).toList();
  }

  private static String describe(Path path) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] bytes = new byte[64 << 10];
    long length = 0;
    try (InputStream in = Files.newInputStream(path)) {
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        crc.update(bytes, 0, read);
        length += read;
      }
    }
    return String.format(Locale.ROOT, "%08x %d", crc.getValue(), length);
  }

  private static String checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }

  private List<Path> tasks() throws IOException {
    if (!Files.isDirectory(state)) {
      return List.of();
    }
    try (Stream<Path> inside = Files.list(state)) {
      return inside.filter(path -> TASK.matcher(path.getFileName().toString()).matches()).toList();
    }
  }

  private void delete() throws IOException {
    for (Path task : tasks()) {
      try (Stream<Path> below = Files.walk(task)) {
        for (Path path : (Iterable<Path>) below.sorted(Comparator.reverseOrder())::iterator) {
          Files.delete(path);
        }
      }
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve("ratchet.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this process: the same answer.
    }
    channel.close();
    throw new IOException("in use by another running stream; stop it or choose another directory");
  }
}
