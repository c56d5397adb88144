package io.ratchet.stream.store;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Bytes that grow at their end, kept in a state store as pages under one key prefix.
 *
 * <p>What is appended stays in memory until it is saved; a log that is deleted before is never
 * written. Saving writes the last page again and no other. A page takes entries until it has
 * {@value #PAGE_BYTES} bytes: many small sweeps share one, while no record of the changelog comes
 * near the producer's limit, however large an entry is.
 */
public final class PagedLog {
  /** A page that has this many takes no more entries: large enough to share, small to rewrite. */
  static final int PAGE_BYTES = 4 << 10;

  /** Longest page, and the most that stays unsaved; half of what a Kafka record may have. */
  static final int MAX_PAGE_BYTES = 512 << 10;

  private static final byte[] NOTHING = {};

  private final KeyValueStore<Bytes, byte[]> store;
  private final byte[] prefix;

  /** Number of the last page; those before it are in the store. */
  private int page;

  /** The last page, with room for more. */
  private byte[] tail;

  private int length;
  private boolean unsaved;

  /** Number of pages that the store has. */
  private int stored;

  private PagedLog(KeyValueStore<Bytes, byte[]> store, byte[] prefix) {
    this.store = store;
    this.prefix = prefix;
    tail = NOTHING;
  }

  /** A log of which nothing is stored yet. */
  public static PagedLog create(KeyValueStore<Bytes, byte[]> store, byte[] prefix) {
    return new PagedLog(store, prefix.clone());
  }

  /**
   * The logs as they were left, by prefix.
   *
   * @param start bytes with which the prefixes of all of them begin
   */
  public static NavigableMap<Bytes, PagedLog> openAll(
      KeyValueStore<Bytes, byte[]> store, byte[] start) {
    NavigableMap<Bytes, PagedLog> logs = new TreeMap<>();
    scan(
        store,
        start,
        (key, value) -> {
          byte[] prefix = Arrays.copyOf(key, key.length - Integer.BYTES);
          int page = ByteBuffer.wrap(key).getInt(prefix.length);
          // Pages come in order: the last one stays.
          logs.put(Bytes.wrap(prefix), new PagedLog(store, prefix).endingWith(page, value));
        });
    return logs;
  }

  private PagedLog endingWith(int last, byte[] value) {
    page = last;
    tail = value;
    length = value.length;
    stored = last + 1;
    turnIfFull();
    return this;
  }

  /** Appends an entry of any length. */
  public void append(byte[] entry) {
    int taken = 0;
    while (true) {
      int fits = Math.min(entry.length - taken, MAX_PAGE_BYTES - length);
      if (length + fits > tail.length) {
        tail = Arrays.copyOf(tail, Math.max(2 * length, length + fits));
      }
      System.arraycopy(entry, taken, tail, length, fits);
      length += fits;
      taken += fits;
      unsaved = true;
      if (taken == entry.length) {
        return;
      }
      save();
    }
  }

  /** Puts into the store what it does not have yet. */
  public void save() {
    if (unsaved) {
      store.put(key(page), Arrays.copyOf(tail, length));
      stored = page + 1;
      unsaved = false;
      turnIfFull();
    }
  }

  private void turnIfFull() {
    if (length >= PAGE_BYTES) {
      page++;
      tail = NOTHING;
      length = 0;
    }
  }

  /** All bytes that were appended. */
  public byte[] read() {
    if (page == 0) {
      return Arrays.copyOf(tail, length);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream(2 * PAGE_BYTES + length);
    for (int each = 0; each < page; each++) {
      all.writeBytes(store.get(key(each)));
    }
    all.write(tail, 0, length);
    return all.toByteArray();
  }

  /** Forgets everything. */
  public void delete() {
    for (int each = 0; each < stored; each++) {
      store.put(key(each), null); // unlike delete, this does not read what it deletes
    }
    page = 0;
    tail = NOTHING;
    length = 0;
    unsaved = false;
    stored = 0;
  }

  /** Visits the entries whose keys begin with the given bytes, in the order of their keys. */
  private static void scan(
      KeyValueStore<Bytes, byte[]> store, byte[] start, BiConsumer<byte[], byte[]> visitor) {
    // What follows are non-negative integers, most significant byte first: none begins with FF.
    byte[] end = Arrays.copyOf(start, start.length + 1);
    end[start.length] = (byte) 0xFF;
    try (KeyValueIterator<Bytes, byte[]> pages = store.range(Bytes.wrap(start), Bytes.wrap(end))) {
      while (pages.hasNext()) {
        KeyValue<Bytes, byte[]> next = pages.next();
        visitor.accept(next.key.get(), next.value);
      }
    }
  }

  private Bytes key(int number) {
    return Bytes.wrap(
        ByteBuffer.allocate(prefix.length + Integer.BYTES).put(prefix).putInt(number).array());
  }
}
