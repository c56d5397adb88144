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
 * <p>Appending writes the last page again and no other. A page takes entries until it has {@value
 * #PAGE_BYTES} bytes: many small sweeps share one, so that the changelog carries one record for
 * many of them (the store's cache joins the writes of a commit interval), while no record of it
 * comes near the producer's limit, however large an entry is.
 */
public final class PagedLog {
  /** A page that has this many takes no more entries: large enough to share, small to rewrite. */
  static final int PAGE_BYTES = 4 << 10;

  /** Longest page; half of what a Kafka record may have by default. */
  static final int MAX_PAGE_BYTES = 512 << 10;

  private final KeyValueStore<Bytes, byte[]> store;
  private final byte[] prefix;
  private int page;
  private byte[] tail;

  private PagedLog(KeyValueStore<Bytes, byte[]> store, byte[] prefix, int page, byte[] tail) {
    this.store = store;
    this.prefix = prefix;
    this.page = page;
    this.tail = tail;
  }

  /** A log of which nothing is stored yet. */
  public static PagedLog create(KeyValueStore<Bytes, byte[]> store, byte[] prefix) {
    return new PagedLog(store, prefix.clone(), 0, new byte[0]);
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
          logs.put(Bytes.wrap(prefix), new PagedLog(store, prefix, page, value));
        });
    return logs;
  }

  /** Appends an entry of any length. */
  public void append(byte[] entry) {
    if (tail.length >= PAGE_BYTES) {
      nextPage();
    }
    int taken = 0;
    while (true) {
      int fits = Math.min(entry.length - taken, MAX_PAGE_BYTES - tail.length);
      int length = tail.length;
      tail = Arrays.copyOf(tail, length + fits);
      System.arraycopy(entry, taken, tail, length, fits);
      taken += fits;
      store.put(key(page), tail);
      if (taken == entry.length) {
        return;
      }
      nextPage();
    }
  }

  /** All bytes that were appended. */
  public byte[] read() {
    ByteArrayOutputStream all = new ByteArrayOutputStream(2 * PAGE_BYTES);
    scan(store, prefix, (key, value) -> all.writeBytes(value));
    return all.toByteArray();
  }

  /** Removes every page. */
  public void delete() {
    for (int each = 0; each <= page; each++) {
      store.delete(key(each));
    }
    page = 0;
    tail = new byte[0];
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

  private void nextPage() {
    page++;
    tail = new byte[0];
  }

  private Bytes key(int number) {
    return Bytes.wrap(
        ByteBuffer.allocate(prefix.length + Integer.BYTES).put(prefix).putInt(number).array());
  }
}
