package io.ratchet.stream.store;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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

  /** Longest page; half of what a Kafka record may have by default. */
  static final int MAX_PAGE_BYTES = 512 << 10;

  private final KeyValueStore<Bytes, byte[]> store;
  private final byte[] prefix;

  /** Number of the last page; those before it are in the store. */
  private int page;

  /** The last page, and what will be further ones. */
  private BytesWriter tail = new BytesWriter(1);

  private boolean unsaved;

  /** Number of pages that the store has. */
  private int stored;

  private PagedLog(KeyValueStore<Bytes, byte[]> store, byte[] prefix) {
    this.store = store;
    this.prefix = prefix;
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
    tail.putBytes(value);
    stored = last + 1;
    turnIfFull();
    return this;
  }

  /** Appends what is written, an entry of any length. */
  public void append(Consumer<BytesWriter> entry) {
    entry.accept(tail);
    unsaved = true;
  }

  /** Puts into the store what it does not have yet. */
  public void save() {
    if (!unsaved) {
      return;
    }
    int start = 0;
    for (; tail.length() - start > MAX_PAGE_BYTES; start += MAX_PAGE_BYTES) {
      store.put(key(page++), tail.toBytes(start, start + MAX_PAGE_BYTES));
    }
    byte[] last = tail.toBytes(start, tail.length());
    store.put(key(page), last);
    stored = page + 1;
    unsaved = false;
    if (start > 0) {
      tail = new BytesWriter(last.length).putBytes(last);
    }
    turnIfFull();
  }

  private void turnIfFull() {
    if (tail.length() >= PAGE_BYTES) {
      page++;
      tail = new BytesWriter(1);
    }
  }

  /** All bytes that were appended. */
  public byte[] read() {
    if (page == 0) {
      return tail.toBytes();
    }
    BytesWriter all = new BytesWriter(page * PAGE_BYTES + tail.length());
    for (int each = 0; each < page; each++) {
      all.putBytes(store.get(key(each)));
    }
    return all.putBytes(tail.toBytes()).toBytes();
  }

  /** Forgets everything. */
  public void delete() {
    for (int each = 0; each < stored; each++) {
      store.put(key(each), null); // unlike delete, this does not read what it deletes
    }
    page = 0;
    tail = new BytesWriter(1);
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
