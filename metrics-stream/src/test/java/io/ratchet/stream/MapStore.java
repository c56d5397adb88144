package io.ratchet.stream;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** A state store that is a map: for thousands of histories in seconds. */
final class MapStore implements KeyValueStore<Bytes, byte[]> {
  private final String name;
  private final NavigableMap<Bytes, byte[]> entries = new TreeMap<>();
  private long writes;

  MapStore(String name) {
    this.name = name;
  }

  @Override
  public byte[] get(Bytes key) {
    return entries.get(key);
  }

  @Override
  public void put(Bytes key, byte[] value) {
    writes++;
    if (value == null) {
      entries.remove(key);
    } else {
      entries.put(key, value.clone());
    }
  }

  @Override
  public byte[] putIfAbsent(Bytes key, byte[] value) {
    return entries.putIfAbsent(key, value);
  }

  @Override
  public void putAll(List<KeyValue<Bytes, byte[]>> all) {
    all.forEach(each -> put(each.key, each.value));
  }

  @Override
  public byte[] delete(Bytes key) {
    return entries.remove(key);
  }

  @Override
  public KeyValueIterator<Bytes, byte[]> range(Bytes from, Bytes to) {
    return iterate(entries.subMap(from, true, to, true));
  }

  @Override
  public KeyValueIterator<Bytes, byte[]> all() {
    return iterate(entries);
  }

  private static KeyValueIterator<Bytes, byte[]> iterate(Map<Bytes, byte[]> entries) {
    Iterator<Map.Entry<Bytes, byte[]>> each = new TreeMap<>(entries).entrySet().iterator();
    return new KeyValueIterator<>() {
      @Override
      public boolean hasNext() {
        return each.hasNext();
      }

      @Override
      public KeyValue<Bytes, byte[]> next() {
        Map.Entry<Bytes, byte[]> next = each.next();
        return KeyValue.pair(next.getKey(), next.getValue());
      }

      @Override
      public Bytes peekNextKey() {
        throw new UnsupportedOperationException();
      }

      @Override
      public void close() {}
    };
  }

  /** Number of puts so far. */
  long writes() {
    return writes;
  }

  @Override
  public long approximateNumEntries() {
    return entries.size();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    context.register(root, (key, value) -> {});
  }

  @Override
  public void close() {}

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return true;
  }
}
